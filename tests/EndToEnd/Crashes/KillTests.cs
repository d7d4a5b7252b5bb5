using System.Diagnostics;
using System.Globalization;
using Orchestrator.EndToEnd.Harness;
using Orchestrator.Protos.Rpc;
using Orchestrator.V1;

namespace Orchestrator.EndToEnd.Crashes;

/// <summary>
/// The silo is killed with SIGKILL at seeded moments under load, again and again on one store. 100 kills in a usual run; ORCHESTRATOR_LONG=1 makes it 1,000.
/// ORCHESTRATOR_SEED takes the place of the seed.
/// </summary>
public sealed class KillTests
{
    static readonly int Kills = Corpus.Wanted is not null ? 8 : Environment.GetEnvironmentVariable("ORCHESTRATOR_LONG") == "1" ? 1_000 : 100;
    static readonly int Seed = int.TryParse(Environment.GetEnvironmentVariable("ORCHESTRATOR_SEED"), NumberStyles.Integer, CultureInfo.InvariantCulture, out var seed) ? seed : 20261122;

    [Fact]
    public async Task Killed_at_any_moment_the_silo_loses_nothing_it_acknowledged_and_applies_nothing_twice()
    {
        var took = Stopwatch.StartNew();
        var draw = new Random(Seed);
        var load = new CrashLoad(Seed);
        await using var silo = await SiloProcess.StartAsync(Texts.Mails);
        using var end = new CancellationTokenSource();
        using var consumer = silo.Connect();
        var subscribing = load.SubscribeAsync(consumer, end.Token);
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {Seed}, {Kills} kills");
        for (var kill = 1; kill <= Kills; kill++)
        {
            // After a drawn number of acknowledgements and a drawn moment more: within a batch, a commit, an answer, a push.
            var (after, spin) = (1 + draw.Next(draw.Next(4) == 0 ? 40 : 900), TimeSpan.FromMicroseconds(draw.Next(8_000)));
            Task? killing = null;
            await load.RunAsync(silo, after, () => killing = Task.Run(() =>
            {
                var moment = Stopwatch.StartNew();
                SpinWait.SpinUntil(() => moment.Elapsed >= spin);
                silo.Process.Send("KILL");
            }));
            Assert.True(killing is not null, $"seed {Seed}, kill {kill}: the streams ended before the kill; the silo said:\n{silo.Process.Output}{silo.Process.Error}");
            await killing;
            await silo.KillAsync();
            Assert.True(load.Faults.IsEmpty, $"seed {Seed}, kill {kill}: {string.Join('\n', load.Faults.Take(10))}");
            if (kill % 10 == 0)
            {
                Judge(load, await JournalCheck.ReadAsync(silo.File), $"seed {Seed}, kill {kill}");
            }

            await silo.StartAsync();
        }

        // What the last kill left unanswered is sent again; then all that is open is settled, so all that is open must come.
        load.SettleAll = true;
        await load.RunAsync(silo, count: 0, () => { });
        Assert.Equal(0, load.Unanswered);
        await EverythingHasArrivedAsync(silo, load.Acknowledged.Count);
        await end.CancelAsync();
        await subscribing;
        await silo.KillAsync();

        var check = await JournalCheck.ReadAsync(silo.File);
        Judge(load, check, $"seed {Seed}, at the end");
        Assert.Equal(check.Applied.Keys.Order(StringComparer.Ordinal), load.Acknowledged.Keys.Order(StringComparer.Ordinal));
        var unpushed = check.Offered.Keys.Where(id => !load.Pushed.ContainsKey(id) && check.Ended.GetValueOrDefault(id) is not [{ How: StoredActionEnded.Types.How.Expired or StoredActionEnded.Types.How.Revoked }]);
        Assert.Empty(unpushed);
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{load.Acknowledged.Count} signals acknowledged, {load.Repeated} sent again of which {load.FoundDurable} were durable; {check.Offered.Count} actions, {load.Pushed.Count} pushed, {load.Settled.Count} settled; "
            + $"{check.Frames} frames, {check.Grains} grains, {check.SnapshotAndTail} of them with snapshot and tail; {took.Elapsed.TotalSeconds:0} s");
        if (Corpus.Wanted is { } release)
        {
            await Corpus.KeepAsync(release, silo.File);
        }

        Assert.True(load.FoundDurable > 0, "no kill fell between a commit and its acknowledgement: the moments are not well drawn");
        Assert.True(check.SnapshotAndTail > 0, "no grain was recovered from a snapshot and a tail: nothing is known of that way");
    }

    static void Judge(CrashLoad load, JournalCheck check, string when)
    {
        Assert.True(load.Faults.IsEmpty, $"{when}: {string.Join('\n', load.Faults.Take(10))}");
        var lost = load.Acknowledged.Keys.Where(id => !check.Applied.ContainsKey(id) && !check.OnTheWay.Contains(id)).Take(10).ToList();
        Assert.True(lost.Count == 0, $"{when}: acknowledged, but not in the journal: {string.Join(", ", lost)}");
        var twice = check.Applied.Where(s => s.Value.Count != 1).Select(s => $"{s.Key} in {string.Join(" and ", s.Value)}").Take(10).ToList();
        Assert.True(twice.Count == 0, $"{when}: applied more than once: {string.Join(", ", twice)}");
        Assert.Equal(check.Applied.Count, check.SignalsCounted);
        var unknown = load.Pushed.Keys.Where(id => !check.Offered.ContainsKey(id)).Take(10).ToList();
        Assert.True(unknown.Count == 0, $"{when}: pushed, but not in the journal: {string.Join(", ", unknown)}");
        var unsettled = load.Settled.Keys.Where(id => !check.Ended.ContainsKey(id)).Take(10).ToList();
        Assert.True(unsettled.Count == 0, $"{when}: settled and answered, but not in the journal: {string.Join(", ", unsettled)}");
        Assert.DoesNotContain(check.Ended, e => e.Value.Count > 1);
        Assert.Equal(0, check.DeadLetters);
    }

    // Signals that name only the person are acknowledged when they are durable, and reach the account a moment later.
    static async Task EverythingHasArrivedAsync(SiloProcess silo, int signals)
    {
        var patience = Stopwatch.StartNew();
        while (true)
        {
            var (counted, open) = (0L, 0);
            foreach (var account in CrashLoad.EveryAccount)
            {
                try
                {
                    var now = await silo.AccountAsync(account);
                    counted += now.SignalCount;
                    open += now.OpenActions.Count;
                }
                catch (RpcException unknown) when (unknown.Code == StatusCode.NotFound)
                {
                }
            }

            if ((counted, open) == (signals, 0))
            {
                return;
            }

            Assert.True(patience.Elapsed < TimeSpan.FromSeconds(40), $"{signals} signals were acknowledged, {counted} are applied; {open} actions are open and do not come");
            await Task.Delay(50);
        }
    }
}
