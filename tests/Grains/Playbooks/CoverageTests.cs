using Orchestrator.Grains.Playbooks.Coverage;
using Orchestrator.Grains.Tests.Deciding;
using Xunit;

namespace Orchestrator.Grains.Tests.Playbooks;

public sealed class CoverageTests
{
    private const string Model = SmallPlaybooks.Head + """
        stages: {start: {kind: inventory, accountable: sales}, later: {kind: inventory}, over: {kind: end-of-effort}}
        transitions: [{id: on, from: start, to: later, when: "true"}, {id: off, from: start, to: over, when: "false"}]
        plays:
          - {id: mail, for: contact, stages: [start], roles: [buyer], goal: email.clicked, horizon: 7d, value: 100, valid-for: 1d, treatments: [{id: mail-a, channel: email, subject: Hello}, {id: mail-b, channel: web}]}
          - {id: card, for: contact, stages: [start], roles: [user], goal: email.clicked, horizon: 7d, value: 100, valid-for: 1d, treatments: [{id: card-a, channel: in-app}]}
        experience:
          - {stage: start, role: buyer, expects: {en: "an answer"}, delivered-by: sales, measured-by: "stage_days"}
          - {stage: start, role: user, expects: {en: "peace"}, delivered-by: sales}

        """;

    private static CoverageCell Cell(string stage, string role) => Assert.Single(CoverageMatrix.Of(Samples.Definition(Model)), c => (c.Stage, c.Role) == (stage, role));

    [Fact]
    public void C1_the_matrix_has_each_stage_with_effort_and_each_role() =>
        Assert.Equal(["start buyer", "start user", "later buyer", "later user"], CoverageMatrix.Of(Samples.Definition(Model)).Select(c => $"{c.Stage} {c.Role}"));

    [Fact]
    public void C1_a_combination_that_is_covered_says_by_what()
    {
        var cell = Cell("start", "buyer");
        Assert.Equal(("an answer", "sales", "stage_days", (1, 2)), (cell.Expectation, cell.Department, cell.Criterion, cell.Content));
        Assert.Equal(["email", "web"], cell.Channels);
        Assert.Equal(["mail"], cell.Plays);
        Assert.Empty(cell.Gaps);
    }

    [Fact]
    public void C1_each_gap_is_named()
    {
        Assert.Equal(["no treatment has content", "nothing measures what it expects"], Cell("start", "user").Gaps);
        Assert.Equal(["nobody has said what it expects", "no department is accountable", "no play reaches it on any channel", "no criterion leads on"], Cell("later", "buyer").Gaps);
        Assert.Equal(Model.ReplaceLineEndings("\n").Split('\n').ToList().FindIndex(l => l.StartsWith("stages:", StringComparison.Ordinal)) + 1, Cell("later", "buyer").At.Line);
    }

    [Fact]
    public void C1_the_subscription_sample_has_no_gap() =>
        Assert.Empty(CoverageMatrix.Of(Samples.Definition(Samples.File("deploy/playbooks/saas.yaml"))).SelectMany(c => c.Gaps.Select(g => $"{c.Stage} x {c.Role}: {g}")));
}
