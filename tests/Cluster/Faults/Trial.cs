using System.Diagnostics;
using Orchestrator.EndToEnd.Crashes;
using Orchestrator.EndToEnd.Harness;
using Orchestrator.V1;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Journal.Packing;
using Orchestrator.Silo.Journal.Postgres;

namespace Orchestrator.Cluster.Tests.Faults;

/// <summary>A cluster under load with consumers at each silo, while a test breaks things; at the end the journal is judged against what the world outside was told.</summary>
internal sealed class Trial : IAsyncDisposable
{
    private readonly string _place;
    private readonly Stopwatch _took = Stopwatch.StartNew();
    private int _probes;

    private Trial(SiloCluster cluster, string place, int clients)
    {
        (Cluster, _place) = (cluster, place);
        Load = new Load(cluster, clients);
        Pushes = new Pushes(cluster);
    }

    public SiloCluster Cluster { get; }

    public Load Load { get; }

    public Pushes Pushes { get; }

    /// <param name="place">Connection string by which the test reads the journal.</param>
    /// <param name="silos">Not yet started; null = three on loopback.</param>
    public static async Task<Trial> StartAsync(string place, IReadOnlyList<SiloMember>? silos = null, int clients = 8) =>
        new(await SiloCluster.StartAsync(silos ?? [.. "abc".Select(name => new SiloMember(name.ToString(), place))]), place, clients);

    /// <summary>The other silos.</summary>
    public IReadOnlyList<SiloMember> But(SiloMember silo) => [.. Cluster.Silos.Where(s => s != silo && s.IsUp)];

    /// <summary>Has each partition take a signal.</summary>
    /// <param name="through">The silos that are asked.</param>
    /// <param name="partitions">Null = all.</param>
    /// <returns>After how long the last had it durable.</returns>
    public async Task<TimeSpan> ServedAsync(IReadOnlyList<SiloMember> through, Stopwatch since, IReadOnlyCollection<int>? partitions = null)
    {
        var round = Interlocked.Increment(ref _probes);
        var served = await Task.WhenAll((partitions ?? [.. Enumerable.Range(0, SiloCluster.Partitions)]).Select(async partition =>
        {
            await Cluster.InsistAsync(Texts.Bought($"probe-{round}-{partition}", SiloCluster.Accounts[partition], 100), first: partition, through);
            return since.Elapsed;
        }));
        return served.Max();
    }

    /// <summary>Asks for an action of each partition and waits until one that came since has been pushed to a consumer that is left.</summary>
    /// <returns>After how long the last partition had one.</returns>
    public async Task<TimeSpan> FlowingAsync(IReadOnlyList<SiloMember> through, Stopwatch since)
    {
        var (round, began) = (Interlocked.Increment(ref _probes), Stopwatch.GetTimestamp() - since.ElapsedTicks);
        await Task.WhenAll(SiloCluster.Accounts.Select((account, partition) => Cluster.InsistAsync(Texts.Viewed($"flow-{round}-{partition}", account, $"flow-{round}"), first: partition, through)));
        await SiloCluster.UntilAsync(() => Task.FromResult(SiloCluster.Accounts.All(a => Pushes.LastPushed.GetValueOrDefault(a) > began)), "actions of each partition come to those consumers that are left");
        return since.Elapsed;
    }

    /// <summary>Ends the load and all silos and judges the journal.</summary>
    /// <param name="faults">What was done to the cluster, for the report.</param>
    public async Task JudgeAsync(string faults)
    {
        await Load.EndAsync();
        Pushes.SettleAll = true;
        await SiloCluster.UntilAsync(NothingIsOpenAsync, "every open action comes and is settled");
        await Pushes.DisposeAsync();
        foreach (var silo in Cluster.Silos)
        {
            await silo.KillAsync();
        }

        await using var store = PackedStore.Reading(new PostgresStore(_place));
        await store.OpenAsync(new StoreCreation(SiloCluster.Partitions, "judge"), default);
        var check = await JournalCheck.ReadAsync(store);
        Judge(check);
        Say($"{faults}; {Cluster.Acknowledged.Count} signals acknowledged, {check.Offered.Count} actions, {Pushes.Pushed.Count} pushed, {Pushes.Settled.Count} settled; "
            + $"{check.Frames} frames, {check.Grains} grains, {check.SnapshotAndTail} with snapshot and tail; seed {Chance.Seed}, {_took.Elapsed.TotalSeconds:0} s");
    }

    public static void Say(string measured) => TestContext.Current.TestOutputHelper?.WriteLine(measured);

    public async ValueTask DisposeAsync()
    {
        await Load.DisposeAsync();
        await Pushes.DisposeAsync();
        await Cluster.DisposeAsync();
    }

    private void Judge(JournalCheck check)
    {
        Assert.True(Pushes.Faults.IsEmpty, string.Join('\n', Pushes.Faults.Take(10)));
        None("acknowledged, but not in the journal", Cluster.Acknowledged.Keys.Where(id => !check.Applied.ContainsKey(id)));
        None("in the journal, but never sent", check.Applied.Keys.Where(id => !Cluster.Acknowledged.ContainsKey(id) && !Cluster.Uncertain.ContainsKey(id)));
        None("applied more than once", check.Applied.Where(s => s.Value.Count != 1).Select(s => $"{s.Key} in {string.Join(" and ", s.Value)}"));
        Assert.Equal(check.Applied.Count, check.SignalsCounted);
        None("pushed, but not in the journal", Pushes.Pushed.Keys.Where(id => !check.Offered.ContainsKey(id)));
        None("offered, but never pushed", check.Offered.Keys.Where(id => !Pushes.Pushed.ContainsKey(id) && !EndedByItself(check, id)));
        None("settled and answered, but not in the journal", Pushes.Settled.Keys.Where(id => !check.Ended.ContainsKey(id)));
        None("ended more than once", check.Ended.Where(e => e.Value.Count > 1).Select(e => e.Key));
        Assert.Equal(0, check.DeadLetters);
        Assert.NotEmpty(Pushes.Pushed);
    }

    private static bool EndedByItself(JournalCheck check, string action) =>
        check.Ended.GetValueOrDefault(action) is [{ How: StoredActionEnded.Types.How.Expired or StoredActionEnded.Types.How.Revoked }];

    private static void None(string what, IEnumerable<string> found)
    {
        var all = found.ToList();
        Assert.True(all.Count == 0, $"seed {Chance.Seed}: {what}: {all.Count}, such as {string.Join(", ", all.Take(10))}");
    }

    private async Task<bool> NothingIsOpenAsync()
    {
        try
        {
            foreach (var account in SiloCluster.Accounts.Append("first"))
            {
                var known = await Cluster.Up.First().Client.Accounts.GetAccount(new() { Account = account }, new() { Timeout = TimeSpan.FromSeconds(5) });
                if (known.Account.OpenActions.Count > 0)
                {
                    return false;
                }
            }

            return true;
        }
        catch (RpcException moving) when (moving.Code is StatusCode.Unavailable or StatusCode.DeadlineExceeded)
        {
            return false;
        }
    }
}
