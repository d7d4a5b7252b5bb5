using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Customers;
using Orchestrator.Grains.Milestones;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Grains.Tests.Deciding;
using Xunit;

namespace Orchestrator.Grains.Tests.Milestones;

public sealed class MilestoneTests
{
    private const string Text = """
        playbook: small
        currency: GBP
        time-zone: Europe/London
        departments: {cs: {title: Customer success}}
        signals:
          contract.signed: {observed: true}
          product.used: {observed: true, properties: {feature: string}}
          page.viewed: {observed: true}
        milestones:
          onboarding:
            - {id: admin-set-up, when: "signals.count('product.used', {'feature': 'admin'}) >= 1", within: 7d}
            - {id: first-value, when: "signals.count('product.used', {'feature': 'report'}) >= 2", within: 30d}
            - {id: team-adopted, when: "contacts.active('30d') >= 2", within: 60d}
        stages:
          lead: {kind: inventory}
          onboarding: {kind: inventory}
          customer: {kind: inventory}
        transitions:
          - {id: win, from: lead, to: onboarding, when: "signals.any(['contract.signed'])"}
          - {id: onboarded, from: onboarding, to: customer, when: "milestones.done('onboarding')"}
        plays:
          - {id: rescue, for: owner, department: cs, stages: [onboarding], goal: product.used, horizon: 14d, cool-down: 1d, applicable: "milestones.overdue('onboarding')", value: 5000, valid-for: 2d, treatments: [{id: rescue-call, channel: task}]}

        """;

    private static Scene Won => Scene.Given(Text).Signal("contract.signed");

    [Fact]
    public void K1_a_milestone_is_reached_at_the_signal_that_fulfils_it_with_its_evidence_and_how_long_it_took()
    {
        var scene = Won.AfterDays(3).Signal("product.used", "ann", "feature", "admin");
        var reached = Assert.Single(Of<CustomerEvent.MilestoneReached>(scene));
        Assert.Equal(("onboarding", "admin-set-up", "s2", 2), (reached.Set, reached.Milestone, reached.Signal, reached.Left));
        Assert.Equal(TimeSpan.FromDays(3), reached.At - reached.StartedAt);
        Assert.Equal("signals.count('product.used', {'feature': 'admin'}) >= 1", Assert.Single(reached.Evidence).Text);
        Assert.Equal(3, Number(scene, "milestones.days('admin-set-up')"));
        Assert.Null(Number(scene, "milestones.days('first-value')"));
    }

    [Fact]
    public void D10_onboarding_is_done_only_when_all_milestones_are_reached_in_whatever_order()
    {
        var scene = Won.AfterDays(1).Signal("product.used", "ann", "feature", "report").Signal("product.used", "ann", "feature", "report");
        Assert.Equal("onboarding", scene.Account.Stage);
        scene.AfterDays(1).Signal("product.used", "bob", "feature", "other");
        Assert.Equal("onboarding", scene.Account.Stage);
        scene.AfterDays(1).Signal("product.used", "ann", "feature", "admin");
        Assert.Equal("customer", scene.Account.Stage);
        Assert.Equal(["first-value", "team-adopted", "admin-set-up"], scene.Account.Customer!.Milestones.Single().Reached.Select(r => r.Id));
        Assert.Equal([2, 1, 0], scene.Journal.Select(f => f.Event).OfType<AccountEvent.OfCustomer>().Select(e => e.Event).OfType<CustomerEvent.MilestoneReached>().Select(e => e.Left));
    }

    [Fact]
    public void K1_what_held_already_is_reached_when_the_clock_starts_and_may_carry_the_account_through_in_the_same_turn()
    {
        var scene = Scene.Given(Text);
        foreach (var feature in new[] { "admin", "report", "report" })
        {
            scene.Signal("product.used", "ann", "feature", feature);
        }

        scene.Signal("page.viewed", "bob");
        Assert.Null(scene.Account.Customer);
        scene.AfterDays(2).Signal("contract.signed");
        Assert.Equal("customer", scene.Account.Stage);
        Assert.All(scene.Account.Customer!.Milestones.Single().Reached, r => Assert.Equal(scene.Now, r.At));
        Assert.Equal(0, Number(scene, "milestones.days('first-value')"));
    }

    [Fact]
    public void K1_a_customer_is_stuck_at_the_exact_instant_and_that_is_told_once_and_acted_on()
    {
        var scene = Won;
        var due = scene.Now.AddDays(7);
        Assert.Equal(due, scene.Account.Wake);
        scene.At(due.AddTicks(-1));
        Assert.Empty(All<CustomerEvent.MilestoneOverdue>(scene));
        Assert.False(Holds(scene, "milestones.overdue('onboarding')"));
        scene.At(due);
        var stuck = Assert.Single(Of<CustomerEvent.MilestoneOverdue>(scene));
        Assert.Equal(("onboarding", "admin-set-up", due), (stuck.Set, stuck.Milestone, stuck.At));
        Assert.Equal("rescue", scene.Action.Play);
        Assert.True(Holds(scene, "milestones.overdue('onboarding')"));

        scene.AfterDays(10).Signal("page.viewed");
        Assert.Single(All<CustomerEvent.MilestoneOverdue>(scene));
        scene.Signal("product.used", "ann", "feature", "admin");
        Assert.False(Holds(scene, "milestones.overdue('onboarding')"));
        Assert.Equal(17, Number(scene, "milestones.days('admin-set-up')"));
    }

    [Fact]
    public void K1_reached_at_the_last_instant_is_in_time_and_the_others_still_come_due()
    {
        var scene = Won;
        var start = scene.Now;
        scene.At(start.AddDays(7).AddTicks(-1)).Signal("product.used", "ann", "feature", "admin");
        scene.At(start.AddDays(29));
        Assert.Empty(All<CustomerEvent.MilestoneOverdue>(scene));
        scene.At(start.AddDays(60));
        Assert.Equal([("first-value", start.AddDays(30)), ("team-adopted", start.AddDays(60))], All<CustomerEvent.MilestoneOverdue>(scene).Select(e => (e.Milestone, e.At)));
    }

    [Fact]
    public void K1_what_an_outage_made_late_is_told_with_the_instant_at_which_it_was_due()
    {
        var scene = Won;
        var start = scene.Now;
        scene.Outage(TimeSpan.FromDays(45));
        Assert.Equal([start.AddDays(7), start.AddDays(30)], All<CustomerEvent.MilestoneOverdue>(scene).Select(e => e.At));
    }

    [Fact]
    public void K1_time_alone_reaches_a_milestone_at_its_exact_instant()
    {
        var scene = Scene.Given(Text.Replace("signals.count('product.used', {'feature': 'admin'}) >= 1", "stage_days >= 2.0 && signals.count('page.viewed', '4d') == 0", StringComparison.Ordinal))
            .Signal("page.viewed", "ann").AfterDays(1).Signal("contract.signed");
        var signed = scene.Now;
        scene.AfterDays(5);
        var reached = Assert.Single(All<CustomerEvent.MilestoneReached>(scene));
        Assert.Equal((signed.AddDays(3), ""), (reached.At, reached.Signal));
    }

    [Fact]
    public void K1_an_account_that_was_in_the_stage_before_milestones_were_published_runs_since_it_came_there()
    {
        var scene = Scene.Given(Text[..Text.IndexOf("milestones:", StringComparison.Ordinal)] + """
            stages: {lead: {kind: inventory}, onboarding: {kind: inventory}}
            transitions: [{id: win, from: lead, to: onboarding, when: "signals.any(['contract.signed'])"}]

            """).Signal("contract.signed");
        var won = scene.Now;
        Assert.Null(scene.Account.Customer);
        scene.AfterDays(4).Publish(Text).Signal("page.viewed");
        Assert.Equal(won, scene.Account.Customer!.Milestones.Single().StartedAt);
        Assert.Equal(won.AddDays(7), scene.Account.Wake);
    }

    [Fact]
    public void K1_the_clock_starts_once_and_with_any_of_the_stages_named()
    {
        var scene = Scene.Given(Text.Replace("  onboarding:\n    - {id: admin", "  onboarding:\n    from: [onboarding, lead]\n    all:\n    - {id: admin", StringComparison.Ordinal)
            .Replace("    - {id: first", "    - {id: first", StringComparison.Ordinal)).Signal("page.viewed");
        var first = scene.Now;
        scene.AfterDays(5).Signal("contract.signed");
        Assert.Equal("onboarding", scene.Account.Stage);
        Assert.Equal(first, scene.Account.Customer!.Milestones.Single().StartedAt);
    }

    [Theory]
    [InlineData("milestones: {adoption: [{id: a, when: \"true\"}]}", "unknown stage `adoption`; expected one of customer, lead, onboarding")]
    [InlineData("milestones: {onboardin: [{id: a, when: \"true\"}]}", "unknown stage `onboardin`; did you mean `onboarding`?")]
    [InlineData("milestones: {onboarding: []}", "expected at least one milestone, found none")]
    [InlineData("milestones: {onboarding: [{id: a, when: \"true\"}, {id: a, when: \"true\"}]}", "duplicate milestone `a`; first declared at line 9")]
    [InlineData("milestones: {onboarding: [{id: a, when: \"true\", withn: 7d}]}", "unknown key `withn` in a milestone; did you mean `within`?; known keys: id, when, within")]
    [InlineData("milestones: {onboarding: [{id: a, when: \"signals.cont('x') > 0\"}]}", "unknown function `signals.cont`; did you mean `signals.count`?")]
    [InlineData("milestones: {onboarding: [{id: a, when: \"consent('email', 'product')\"}]}", "`consent('email', 'product')` asks about one person; expected a condition about the account, such as `contacts.active('30d') >= 5`")]
    [InlineData("milestones: {onboarding: [{id: a, when: \"milestones.done('onbording')\"}]}", "`onbording` is no set of milestones; did you mean `onboarding`?")]
    [InlineData("milestones: {onboarding: [{id: a, when: \"milestones.days('b') > 1.0\"}]}", "`b` is no milestone; did you mean `a`?")]
    public void K1_a_mistake_in_milestones_is_refused_with_its_place_and_what_was_expected(string section, string message)
    {
        var text = Text[..Text.IndexOf("milestones:", StringComparison.Ordinal)] + section + "\nstages: {lead: {kind: inventory}, onboarding: {kind: inventory}, customer: {kind: inventory}}\n"
            + "contact-policy: {consent: {purposes: [product]}}\n";
        var errors = PlaybookCompiler.Compile(text, "p.yaml", 1).Diagnostics.Where(d => d.Severity == Severity.Error).ToList();
        Assert.Contains(errors, e => e.Line == 9 && e.Message == message);
    }

    [Fact]
    public void K1_an_account_of_a_playbook_without_milestones_is_stored_in_the_same_bytes_as_before()
    {
        var scene = Scene.Given(SmallPlaybooks.Head + SmallPlaybooks.OneStage).Signal("page.viewed", "ann");
        Assert.Null(scene.Account.Customer);
        Assert.Null(StateForm.Write(scene.Account, 1).Account.Customer);
        Assert.Null(scene.Account.Wake);
    }

    internal static IEnumerable<T> Of<T>(Scene scene) => scene.Facts.Select(f => f.Event).OfType<AccountEvent.OfCustomer>().Select(e => e.Event).OfType<T>();

    internal static IEnumerable<T> All<T>(Scene scene) => scene.Journal.Select(f => f.Event).OfType<AccountEvent.OfCustomer>().Select(e => e.Event).OfType<T>();

    internal static bool Holds(Scene scene, string condition) => Asking.Holds(scene, condition);

    internal static double? Number(Scene scene, string formula) => Asking.Number(scene, formula);
}
