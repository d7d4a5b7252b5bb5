using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Tests.Deciding;
using Orchestrator.V1;
using Xunit;

namespace Orchestrator.Grains.Tests.Segments;

/// <summary>Customers in a grid of what they are worth and what they could be worth.</summary>
public sealed class ValuePotentialTests
{
    private const string Playbook = """
        playbook: grid
        currency: GBP
        time-zone: Europe/London
        departments: {sales: {title: Sales}}
        attributes: {account: {potential: int?}}
        signals:
          purchase.made: {observed: true, properties: {amount: money}}
          page.viewed: {observed: true}
        scores:
          clv: {model: bg-nbd+gamma-gamma, on: purchase.made, horizon: 365d, margin: 0.7, discount: 0}
        classification: {worth-it: {when: "clv.expected >= 20000.0"}, not-yet: {when: "true"}}
        segments:
          star: {when: "clv.expected >= 20000.0 && account.potential >= 100", people-per-week: 4}
          keep: {when: "clv.expected >= 20000.0", people-per-week: 3}
          grow: {when: "account.potential >= 100", people-per-week: 2}
          serve: {when: "true", people-per-week: 1, plays: [note]}
        stages: {start: {kind: inventory}, loved: {kind: inventory}}
        transitions:
          - {id: rises, from: start, to: loved, when: "segment == 'star'"}
          - {id: falls, from: loved, to: start, when: "segment != 'star'"}
        plays:
          - {id: note, for: contact, on: page.viewed, goal: purchase.made, horizon: 7d, cool-down: 1s, value: 100, valid-for: 1h, treatments: [{id: note-a, channel: web}]}
          - {id: visit, for: contact, on: page.viewed, goal: purchase.made, horizon: 7d, cool-down: 1s, value: 900, valid-for: 1h, treatments: [{id: visit-a, channel: web}]}

        """;

    [Theory]
    [InlineData(0, 10, "serve")]
    [InlineData(0, 100, "grow")]
    [InlineData(9_000, 10, "keep")]
    [InlineData(9_000, 500, "star")]
    [InlineData(100, 500, "grow")]
    public void J8_a_customer_is_in_the_segment_of_their_value_and_their_potential(int pence, int potential, string expected)
    {
        var scene = Bought(pence).Signal("account.updated", "", "potential", potential);
        Assert.Equal(expected, SegmentOf(scene));
        if (pence > 0)
        {
            Assert.Equal(pence >= 9_000, IsWorth(scene));
        }
    }

    [Fact]
    public void J8_nothing_known_of_value_or_potential_is_neither_and_no_fault()
    {
        Assert.Equal("serve", SegmentOf(Scene.Given(Playbook).Signal("page.viewed", "ann")));
        Assert.Equal("keep", SegmentOf(Bought(9_000)));
        Assert.Equal("grow", SegmentOf(Scene.Given(Playbook).Signal("account.updated", "", "potential", 100)));
    }

    [Fact]
    public void J8_silence_moves_a_customer_to_another_segment_at_the_exact_instant_at_which_their_value_falls()
    {
        var scene = Bought(9_000).Signal("account.updated", "", "potential", 500);
        Assert.Equal(("star", "loved"), (SegmentOf(scene), scene.Account.Stage));
        var next = scene.Account.Wake!.Value;
        Assert.True(next > scene.Now.AddDays(1));
        Assert.True(IsWorth(scene.At(next.AddTicks(-1))));
        Assert.Equal(("star", "loved"), (SegmentOf(scene), scene.Account.Stage));
        Assert.False(IsWorth(scene.At(next)));
        Assert.Equal(("grow", "start", next), (SegmentOf(scene), scene.Account.Stage, scene.Account.StageSince));
    }

    [Fact]
    public void J8_the_segment_decides_what_is_offered_and_to_how_many()
    {
        Assert.Equal("note", Scene.Given(Playbook).Signal("page.viewed", "ann").Offered.Play);
        var star = Bought(9_000).Signal("account.updated", "", "potential", 500);
        foreach (var person in new[] { "ann", "bob", "cyd", "dee" })
        {
            Assert.Equal("visit", star.Signal("page.viewed", person).Offered.Play);
        }

        Assert.Equal(Grains.Decisions.NoneReason.PeoplePerWeek, star.Signal("page.viewed", "eve").None);
    }

    [Theory]
    [InlineData("clv.expectd >= 1.0", "clv.expected")]
    [InlineData("account.potentail >= 1", "potential")]
    public void J8_a_segment_by_a_value_that_is_none_is_refused_at_publish(string when, string nearest)
    {
        var text = Playbook.Replace("star: {when: \"clv.expected >= 20000.0 && account.potential >= 100\"", $"star: {{when: \"{when}\"", StringComparison.Ordinal);
        Assert.Contains(PlaybookCompiler.Compile(text, "p.yaml", 1).Diagnostics, d => d.Severity == Grains.Playbooks.Severity.Error && d.Path.StartsWith("segments.star", StringComparison.Ordinal) && d.Message.Contains(nearest, StringComparison.Ordinal));
    }

    /// <summary>Five purchases, a fortnight between each two.</summary>
    private static Scene Bought(int pence)
    {
        var scene = Scene.Given(Playbook);
        for (var i = 0; pence > 0 && i < 5; i++)
        {
            scene.Signal("purchase.made", "ann", "amount", new Money { Currency = "GBP", MinorUnits = pence }).AfterDays(14);
        }

        return scene;
    }

    private static string SegmentOf(Scene scene) => scene.Playbook.SegmentOf(Known(scene));

    private static bool IsWorth(Scene scene) => scene.Playbook.ClassOf(Known(scene)) == "worth-it";

    private static Grains.Decisions.Facts Known(Scene scene)
    {
        var facts = scene.Workspace.Facts;
        facts.Set(scene.Playbook, scene.Account, null, null, scene.Now);
        return facts;
    }
}
