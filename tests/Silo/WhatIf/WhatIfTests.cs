using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.WhatIf;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Api;
using Orchestrator.Silo.Identities;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Tests.Insight;
using Orchestrator.Silo.WhatIf;
using Orchestrator.V1;
using Settlement = Orchestrator.Grains.Accounts.Settlement;
using Playbook = Orchestrator.Grains.Playbooks.Playbook;

namespace Orchestrator.Silo.Tests.WhatIf;

public sealed class WhatIfTests
{
    [Theory]
    [InlineData(3)]
    [InlineData(20261122)]
    public async Task N1_an_unchanged_playbook_replayed_over_a_random_history_differs_in_nothing_from_what_did_happen(int seed)
    {
        var random = new Random(seed);
        await using var desk = await Desk.OpenAsync(settings: Insight.Partitions.Eager);
        for (var step = 0; step < 260; step++)
        {
            if (step == 120)
            {
                // Where the random history publishes another version: a silo that starts again instead.
                await desk.World.CrashAndStartAsync();
                continue;
            }

            await ReproductionTests.StepAsync(desk, random, step);
            if (step % 20 == 19)
            {
                await ReserveAsync(desk, step);
            }
        }

        var result = await RunAsync(desk, Current(desk), baseline: null);
        var journal = (await desk.World.JournalAsync()).SelectMany(f => f.Frame.Entries).SelectMany(e => e.Events).Select(e => e.Account).Where(e => e is not null).ToList();
        Assert.Empty(result.Examples.Select(e => $"{e.Account} {e.At:O} {e.Cause}: {e.Before} | {e.After}"));
        Assert.True(result.IsEmpty);
        Assert.Equal(0, result.AccountsChanged);

        // It is not empty for want of trying: all of it was replayed, and every sort of turn is in it.
        Assert.Equal(journal.Count(e => e.SignalRecorded is not null), result.Signals);
        Assert.Equal(journal.Count(e => e.ActionOffered is not null), result.After.Offers.Values.Sum());
        Assert.Equal(journal.Count(e => e.None is not null), result.After.Nones.Values.Sum());
        Assert.Equal(journal.Count(e => e.StageEntered is not null), result.After.Moves.Values.Sum());
        Assert.Equal(0, result.After.Unmatched);
        Assert.Contains(journal, e => e.Woken is not null);
        Assert.Contains(journal, e => e.Asked is not null);
        Assert.Contains(journal, e => e.ActionReturned is not null);
        Assert.Contains(journal, e => e.Absorbed is not null);
        Assert.Contains(journal, e => e.ActionEnded is { How: StoredActionEnded.Types.How.Declined });
        Assert.True(result.Stood > 0, "no reservation was made");
        Assert.True(result.MovedIn > 0, "nobody moved");

        // Two replays of the same are the same, too.
        Assert.True((await RunAsync(desk, Current(desk), Current(desk))).IsEmpty);
    }

    private const string Small = """
        playbook: small
        currency: EUR
        time-zone: Europe/Berlin
        departments: {sales: {title: Sales}}
        signals: {page.viewed: {observed: true}, order.placed: {observed: true}}
        stages:
          cold: {kind: inventory}
          warm: {kind: inventory}
        transitions:
          - {id: warms, from: cold, to: warm, when: "signals.count('page.viewed') >= 2"}
        plays:
          - {id: call, for: owner, department: sales, stages: [warm], goal: order.placed, horizon: 30d, value: 5000, cost: 10, valid-for: 10d, treatments: [{id: call-script, channel: task}]}
        """;

    [Fact]
    public async Task N1_an_unchanged_playbook_differs_in_nothing_where_accounts_were_merged_and_parted()
    {
        await using var desk = await Desk.OpenAsync(Small, partitions: 4);
        var service = new IdentityService(desk.World.Silo, new People(desk.World.Silo), desk.World.Shelf);
        foreach (var baseline in new[] { null, Current(desk) })
        {
            var (kept, ended) = baseline is null ? ("one", "two") : ("three", "four");
            await ViewAsync(desk, kept, 1);
            await ViewAsync(desk, ended, 2);
            await desk.World.InTimeAsync(service.MergeAccounts(new MergeAccountsRequest { Account = ended, Into = kept }, new CallContext()));
            await desk.World.UntilAsync(async () => (await desk.AccountAsync(kept)).SignalCount == 3);
            await desk.World.InTimeAsync(service.UnmergeAccounts(new UnmergeAccountsRequest { Account = ended }, new CallContext()));
            await desk.World.UntilAsync(async () => (await desk.AccountAsync(kept)).SignalCount == 1 && (await desk.AccountAsync(ended)).ForwardedTo.Length == 0);
            await ViewAsync(desk, ended, 1);
            Assert.Equal(("cold", "warm"), ((await desk.AccountAsync(kept)).Stage, (await desk.AccountAsync(ended)).Stage));
            var result = await RunAsync(desk, Current(desk), baseline);
            Assert.Empty(result.Examples.Select(e => $"{e.Account} {e.At:O} {e.Cause}: {e.Before} | {e.After}"));
            Assert.Empty(result.Elsewhere);
            Assert.True(result.IsEmpty);
            Assert.Equal((result.Accounts / 2, result.Accounts / 2), (result.After.Stages["cold"], result.After.Stages["warm"]));
            Assert.True(result.Stood > 0, "nothing was merged");
        }
    }

    [Fact]
    public async Task N1_one_changed_rule_gives_exactly_the_differences_worked_out_by_hand()
    {
        await using var desk = await Desk.OpenAsync(Small);
        await ViewAsync(desk, "one", 1);
        await ViewAsync(desk, "two", 2);
        await ViewAsync(desk, "three", 3);

        var later = PlaybookCompiler.Compile(Small.Replace(">= 2", ">= 3", StringComparison.Ordinal), "later.yaml", 1).Playbook!;
        foreach (var baseline in new[] { null, Current(desk) })
        {
            var result = await RunAsync(desk, later, baseline);

            // `one` never warms. `two` warmed at its second view and now does not; `three` warms at its third instead of its second.
            Assert.Equal((3L, 6L), (result.Accounts, result.Signals));
            Assert.Equal(3, result.MovesChanged);
            Assert.Equal(3, result.DecisionsChanged);
            Assert.Equal(0, result.ReasonsChanged);
            Assert.Equal((2L, 1L), (result.AccountsChanged, result.AccountsElsewhere));
            Assert.Equal([("two", "warm", "cold")], result.Elsewhere);
            Assert.Equal((2L, 1L), (result.Before.Offers.Values.Sum(), result.After.Offers.Values.Sum()));
            Assert.Equal((2L, 1L), (result.Before.Load.Values.Sum(), result.After.Load.Values.Sum()));
            Assert.Equal((1L, 2L), (result.Before.Stages["cold"], result.Before.Stages["warm"]));
            Assert.Equal((2L, 1L), (result.After.Stages["cold"], result.After.Stages["warm"]));
            Assert.Equal(
                [("three", "stage cold -> warm (warms); call/call-script", "none: the stage has no plays, or nobody is known to address"), ("three", "none: what could be done is open already", "stage cold -> warm (warms); call/call-script"), ("two", "stage cold -> warm (warms); call/call-script", "none: the stage has no plays, or nobody is known to address")],
                result.Examples.OrderBy(e => e.Account, StringComparer.Ordinal).ThenBy(e => e.Cause, StringComparer.Ordinal).Select(e => (e.Account, e.Before, e.After)));
        }
    }

    [Fact]
    public async Task N1_an_outcome_of_an_action_that_the_draft_does_not_offer_is_left_out_and_counted()
    {
        await using var desk = await Desk.OpenAsync(Small);
        await ViewAsync(desk, "two", 2);
        var open = Assert.Single((await desk.AccountAsync("two")).OpenActions);
        await desk.SettleAsync(open, new Settlement.Done("", ""));
        var without = PlaybookCompiler.Compile(Small.Replace("value: 5000, cost: 10", "value: 5, cost: 9000", StringComparison.Ordinal), "without.yaml", 1).Playbook!;
        var result = await RunAsync(desk, without, baseline: null);
        Assert.Equal((0L, 1L), (result.Before.Unmatched, result.After.Unmatched));
        Assert.Equal(1, result.DecisionsChanged);
    }

    [Fact]
    public async Task N1_a_draft_that_gives_more_time_wakes_accounts_at_its_own_instants()
    {
        var text = Small.Replace("transitions:", "transitions:\n  - {id: cools, from: warm, to: cold, when: \"quiet_for('10d')\"}", StringComparison.Ordinal);
        await using var desk = await Desk.OpenAsync(text);
        await ViewAsync(desk, "two", 2);
        desk.World.Clock.Advance(TimeSpan.FromDays(12));
        await desk.World.UntilAsync(async () => (await desk.AccountAsync("two")).Stage == "cold");
        await ViewAsync(desk, "other", 1);
        var patient = PlaybookCompiler.Compile(text.Replace("quiet_for('10d')", "quiet_for('30d')", StringComparison.Ordinal), "patient.yaml", 1).Playbook!;
        var quick = PlaybookCompiler.Compile(text.Replace("quiet_for('10d')", "quiet_for('5d')", StringComparison.Ordinal), "quick.yaml", 1).Playbook!;

        var waiting = await RunAsync(desk, patient, baseline: null);
        Assert.Equal([("two", "cold", "warm")], waiting.Elsewhere);

        // Five days earlier, with nothing different in the end: one move that did not happen then, and one that happens no more.
        var hasty = await RunAsync(desk, quick, baseline: null);
        Assert.Empty(hasty.Elsewhere);
        Assert.Equal(2, hasty.MovesChanged);
        var due = (await desk.World.JournalAsync()).SelectMany(f => f.Frame.Entries).SelectMany(e => e.Events).Select(e => e.Account?.Woken?.Due).First(d => d is not null)!.Value;
        Assert.Equal(new DateTimeOffset(due, TimeSpan.Zero) - TimeSpan.FromDays(5), hasty.Examples[0].At);
    }

    [Fact]
    public async Task N3_a_what_if_counts_how_many_candidates_each_criterion_removes()
    {
        await using var desk = await Desk.OpenAsync(Small);
        await ViewAsync(desk, "three", 3);
        var picky = PlaybookCompiler.Compile(Small.Replace("horizon: 30d", "horizon: 30d, eligible: \"signals.count('page.viewed') >= 3\"", StringComparison.Ordinal), "picky.yaml", 1).Playbook!;
        var result = await new WhatIfRun(desk.World.Store, picky, Current(desk), criteria: true, examples: 10).RunAsync(CancellationToken.None);
        Assert.Equal(1, result.Before.Criteria.Counts[("call", null)]);
        Assert.Equal(1, result.Before.Criteria.Counts[("call", Grains.Decisions.RemovedAt.Open)]);
        Assert.Equal(1, result.After.Criteria.Counts[("call", Grains.Decisions.RemovedAt.Eligible)]);
        Assert.Equal(1, result.After.Criteria.Counts[("call", null)]);
    }

    [Fact]
    public async Task N1_signals_that_the_draft_does_not_take_are_refused_and_counted()
    {
        await using var desk = await Desk.OpenAsync(Small);
        await ViewAsync(desk, "one", 1);
        await desk.SignalAsync("order.placed", "one");
        var strict = PlaybookCompiler.Compile(Small.Replace("page.viewed: {observed: true}", "page.viewed: {observed: true, properties: {url: string}}", StringComparison.Ordinal), "strict.yaml", 1).Playbook!;
        var result = await RunAsync(desk, strict, Current(desk));
        Assert.Equal(1, result.RefusalsChanged);
        Assert.Contains("url", Assert.Single(result.After.Refused).Key, StringComparison.Ordinal);
        Assert.Empty(result.Before.Refused);
    }

    internal static Playbook Current(Desk desk) => desk.World.Shelf.Current.Current(Tenants.Default)!;

    private static async Task<Comparison> RunAsync(Desk desk, Playbook draft, Playbook? baseline)
    {
        var run = new WhatIfRun(desk.World.Store, draft, baseline, criteria: false, examples: 100);
        var result = await run.RunAsync(CancellationToken.None);
        Assert.Equal(run.FramesInAll, run.Frames);
        return result;
    }

    private static async Task ViewAsync(Desk desk, string account, int times)
    {
        for (var i = 0; i < times; i++)
        {
            desk.World.Clock.Advance(TimeSpan.FromMinutes(5));
            await desk.SignalAsync("page.viewed", account);
        }
    }

    private static async Task ReserveAsync(Desk desk, int step)
    {
        var known = await desk.World.Silo.ReadAsync([GrainKey.Account(Tenants.Default, "acme")], CancellationToken.None);
        if (known[0] is Grains.Accounts.Account { Contacts.Count: > 0 } account)
        {
            await desk.World.AskInTimeAsync(new AccountCommand.Reserve(account.Key, account.Contacts.First().Key, $"request-{step}", "web", "", Transactional: true, TimeSpan.FromHours(step % 3 == 0 ? 1 : 300)));
        }
    }
}
