using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Lateness;
using Orchestrator.V1;

namespace Orchestrator.Silo.Tests.Insight;

/// <summary>What came late as a caller sees it: through the services of a running silo.</summary>
public sealed class LatenessTests
{
    private const string Playbook = """
        playbook: late
        currency: GBP
        time-zone: Europe/London
        departments: {sales: {title: Sales}}
        lateness: {tolerance: 1m, correct-after: 10s}
        channels: {email: {kind: push}}
        signals:
          page.viewed: {observed: true}
          meeting.booked: {observed: true}
          purchase.made: {observed: true}
        stages: {start: {kind: inventory}, meeting: {kind: inventory}, buying: {kind: inventory}}
        transitions:
          - {id: t-meet, from: start, to: meeting, when: "signal.type == 'meeting.booked'"}
          - {id: t-buy, from: meeting, to: buying, when: "signal.type == 'purchase.made'"}
        plays:
          - {id: mail, for: contact, on: page.viewed, eligible: "signals.count('meeting.booked') == 0", goal: meeting.booked, horizon: 7d, value: 100, valid-for: 2h, treatments: [{id: mail-a, channel: email}]}

        """;

    [Fact]
    public async Task A2_a_late_signal_is_put_right_from_the_journal_and_shown_with_the_decisions_that_changed()
    {
        await using var desk = await Desk.OpenAsync(Playbook);
        await using var corrector = new Corrector(desk.World.Silo, desk.World.Shelf, NullLogger<Corrector>.Instance);
        var met = desk.World.Clock.GetUtcNow();
        desk.World.Clock.Advance(TimeSpan.FromMinutes(10));
        await desk.SignalAsync("page.viewed", email: "ann@x.test");
        await desk.SignalAsync("purchase.made");
        var account = await desk.AccountAsync();
        Assert.Equal(("start", 1), (account.Stage, account.OpenActions.Count));
        Assert.Null(account.Lateness);

        desk.World.Clock.Advance(TimeSpan.FromMinutes(10));
        await desk.RecordAsync(new Signal { Id = "late-1", Type = "meeting.booked", Account = "acme", Source = "test", Time = Timestamp.FromDateTimeOffset(met.AddMinutes(5)) });
        var before = await desk.Accounts.Corrections(new() { Account = "acme" }, new CallContext());
        Assert.Equal("late-1", Assert.Single(before.Late).Id);
        Assert.Equal(("meeting", "buying"), (before.Would.StageBefore, before.Would.StageAfter));
        Assert.Empty(before.Made.Corrections);

        corrector.Take(Grains.Partitioning.GrainKey.Account(Silo.Ingest.Tenants.Default, "acme"));
        await desk.World.UntilAsync(async () => (await desk.AccountAsync()).Lateness.Corrections.Count == 1);
        account = await desk.AccountAsync();
        Assert.Equal(("buying", "t-buy"), (account.Stage, account.StageBy));
        Assert.Empty(account.OpenActions);
        var correction = Assert.Single(account.Lateness.Corrections);
        Assert.Equal(met.AddMinutes(5), Assert.Single(correction.Signals).HappenedAt.ToDateTimeOffset());
        var changed = Assert.Single(correction.Changed);
        Assert.Equal((ChangedDecision.Types.Kind.Revoked, "mail"), (changed.Kind, changed.Play));
        Assert.Contains("signals.count('meeting.booked') == 0", changed.Why, StringComparison.Ordinal);
        Assert.Equal((1L, 1L, 0L), (account.Lateness.LateSignals, account.Lateness.ChangedDecisions, account.Lateness.DoneInError));
        var timeline = await desk.TimelineAsync();
        Assert.Contains(timeline.Entries, e => e.Kind == "late-signal" && e.Text.Contains("meeting.booked", StringComparison.Ordinal));
        Assert.Contains(timeline.Entries, e => e.Kind == "correction" && e.Text.Contains("stage `meeting` became `buying`", StringComparison.Ordinal));
        var after = await desk.Accounts.Corrections(new() { Account = "acme" }, new CallContext());
        Assert.Equal("buying", after.Would.StageBefore);
        Assert.Equal("buying", after.Would.StageAfter);
    }

    [Fact]
    public async Task A2_an_account_whose_signals_came_in_time_has_nothing_to_correct()
    {
        await using var desk = await Desk.OpenAsync(Playbook);
        await desk.SignalAsync("page.viewed", email: "ann@x.test");
        var answer = await desk.Accounts.Corrections(new() { Account = "acme" }, new CallContext());
        Assert.Empty(answer.Late);
        Assert.Null(answer.Would);
        Assert.Null(answer.Made);
        await desk.RefusesAsync((accounts, call) => accounts.Corrections(new() { Account = "acme", ToleranceSeconds = -1 }, call), StatusCode.InvalidArgument, "tolerance_seconds");
        await desk.RefusesAsync((accounts, call) => accounts.Corrections(new() { Account = "nobody" }, call), StatusCode.NotFound, "nobody");
    }
}
