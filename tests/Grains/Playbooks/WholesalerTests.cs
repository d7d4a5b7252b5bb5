using Orchestrator.Grains.Playbooks;
using Xunit;

namespace Orchestrator.Grains.Tests.Playbooks;

public sealed class WholesalerTests
{
    static readonly PlaybookDefinition Wholesaler = Samples.Definition(Samples.File("deploy/playbooks/wholesaler.yaml"));

    [Fact]
    public void The_wholesaler_is_read_without_a_word()
    {
        Assert.Equal(("wholesaler", "GBP", "Europe/London", "known"), (Wholesaler.Id, Wholesaler.Currency, Wholesaler.TimeZone, Wholesaler.Start.Id));
        Assert.Equal((10, 13, 16), (Wholesaler.Stages.Length, Wholesaler.Transitions.Length, Wholesaler.Plays.Length));
    }

    [Fact]
    public void Every_play_that_is_arbitrated_has_a_prior_and_is_worth_more_than_it_costs()
    {
        var priors = Wholesaler.Arbitration.Propensity.Plays.ToDictionary(prior => prior.Of.Id, prior => prior.Probability);
        foreach (var play in Wholesaler.Plays.Where(play => !play.Mandatory))
        {
            Assert.True(priors.TryGetValue(play.Id, out var prior), $"`{play.Id}` has no prior");
            Assert.True(play.Value is not PlayValue.Fixed(var value) || prior * value > play.Cost, $"`{play.Id}` costs more than it brings");
        }
    }

    [Fact]
    public void Every_stage_that_customers_can_be_in_has_something_that_can_be_done()
    {
        var worked = Wholesaler.Plays.SelectMany(play => play.Stages).Select(stage => stage.Id).ToHashSet();
        Assert.Equal(["known"], Wholesaler.Stages.Select(stage => stage.Id).Where(stage => !worked.Contains(stage)));
    }

    [Fact]
    public void Every_treatment_says_something() =>
        Assert.All(Wholesaler.Plays.SelectMany(play => play.Treatments), treatment => Assert.NotEmpty(treatment.Content));
}
