using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Insight;
using Orchestrator.Silo.Partitions;
using Orchestrator.Silo.Shadows;
using Orchestrator.Silo.Tests.Insight;
using Orchestrator.V1;

namespace Orchestrator.Silo.Tests.Shadows;

public sealed class ShadowTests
{
    /// <summary>The sample with another lever, lower thresholds and wider caps.</summary>
    private static readonly string Changed = SamplePlaybook.Text
        .Replace("levers: {banner: 1.5}", "levers: {banner: 9}", StringComparison.Ordinal)
        .Replace("score.engagement >= 20\"", "score.engagement >= 2\"", StringComparison.Ordinal)
        .Replace("people-per-week: 2", "people-per-week: 5", StringComparison.Ordinal)
        .Replace("at-most: 4", "at-most: 12", StringComparison.Ordinal)
        .Replace("score.engagement >= 35", "score.engagement >= 15", StringComparison.Ordinal);

    [Theory]
    [InlineData(3)]
    [InlineData(20261122)]
    public async Task N5_the_shadow_of_an_unchanged_playbook_differs_in_nothing_over_a_random_history(int seed)
    {
        await using var desk = await Desk.OpenAsync(settings: Insight.Partitions.Eager);
        await using var shadowing = new Shadowing(desk);
        await shadowing.StartAsync(new() { Playbook = "sample", Version = 1 });
        await RunAsync(desk, seed, 220, shadowing);
        var status = await shadowing.CaughtUpAsync();
        Assert.Empty(status.Report.Examples.Select(e => $"{e.Account} {e.At} {e.Cause}: {e.Before} | {e.After}"));
        Assert.False(status.Report.Differs);
        Assert.Equal(status.Decisions, status.Same);
        Assert.True(status.Decisions > 150, $"{status.Decisions} decisions only");
        Assert.Equal(0, status.LeftOut);
        var journal = await EventsAsync(desk);
        Assert.Equal(journal.Count(e => e.SignalRecorded is not null), status.Report.Signals);
        Assert.All(status.Agreements, a => Assert.Equal((0, 0), (a.LiveOnly, a.ShadowOnly)));
        Assert.Equal(status.Decisions, status.Agreements.Where(a => a.Of == ShadowAgreement.Types.Of.Stage).Sum(a => a.Same));
    }

    [Theory]
    [InlineData(5, false)]
    [InlineData(20261122, true)]
    public async Task N5_a_changed_shadow_reports_exactly_the_decisions_that_it_would_change_and_goes_on_after_a_crash(int seed, bool crash)
    {
        await using var desk = await Desk.OpenAsync(settings: Insight.Partitions.Eager);
        await using var shadowing = new Shadowing(desk);
        await shadowing.StartAsync(new() { Text = Changed, File = "changed.yaml" });
        await RunAsync(desk, seed, 100, shadowing);
        if (crash)
        {
            await shadowing.CaughtUpAsync();
            await shadowing.CrashAsync();
        }

        await RunAsync(desk, seed + 1, 80, shadowing, from: 121);
        var status = await shadowing.CaughtUpAsync();

        // Told another way: each decision of the journal is recomputed from folded states, once more under the changed text.
        var shadow = PlaybookLibrary.Only(Tenants.Default, PlaybookCompiler.Compile(Changed, "changed.yaml", 2).Playbook!);
        var (changed, plays) = (new List<string>(), new Dictionary<string, (long Live, long Shadow)>());
        var stages = new Dictionary<string, long>();
        var decisions = 0;
        foreach (var decision in await TurnsAsync(desk))
        {
            var made = await DecisionsOf.RecomputeAsync(desk, decision);
            var context = new TurnContext(new TurnPosition(decision.Account.PartitionOf(desk.World.Silo.Partitions), decision.Sequence, (int)decision.Turn), decision.At, shadow, made.Before, new DecisionWorkspace());
            List<Fact> facts = [.. ((Verdict.Accepted)GrainTurn.Decide(made.Command, context)).Facts];
            Assert.True(made.Reproduced);
            decisions++;
            var (live, other) = (Said(made.Facts), Said(facts));
            if (!live.SequenceEqual(other))
            {
                changed.Add($"{decision.Account.Affinity} {decision.At:O}: {string.Join(", ", live)} | {string.Join(", ", other)}");
                made.Before.TryGet(decision.Account, out var before);
                var stage = (before as Grains.Accounts.Account)?.Stage ?? "";
                stages[stage] = stages.GetValueOrDefault(stage) + 1;
                foreach (var play in Plays(made.Facts).Except(Plays(facts)))
                {
                    plays[play.Split('/')[0]] = (plays.GetValueOrDefault(play.Split('/')[0]).Live + 1, plays.GetValueOrDefault(play.Split('/')[0]).Shadow);
                }

                foreach (var play in Plays(facts).Except(Plays(made.Facts)))
                {
                    plays[play.Split('/')[0]] = (plays.GetValueOrDefault(play.Split('/')[0]).Live, plays.GetValueOrDefault(play.Split('/')[0]).Shadow + 1);
                }
            }
        }

        Assert.True(changed.Count > 5, $"only {changed.Count} of {decisions} differ");
        Assert.True(status.Decisions <= decisions && status.Decisions - status.Same == changed.Count, $"{changed.Count} of {decisions} differ, the shadow says {status.Decisions - status.Same} of {status.Decisions}:\n{string.Join('\n', changed)}\n--\n{string.Join('\n', status.Report.Examples.Select(e => $"{e.Account} {e.At} {e.Cause}: {e.Before} | {e.After}"))}");
        Assert.Equal(stages.OrderBy(s => s.Key), status.Agreements.Where(a => a.Of == ShadowAgreement.Types.Of.Stage && a.LiveOnly > 0).ToDictionary(a => a.Name, a => a.LiveOnly).OrderBy(s => s.Key));
        Assert.Equal(
            plays.OrderBy(p => p.Key), status.Agreements.Where(a => a.Of == ShadowAgreement.Types.Of.Play && a.LiveOnly + a.ShadowOnly > 0).ToDictionary(a => a.Name, a => (a.LiveOnly, a.ShadowOnly)).OrderBy(p => p.Key));
        Assert.Equal(status.Report.Examples.Count, changed.Count);
    }

    [Fact]
    public async Task N5_what_is_live_is_byte_for_byte_the_same_with_and_without_a_shadow()
    {
        // One partition and a clock that only the test moves: the same commands make the same frames.
        async Task<(List<ByteString> Journal, List<string> Released)> RunOnceAsync(bool shadowed)
        {
            await using var desk = await Desk.OpenAsync(partitions: 1, settings: Insight.Partitions.Eager);
            await using var shadowing = shadowed ? new Shadowing(desk) : null;
            if (shadowing is not null)
            {
                await shadowing.StartAsync(new() { Text = Changed, File = "changed.yaml" });
            }

            desk.World.Clock.Advance(World.Start.AddHours(1) - desk.World.Clock.GetUtcNow());
            var random = new Random(11);
            for (var step = 0; step < 90; step++)
            {
                var account = $"a-{random.Next(6)}";
                var signal = new Signal { Id = $"s-{step}", Type = random.Next(3) == 0 ? "form.submitted" : "page.viewed", Account = account, Source = "test", Identifiers = { new Identifier { Kind = "email", Value = $"p{random.Next(3)}@{account}.example" } } };
                if (random.Next(4) == 0)
                {
                    (signal.Type, signal.Properties["employees"]) = ("account.updated", new Value { Integer = random.Next(1500) });
                }

                Assert.IsType<Outcome.Accepted>(await desk.World.AskAsync(new AccountCommand.Record(GrainKey.Account(Tenants.Default, account), signal, "", desk.World.Clock.GetUtcNow())));
                if (step % 30 == 29 && shadowing is not null)
                {
                    shadowing.Poke();
                }

                desk.World.Clock.Advance(TimeSpan.FromSeconds(40));
            }

            var journal = await ContentAsync(desk);
            List<string> released = [.. desk.World.Sink.Released.Select(r => r.ToString())];
            if (shadowing is not null)
            {
                Assert.True((await shadowing.CaughtUpAsync()).Report.Differs);
            }

            return (journal, released);
        }

        var (with, without) = (await RunOnceAsync(shadowed: true), await RunOnceAsync(shadowed: false));
        Assert.True(with.Journal.Count > 50);
        Assert.Equal(without.Journal, with.Journal);
        Assert.Equal(without.Released, with.Released);
    }

    [Fact]
    public async Task N5_a_share_of_the_accounts_is_looked_at_and_a_stop_keeps_what_it_came_to()
    {
        await using var desk = await Desk.OpenAsync(partitions: 4);
        await using var shadowing = new Shadowing(desk);
        await shadowing.StartAsync(new() { Version = 1, Share = 0.5 });
        for (var i = 0; i < 60; i++)
        {
            await desk.SignalAsync("page.viewed", $"a-{i}", $"p@a{i}.example", ("topic", "pricing"));
        }

        var status = await shadowing.CaughtUpAsync();
        Assert.InRange(status.Report.Signals, 12, 48);
        var stopped = (await shadowing.Service.StopShadow(new(), new CallContext())).Shadow;
        Assert.False(stopped.Running);
        await desk.SignalAsync("page.viewed", "a-1", "p@a1.example", ("topic", "pricing"));
        var later = (await shadowing.Service.GetShadow(new(), new CallContext())).Shadow;
        Assert.Equal((status.Decisions, status.Report.Signals, 0), (later.Decisions, later.Report.Signals, later.FramesBehind));
        Assert.Equal(StatusCode.FailedPrecondition, (await Assert.ThrowsAsync<RpcException>(() => shadowing.Service.StopShadow(new(), new CallContext()))).Code);
    }

    [Fact]
    public async Task N5_a_shadow_that_cannot_be_is_refused_with_what_was_expected()
    {
        await using var desk = await Desk.OpenAsync();
        await using var shadowing = new Shadowing(desk);
        await RefusesAsync(() => shadowing.Service.GetShadow(new(), new CallContext()), StatusCode.NotFound, "no shadow was ever started");
        await RefusesAsync(() => shadowing.Service.StartShadow(new(), new CallContext()), StatusCode.InvalidArgument, "neither `version` nor `text`");
        await RefusesAsync(() => shadowing.Service.StartShadow(new() { Version = 7 }, new CallContext()), StatusCode.NotFound, "there is no version 7");
        await RefusesAsync(() => shadowing.Service.StartShadow(new() { Version = 1, Playbook = "other" }, new CallContext()), StatusCode.NotFound, "expected the playbook `other`, found `sample`");
        await RefusesAsync(() => shadowing.Service.StartShadow(new() { Version = 1, Share = 1.5 }, new CallContext()), StatusCode.InvalidArgument, "`share` must be above 0 to 1");
        await RefusesAsync(() => shadowing.Service.StartShadow(new() { Text = "playbook: [", File = "broken.yaml" }, new CallContext()), StatusCode.InvalidArgument, "broken.yaml");
        await shadowing.StartAsync(new() { Version = 1 });
        await RefusesAsync(() => shadowing.Service.StartShadow(new() { Version = 1 }, new CallContext()), StatusCode.FailedPrecondition, "stop it first");

        static async Task RefusesAsync(Func<Task> call, StatusCode code, string part)
        {
            var refused = await Assert.ThrowsAsync<RpcException>(call);
            Assert.Equal(code, refused.Code);
            Assert.Contains(part, refused.Status.Detail, StringComparison.Ordinal);
        }
    }

    private static async Task RunAsync(Desk desk, int seed, int steps, Shadowing shadowing, int from = 0)
    {
        var random = new Random(seed);
        for (var step = 0; step < steps; step++)
        {
            // No second version: step 120 would publish one.
            if (from + step != 120)
            {
                await ReproductionTests.StepAsync(desk, random, from + step);
            }

            if (step % 50 == 49)
            {
                await shadowing.CaughtUpAsync();
            }
        }
    }

    /// <summary>All turns that answered a signal, a wake or a question, whether or not anything was chosen.</summary>
    private static async Task<List<PastDecision>> TurnsAsync(Desk desk)
    {
        var all = new List<PastDecision>();
        foreach (var (_, sequence, frame) in await desk.World.JournalAsync())
        {
            foreach (var entry in frame.Entries.Where(e => (GrainKind)e.Grain.Kind == GrainKind.Account))
            {
                foreach (var turn in entry.Events.GroupBy(e => e.Turn).Where(t => t.Any(e => e.Account is { SignalRecorded: not null } or { Woken: not null } or { Asked: not null })))
                {
                    var history = new History(desk.World.Silo, KeyForm.Read(entry.Grain), sequence);
                    Assert.True(await history.ReachAsync(0, CancellationToken.None));
                    all.Add(new PastDecision(history, sequence, turn.Key, history.Entries[0].At, [.. turn]));
                }
            }
        }

        return all;
    }

    private static async Task<List<StoredAccountEvent>> EventsAsync(Desk desk) =>
        [.. (await desk.World.JournalAsync()).SelectMany(f => f.Frame.Entries).SelectMany(e => e.Events).Select(e => e.Account).Where(e => e is not null)];

    private static async Task<List<ByteString>> ContentAsync(Desk desk) =>
        [.. (await desk.World.JournalAsync()).Where(f => f.Frame.Entries.Any(e => (GrainKind)e.Grain.Kind == GrainKind.Account)).Select(f => f.Frame.ToByteString())];

    private static List<string> Said(IEnumerable<Fact> facts) => [.. facts.Select(f => f.Event).Select(e => e switch
    {
        AccountEvent.ActionOffered o => $"offer {o.Action.Play}/{o.Action.Treatment}/{o.Action.Channel}/{o.Action.Contact}",
        AccountEvent.NoneDecided n => $"none {n.Reason}",
        AccountEvent.StageEntered s => $"stage {s.From}/{s.To}/{s.Transition}",
        _ => "",
    }).Where(s => s.Length > 0)];

    private static IEnumerable<string> Plays(IEnumerable<Fact> facts) =>
        facts.Select(f => f.Event).OfType<AccountEvent.ActionOffered>().Select(o => $"{o.Action.Play}/{o.Action.Treatment}/{o.Action.Contact}");
}

/// <summary>A follower beside a desk's silo, asked through its service.</summary>
internal sealed class Shadowing : IAsyncDisposable
{
    private readonly Desk _desk;
    private ShadowFollower _follower;

    public Shadowing(Desk desk)
    {
        _desk = desk;
        _follower = NewFollower();
    }

    public ShadowService Service => new(_desk.World.Shelf, _desk.World.Store, _follower, _desk.World.Clock);

    public async Task<ShadowStatus> StartAsync(StartShadowRequest request) => (await Service.StartShadow(request, new CallContext())).Shadow;

    /// <summary>Waits until everything recorded was looked at.</summary>
    public async Task<ShadowStatus> CaughtUpAsync()
    {
        ShadowStatus? status = null;
        await _desk.World.UntilAsync(async () =>
        {
            _follower.Poke();
            status = (await Service.GetShadow(new() { Examples = ShadowFollower.MostExamples }, new CallContext())).Shadow;
            return status.FramesBehind == 0;
        });
        return status!;
    }

    /// <summary>The process dies and another one starts: what the follower had not saved is lost.</summary>
    public async Task CrashAsync()
    {
        await _desk.World.CrashAndStartAsync();
        await _follower.DisposeAsync();
        _follower = NewFollower();
    }

    public void Poke() => _follower.Poke();

    public ValueTask DisposeAsync() => _follower.DisposeAsync();

    private ShadowFollower NewFollower() => new(_desk.World.Silo, _desk.World.Store, _desk.World.Shelf, () => true, TimeProvider.System, NullLogger.Instance);
}
