using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Api;
using Orchestrator.Silo.Identities;
using Orchestrator.Silo.Insight;
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

    private const string Rooms = """
        playbook: late
        currency: GBP
        time-zone: Europe/London
        departments: {sales: {title: Sales}}
        lateness: {tolerance: 1m, correct-after: 10s}
        signals:
          page.viewed: {observed: true}
          opportunity.updated: {observed: true, properties: {opportunity: string}}
          opportunity.lost: {observed: true, properties: {opportunity: string, reason: string?}}
          contract.signed: {observed: true, properties: {opportunity: string}}
        deal: {questions: [{id: budget, ask: Who pays?}]}
        stages: {start: {kind: inventory}}

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
    [Fact]
    public async Task A2_rooms_that_were_put_right_are_shown_with_their_cause_and_a_merged_accounts_late_signal_is_put_right_too()
    {
        await using var desk = await Desk.OpenAsync(Rooms);
        await using var corrector = new Corrector(desk.World.Silo, desk.World.Shelf, NullLogger<Corrector>.Instance);
        var identities = new IdentityService(desk.World.Silo, new People(desk.World.Silo), desk.World.Shelf);
        var clock = desk.World.Clock;
        await desk.SignalAsync("page.viewed", email: "ann@x.test");
        await desk.SignalAsync("page.viewed", "globex", "bob@x.test");
        clock.Advance(TimeSpan.FromMinutes(10));
        var met = clock.GetUtcNow();
        clock.Advance(TimeSpan.FromMinutes(10));
        var opened = clock.GetUtcNow();
        await desk.SignalAsync("opportunity.updated", "globex", properties: ("opportunity", "o-1"));
        clock.Advance(TimeSpan.FromMinutes(10));
        await desk.World.InTimeAsync(identities.MergeAccounts(new() { Account = "globex", Into = "acme" }, new CallContext()));
        await desk.World.UntilAsync(async () => (await desk.AccountAsync()).Deals.Count == 1);
        clock.Advance(TimeSpan.FromMinutes(10));

        // Of the account that is part of the other by now; by its word the deal had been lost, and news of it opened it again.
        await desk.RecordAsync(new Signal { Id = "late-1", Type = "opportunity.lost", Account = "globex", Source = "test", Time = Timestamp.FromDateTimeOffset(met), Properties = { ["opportunity"] = new V1.Value { Text = "o-1" } } });
        await desk.World.UntilAsync(async () => (await desk.AccountAsync()).Lateness is not null);
        var before = await desk.Accounts.Corrections(new() { Account = "acme" }, new CallContext());
        Assert.Equal("", before.Would.Undetermined);
        Assert.Equal("deals", Assert.Single(before.Would.Rooms).Room);
        corrector.Take(Grains.Partitioning.GrainKey.Account(Silo.Ingest.Tenants.Default, "acme"));
        await desk.World.UntilAsync(async () => (await desk.AccountAsync()).Lateness.Corrections.Count == 1);
        var account = await desk.AccountAsync();
        var deal = Assert.Single(account.Deals);
        Assert.Equal(("o-1", V1.Deal.Types.Standing.Open), (deal.Id, deal.Standing));
        Assert.InRange(deal.OpenedAt.ToDateTimeOffset(), opened, opened.AddMinutes(1));
        var room = Assert.Single(Assert.Single(account.Lateness.Corrections).Rooms);
        Assert.Equal("deals", room.Room);
        Assert.StartsWith("deal `o-1` is open", Assert.Single(room.Changes), StringComparison.Ordinal);
        var told = Assert.Single((await desk.TimelineAsync()).Entries, e => e.Kind == "room-corrected").Text;
        Assert.StartsWith("Put right because `late-1` came late, deals: deal `o-1` is open", told, StringComparison.Ordinal);
        Assert.Empty((await desk.Accounts.Corrections(new() { Account = "acme" }, new CallContext())).Would.Rooms);
    }

    [Fact]
    public async Task A2_a_signal_that_is_years_old_is_taken_and_nothing_is_judged_anew()
    {
        await using var desk = await Desk.OpenAsync(Playbook);
        await desk.SignalAsync("page.viewed", email: "ann@x.test");
        await desk.RecordAsync(new Signal { Id = "old-1", Type = "meeting.booked", Account = "acme", Source = "test", Time = Timestamp.FromDateTimeOffset(desk.World.Clock.GetUtcNow().AddYears(-5)) });
        var account = await desk.AccountAsync();
        Assert.Null(account.Lateness);
        Assert.Equal(2, account.SignalCount);
        Assert.DoesNotContain((await desk.TimelineAsync()).Entries, e => e.Kind == "late-signal");
        Assert.Empty((await desk.Accounts.Corrections(new() { Account = "acme" }, new CallContext())).Late);
    }
}
