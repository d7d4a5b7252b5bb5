using Orchestrator.Grains.Accounts;
using Orchestrator.Silo.Insight;

namespace Orchestrator.Silo.Tests.Insight;

/// <summary>An account's way through the stages as a caller sees it, while the silo's clock goes on.</summary>
public sealed class JourneyTests
{
    private const string Playbook = """
        playbook: small
        currency: GBP
        time-zone: Europe/London
        lifecycle-owner: revenue-office
        departments: {marketing: {}, sales: {}}
        signals:
          form.submitted: {observed: true}
          deal.lost: {observed: true, properties: {reason: string}}
        stages:
          lead: {kind: inventory}
          opportunity: {kind: sla, accountable: sales, sla: {within: 5d, then: reassign}}
          recycled: {kind: inventory}
          never: {kind: end-of-effort}
        transitions:
          - {id: qualify, from: [lead, recycled], to: opportunity, when: "signals.any(['form.submitted'])", re-entry: {at-most: 3}}
          - {id: lose, from: opportunity, to: recycled, when: "signals.any(['deal.lost'])", reason: "signal.reason"}
        recycle:
          sources: opportunity
          cool-down: {timing: 10d, default: 30d}
          wake-on: "signals.any(['form.submitted'])"
          attempts: 1
          acquisition-cost: 45000
        """;

    [Fact]
    public async Task D6_an_account_shows_its_stays_in_the_pool_its_yield_and_what_it_saved()
    {
        await using var desk = await Desk.OpenAsync(Playbook);
        await desk.SignalAsync("form.submitted");
        Assert.Null((await desk.AccountAsync()).Journey.Reassignment);
        await desk.SignalAsync("deal.lost", properties: ("reason", "timing"));
        var cooling = (await desk.AccountAsync()).Journey;
        Assert.Equal((1, 0, 0L), (cooling.Recycled, cooling.WonBack, cooling.Saved));
        var stay = cooling.Stays[0];
        Assert.Equal(("opportunity", "timing", TimeSpan.FromDays(10)), (stay.Source, stay.Reason, stay.CoolingUntil.ToDateTimeOffset() - stay.At.ToDateTimeOffset()));

        desk.World.Clock.Advance(TimeSpan.FromDays(11));
        await desk.SignalAsync("form.submitted");
        var back = await desk.AccountAsync();
        Assert.Equal(("opportunity", 1, 45_000L), (back.Stage, back.Journey.WonBack, back.Journey.Saved));
        Assert.Equal(("opportunity", 2), (back.Journey.Stays[0].ReturnedTo, back.Journey.Entries[0].Count));

        await desk.SignalAsync("deal.lost", properties: ("reason", "no-budget"));
        Assert.Equal(("never", "recycle"), ((await desk.AccountAsync()).Stage, (await desk.AccountAsync()).StageBy));
        var told = (await desk.TimelineAsync(size: 1000)).Entries.Select(e => $"{e.Kind}: {e.Text}").ToList();
        Assert.Contains($"recycled: The account was recycled from stage `opportunity`, reason: timing, for the 1st time, and cools down until {InstantForm.Show(stay.CoolingUntil.ToDateTimeOffset())}.", told);
        Assert.Contains("awoken: The recycled account was woken: `signals.any(['form.submitted'])` held (signals.any(['form.submitted']) = true).", told);
        Assert.Contains("won-back: The recycled account came back to stage `opportunity`, which saved a new lead at 45000 minor units.", told);
        Assert.Contains(told, t => t.StartsWith("entered: The entry by transition `qualify` was counted.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task D4_a_stage_that_is_overdue_escalates_by_itself_and_the_answer_is_kept()
    {
        await using var desk = await Desk.OpenAsync(Playbook);
        await desk.SignalAsync("form.submitted");
        var since = (await desk.AccountAsync()).StageSince.ToDateTimeOffset();
        desk.World.Clock.Advance(TimeSpan.FromDays(5));
        await desk.World.UntilAsync(async () => (await desk.AccountAsync()).OpenActions.Count == 1);
        var account = await desk.AccountAsync();
        var action = account.OpenActions[0];
        Assert.Equal(("escalation", "opportunity", "sales", ""), (action.Kind, action.Subject, action.Department, action.Owner));
        Assert.Equal(("opportunity", "sales", since.AddDays(5)), (account.Journey.Reassignment.Stage, account.Journey.Reassignment.Department, account.Journey.Reassignment.At.ToDateTimeOffset()));

        desk.World.Clock.Advance(TimeSpan.FromDays(5));
        await desk.World.UntilAsync(async () => (await desk.AccountAsync()).OpenActions is [{ Owner: "revenue-office" }]);
        await desk.SettleAsync((await desk.AccountAsync()).OpenActions[0], new Settlement.Done("", "") { By = "bob" });
        Assert.Empty((await desk.AccountAsync()).OpenActions);
        var told = (await desk.TimelineAsync(size: 1000)).Entries.Select(e => $"{e.Kind}: {e.Text}").ToList();
        Assert.Contains("settled: The escalation of `opportunity` was answered with yes by `bob`.", told);
        Assert.Contains("expired: The escalation of `opportunity` was not answered in time.", told);
        Assert.Contains(told, t => t.StartsWith("request: The escalation of `opportunity` was asked of `revenue-office`", StringComparison.Ordinal));
        Assert.Contains(told, t => t.StartsWith("reassignment: Somebody else of `sales` must take the account over", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_decision_is_still_recomputed_with_requests_around_it()
    {
        await using var desk = await Desk.OpenAsync(Playbook);
        await desk.SignalAsync("form.submitted");
        desk.World.Clock.Advance(TimeSpan.FromDays(5));
        await desk.World.UntilAsync(async () => (await desk.AccountAsync()).OpenActions.Count == 1);
        await desk.SettleAsync((await desk.AccountAsync()).OpenActions[0], new Settlement.Declined("leave it", null));
        Assert.True((await desk.ExplainAsync()).Reproduced);
        Assert.True((await desk.ExplainAsync(signal: "s-1")).Reproduced);
    }
}
