using Orchestrator.Grains.Playbooks;
using Xunit;

namespace Orchestrator.Grains.Tests.Playbooks;

public sealed class TheModelTests
{
    [Fact]
    public void C1_the_whole_model_as_it_was_written_is_read_without_a_word() =>
        Assert.Empty(PlaybookReader.Read(Samples.Original, "the-model.yaml").Diagnostics);

    [Fact]
    public void C1_the_whole_model_with_the_attributes_that_it_asks_about_can_be_published()
    {
        var compiled = PlaybookCompiler.Compile(Samples.File("deploy/playbooks/the-model.yaml"), "the-model.yaml", version: 1);
        Assert.Equal("", string.Join('\n', compiled.Diagnostics.Where(found => found.Severity == Severity.Error)));
        Assert.NotNull(compiled.Playbook);
    }

    [Fact]
    public void C1_the_model_names_its_parts_as_written()
    {
        var model = Samples.Definition(Samples.Model);
        Assert.Equal("THE MODEL：循環型レベニューモデル", model.Title.In("ja"));
        Assert.Equal(("the-model", "JPY", "Asia/Tokyo", "revenue-office"), (model.Id, model.Currency, model.TimeZone, model.LifecycleOwner));
        Assert.Equal((6, 2, 5, 12, 14, 9), (model.Departments.Length, model.Segments.Length, model.BuyingGroup.Roles.Length, model.Stages.Length, model.Transitions.Length, model.Plays.Length));
        Assert.Equal("awareness", model.Start.Id);
        Assert.Equal(["never", "now", "later"], model.Classification.Select(found => found.Id));
    }

    [Fact]
    public void What_the_model_says_is_what_the_definition_holds()
    {
        var model = Samples.Definition(Samples.Model);
        Assert.Equal(Pool.Hunter, model.Departments.Single(department => department.Id == "sales").Pool);
        Assert.Equal(new StageSla(TimeSpan.FromDays(1), SlaBreach.Escalate), model.Stages.Single(stage => stage.Id == "qualified").Sla);

        var amount = model.Signals.Single(signal => signal.Id == "opportunity.updated").Properties.Single(property => property.Name == "amount");
        Assert.Equal((PropertyType.Money, true), (amount.Type, amount.Optional));

        var engagement = Assert.IsType<ScoreDefinition.Engagement>(model.Scores[0]);
        Assert.Equal((TimeSpan.FromDays(14), 40d, 5), (engagement.HalfLife, engagement.CapPerDay, engagement.Points.Length));
        Assert.Equal(["A", "B", "C", "D"], Assert.IsType<ScoreDefinition.Fit>(model.Scores[1]).Grades.Select(grade => grade.Letter));
        Assert.Equal("topic", Assert.IsType<ScoreDefinition.Momentum>(model.Scores[2]).By);

        var caseStudy = model.Plays[0];
        Assert.Equal(new PlayValue.Fixed(800), caseStudy.Value);
        Assert.Equal("{{peer.name}}様の導入事例", caseStudy.Treatments[0].Content["ja/subject"]);
        Assert.Equal("Ask why now", model.Plays[1].Treatments[0].Content["en/step/2"]);
        Assert.IsType<PlayValue.Computed>(model.Plays.Single(play => play.Id == "offer-upgrade").Value);

        var notice = model.Plays.Single(play => play.Id == "outage-notice");
        Assert.Equal((true, PlayClass.Transactional, "incident.declared"), (notice.Mandatory, notice.Class, notice.On.Single().Id));
        Assert.Null(notice.Goal);

        Assert.Equal((3, 0.05, true), (model.Arbitration.PeoplePerWeek, model.Arbitration.Explore, model.Arbitration.NoneAllowed));
        Assert.Equal([DayOfWeek.Saturday, DayOfWeek.Sunday], model.ContactPolicy.QuietHours!.DaysOff);
        Assert.Equal((new TimeOnly(20, 0), new TimeOnly(8, 0)), (model.ContactPolicy.QuietHours.From, model.ContactPolicy.QuietHours.To));
        Assert.Equal(new CapWindow.Rolling(TimeSpan.FromDays(7)), model.ContactPolicy.Caps[0].Window);
        Assert.Equal(0.05, Assert.IsType<ExperimentDefinition.HoldOut>(model.Experiments[0]).Share);
        Assert.Equal(2, Assert.IsType<ExperimentDefinition.Split>(model.Experiments[1]).Arms.Length);
    }

    [Fact]
    public void Every_expression_of_the_model_begins_where_it_says()
    {
        var lines = Samples.Model.Split('\n');
        var model = Samples.Definition(Samples.Model);
        var expressions = model.Transitions.Select(transition => transition.When).OfType<Expression>()
            .Concat(model.Plays.SelectMany(play => new[] { play.Eligible, play.Applicable, play.Suitable }).OfType<Expression>())
            .Concat(model.ContactPolicy.SuppressWhen).ToList();
        Assert.True(expressions.Count > 20);
        Assert.All(expressions, expression => Assert.StartsWith(expression.Text, lines[expression.At.Line - 1][(expression.At.Column - 1)..], StringComparison.Ordinal));
    }
}
