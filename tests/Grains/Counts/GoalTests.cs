using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Counts;
using Orchestrator.Grains.Tests.Deciding;
using Xunit;

namespace Orchestrator.Grains.Tests.Counts;

/// <summary>Goals of hunters and of farmers: each outcome counts once, and what is reached changes what is best.</summary>
public sealed class GoalTests
{
    private const string Playbook = """
        playbook: pools
        currency: GBP
        time-zone: Europe/London
        departments: {sales: {title: Sales, pool: hunter}, success: {title: Success, pool: farmer}}
        signals:
          order.placed: {observed: true}
          deal.valued: {observed: true, properties: {deal: string, worth: double}}
          renewed: {observed: true, properties: {contract: string}}
          page.viewed: {observed: true}
        stages: {lead: {kind: inventory}, customer: {kind: inventory}}
        transitions: [{id: wins, from: lead, to: customer, when: "signals.any(['order.placed'])"}]
        goals:
          new-customers: {pool: hunter, enters: customer, target: 2, period: month}
          pipeline: {pool: hunter, on: deal.valued, amount: signal.worth, per: signal.deal, target: 1000, period: quarter}
          renewals: {pool: farmer, on: renewed, per: signal.contract, target: 3, period: month}
        plays:
          - {id: hunt, for: owner, department: sales, eligible: "!goal.reached('new-customers')", goal: order.placed, horizon: 7d, cool-down: 1s, value: 1000, valid-for: 1d, treatments: [{id: hunt-task, channel: task}]}
          - {id: farm, for: owner, department: success, eligible: "goal.reached('new-customers')", goal: renewed, horizon: 7d, cool-down: 1s, value: 500, valid-for: 1d, treatments: [{id: farm-task, channel: task}]}

        """;

    [Fact]
    public void L7_each_outcome_counts_once_for_its_pools_goal_in_its_period()
    {
        var scene = Scene.Given(Playbook);
        var won = scene.NewSignal("order.placed", "ann");
        scene.Record(won, "a-1").Record(won, "a-1");
        Assert.Equal(1, Total(scene, "new-customers"));
        scene.Record(scene.NewSignal("order.placed", "bob"), "a-1");
        Assert.Equal(1, Total(scene, "new-customers"));
        scene.Signal("deal.valued", "", "deal", "d", "worth", 300.0).Signal("deal.valued", "", "deal", "d", "worth", 700.0).Signal("deal.valued", "", "deal", "e", "worth", 100.0);
        Assert.Equal(800, Total(scene, "pipeline"));
        scene.Signal("renewed", "", "contract", "c").Signal("renewed", "", "contract", "c");
        Assert.Equal(1, Total(scene, "renewals"));
    }

    [Fact]
    public void L7_a_new_period_begins_at_its_local_midnight_and_a_late_outcome_counts_for_the_one_before()
    {
        // Clocks in London went forward, so April begins at 23:00 UTC.
        var scene = Scene.Given(Playbook).At("2026-03-31T22:59:59Z");
        scene.Signal("renewed", "", "contract", "c");
        scene.At("2026-03-31T23:00:00Z").Signal("renewed", "", "contract", "c");
        var late = scene.NewSignal("renewed", "", "contract", "x");
        late.Time = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(scene.Now.AddDays(-3));
        scene.Record(late);
        var periods = CountTests.BoardOf(scene, "goal:renewals").Periods;
        Assert.Equal([(Scene.Utc("2026-03-01T00:00:00Z"), 2.0), (Scene.Utc("2026-03-31T23:00:00Z"), 1.0)], periods.Select(p => (p.Start, p.Total)));
    }

    [Fact]
    public void L7_once_hunters_have_reached_theirs_the_farmers_play_is_best_until_the_period_ends()
    {
        var scene = Scene.Given(Playbook).Signal("page.viewed", "ann");
        Assert.Equal("hunt", scene.Action.Play);
        scene.Record(scene.NewSignal("order.placed", "bob"), "b-1");
        scene.Record(scene.NewSignal("order.placed", "bob"), "b-2");
        scene.AfterDays(1);
        Assert.Contains(scene.Account.OpenActions, a => a.Play == "farm");
        Assert.DoesNotContain(scene.Account.OpenActions, a => a.Play == "hunt" && a.DecidedAt > scene.Now.AddHours(-23));
        scene.At("2026-04-01T00:00:00Z").AfterDays(1.5);
        Assert.Equal("hunt", scene.Account.OpenActions[^1].Play);
        // Whoever comes now is told how things stand as well.
        scene.Record(scene.NewSignal("order.placed", "bob"), "b-3");
        scene.Record(scene.NewSignal("order.placed", "bob"), "b-4");
        scene.Record(scene.NewSignal("page.viewed", "cid"), "b-5");
        Assert.NotNull(scene.AccountOf("b-5").Boards!.Told["goal:new-customers"].Until);
    }

    private static double Total(Scene scene, string goal) => CountTests.BoardOf(scene, $"goal:{goal}").Periods[^1].Total;
}
