using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Customers;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Tests.Deciding;
using Orchestrator.Grains.Tests.Milestones;
using Xunit;

namespace Orchestrator.Grains.Tests.Customers;

public sealed class ExpansionTests
{
    private const string Text = """
        playbook: small
        currency: GBP
        time-zone: Europe/London
        departments: {sales: {title: Sales}}
        signals:
          product.used: {observed: true, properties: {feature: string?, seats_over_limit: bool?}}
          ticket.opened: {observed: true}
          page.viewed: {observed: true}
          contract.signed: {observed: true}
          opportunity.opened: {observed: true, properties: {opportunity: string, reason: string?}}
        scores:
          health: {measures: {support: {weight: 1, on: ticket.opened, bad: true, full: 2, window: 10d}}}
        milestones:
          onboarding: [{id: first-value, when: "signals.count('product.used', {'feature': 'report'}) >= 1"}]
        expansion-phase:
          when: "milestones.done('onboarding') && score.health >= 70"
          triggers:
            - {id: seats, when: "signals.count('product.used', {'seats_over_limit': true}, '7d') > 0", signal: opportunity.opened, cool-down: 30d}
        stages: {onboarding: {kind: inventory}, in-deal: {kind: inventory}}
        plays:
          - {id: upgrade, for: owner, department: sales, goal: contract.signed, horizon: 45d, cool-down: 1s, expansion: true, value: 9000, valid-for: 14d, treatments: [{id: upgrade-brief, channel: task}]}

        """;

    private static Scene Ready => Scene.Given(Text).Signal("product.used", "", "feature", "report");

    private static readonly object[] Over = ["seats_over_limit", true];

    [Fact]
    public void K9_the_switch_from_creating_value_to_expanding_it_is_a_fact_with_its_evidence_at_its_exact_instant_and_back()
    {
        var scene = Scene.Given(Text).Signal("page.viewed").AfterDays(3);
        Assert.False(Asking.Holds(scene, "expansion_phase"));
        scene.Signal("product.used", "", "feature", "report");
        var switched = Assert.Single(MilestoneTests.Of<CustomerEvent.ExpansionPhaseChanged>(scene));
        Assert.Equal((true, scene.Now), (switched.Expanding, switched.At));
        Assert.Equal(["milestones.done('onboarding')", "score.health >= 70"], switched.Evidence.Select(c => c.Text));
        Assert.Equal("score.health = 100", switched.Evidence[1].Values);
        Assert.True(Asking.Holds(scene, "expansion_phase"));

        scene.AfterDays(1).Signal("ticket.opened");
        var opened = scene.Now;
        Assert.False(Assert.Single(MilestoneTests.Of<CustomerEvent.ExpansionPhaseChanged>(scene)).Expanding);
        Assert.Null(scene.Account.Customer!.ExpandingSince);
        scene.At(opened.AddDays(10).AddTicks(-1));
        Assert.False(Asking.Holds(scene, "expansion_phase"));
        scene.At(opened.AddDays(10));
        Assert.Equal(opened.AddDays(10), scene.Account.Customer!.ExpandingSince);
    }

    [Fact]
    public void J10_nothing_is_sold_on_top_before_value_is_realised_whatever_the_play_says_itself()
    {
        var scene = Scene.Given(Text.Replace("expansion: true,", "expansion: true, eligible: \"stage == 'onboarding' || true\",", StringComparison.Ordinal));
        foreach (var type in new[] { "page.viewed", "product.used", "ticket.opened", "page.viewed" })
        {
            scene.Signal(type);
            Assert.Empty(scene.Account.OpenActions);
            Assert.Equal(NoneReason.NotEligible, scene.None);
        }

        scene.Signal("product.used", "", "feature", "report");
        Assert.Empty(scene.Account.OpenActions);
        Assert.Equal("first-value", scene.Account.Customer!.Milestones.Single().Reached.Single().Id);
        scene.AfterDays(10);
        Assert.Equal("upgrade", scene.Action.Play);
    }

    [Fact]
    public void J10_the_gate_holds_in_every_random_history()
    {
        var random = new Random(11);
        for (var round = 0; round < 30; round++)
        {
            var scene = Scene.Given(Text);
            for (var step = 0; step < 25; step++)
            {
                scene.AfterDays(random.NextDouble() * 6);
                var expanding = Asking.Holds(scene, "expansion_phase");
                scene.Signal(new[] { "page.viewed", "product.used", "ticket.opened" }[random.Next(3)], "", random.Next(4) == 0 ? ["feature", "report"] : []);
                expanding |= Asking.Holds(scene, "expansion_phase");
                Assert.True(expanding || !scene.Facts.Any(f => f.Event is AccountEvent.ActionOffered { Action.Play: "upgrade" }), $"round {round} step {step}");
            }
        }
    }

    [Fact]
    public void K4_a_trigger_tells_of_a_deal_and_sets_sales_to_work_once_until_it_has_rested()
    {
        var scene = Scene.Given(Text.Replace("stages: {", "transitions: [{id: opened, from: onboarding, to: in-deal, when: \"signals.any(['opportunity.opened'])\"}]\nstages: {", StringComparison.Ordinal));
        scene.Signal("product.used", "", Over);
        Assert.Empty(MilestoneTests.All<CustomerEvent.ExpansionTriggered>(scene));
        scene.Signal("product.used", "", "feature", "report");
        var fired = Assert.Single(MilestoneTests.All<CustomerEvent.ExpansionTriggered>(scene));
        Assert.Equal(("seats", "opportunity.opened", scene.Now), (fired.Trigger, fired.Signal, fired.At));
        var told = Assert.Single(scene.Journal.Select(f => f.Event).OfType<AccountEvent.SignalRecorded>(), s => s.Signal.Type == "opportunity.opened").Signal;
        Assert.Equal((fired.Deal, "seats", "expansion"), (told.Properties["opportunity"].Text, told.Properties["reason"].Text, told.Source));
        Assert.Equal("in-deal", scene.Account.Stage);

        var first = scene.Now;
        scene.AfterDays(5).Signal("product.used", "", Over).AfterDays(24).Signal("product.used", "", Over);
        Assert.Single(MilestoneTests.All<CustomerEvent.ExpansionTriggered>(scene));
        scene.At(first.AddDays(30));
        Assert.Equal([first, first.AddDays(30)], MilestoneTests.All<CustomerEvent.ExpansionTriggered>(scene).Select(e => e.At));
    }

    [Fact]
    public void K4_without_a_signal_of_its_own_a_trigger_sends_the_built_in_one()
    {
        var scene = Scene.Given(Text.Replace(" signal: opportunity.opened,", "", StringComparison.Ordinal).Replace("expansion: true,", "expansion: true, on: [expansion.triggered],", StringComparison.Ordinal));
        scene.Signal("product.used", "", "feature", "report");
        Assert.Empty(scene.Account.OpenActions);
        scene.Signal("product.used", "", Over);
        Assert.Equal("upgrade", scene.Action.Play);
    }

    [Theory]
    [InlineData("expansion-phase: {when: \"expansion_phase\"}", "`expansion_phase` rests on itself: whether it holds could never be told")]
    [InlineData("expansion-phase: {when: \"segment == 'a'\"}\nsegments: {a: {when: \"expansion_phase\"}}", "`expansion_phase` rests on itself: whether it holds could never be told")]
    [InlineData("expansion-phase: {}", "the expansion phase needs `when`")]
    [InlineData("expansion-phase: {when: \"true\", triggers: [{id: a, when: \"true\", signal: opportunty.opened}]}", "unknown signal `opportunty.opened`; did you mean `opportunity.opened`?")]
    [InlineData("expansion-phase: {when: \"true\", triggers: [{id: a, when: \"true\", signal: needs.more}]}", "`needs.more` needs `amount`, which a trigger cannot fill; it fills opportunity, trigger, reason")]
    [InlineData("expansion-phase: {when: \"consent('email', 'product')\"}", "`consent('email', 'product')` asks about one person; expected a condition about the account, such as `contacts.active('30d') >= 5`")]
    public void K9_a_mistake_in_the_expansion_phase_is_refused_with_its_place(string section, string message)
    {
        var text = Text[..Text.IndexOf("expansion-phase:", StringComparison.Ordinal)].Replace("  contract.signed: {observed: true}", "  contract.signed: {observed: true}\n  needs.more: {observed: true, properties: {amount: money}}", StringComparison.Ordinal)
            + section + "\nstages: {onboarding: {kind: inventory}}\ncontact-policy: {consent: {purposes: [product]}}\n";
        var errors = PlaybookCompiler.Compile(text, "p.yaml", 1).Diagnostics.Where(d => d.Severity == Severity.Error).ToList();
        Assert.Contains(errors, e => e.Line == 16 && e.Message == message);
    }

    [Fact]
    public void J10_a_play_that_waits_for_the_expansion_phase_needs_one()
    {
        var text = Text.Replace(Text[Text.IndexOf("expansion-phase:", StringComparison.Ordinal)..Text.IndexOf("stages:", StringComparison.Ordinal)], "", StringComparison.Ordinal);
        Assert.Contains(PlaybookCompiler.Compile(text, "p.yaml", 1).Diagnostics, d => d.Message == "`expansion: true` waits for the expansion phase; declare `expansion-phase` with the condition under which value is realised");
    }
}
