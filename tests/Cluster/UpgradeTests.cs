using Orchestrator.EndToEnd.Harness;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Journal;
using Orchestrator.Storage.Contract.Tests.Postgres;
using Orchestrator.V1;

namespace Orchestrator.Cluster.Tests;

public sealed class UpgradeTests(PostgresServer server)
{
    private const int Newer = FeatureLevel.Current + 1;

    [Fact]
    public async Task Silos_of_two_versions_share_a_store_until_the_level_is_raised_and_then_an_older_one_takes_nothing_and_says_why()
    {
        var place = server.NewPlace();
        await using var cluster = await SiloCluster.StartAsync([new SiloMember("a", place), new SiloMember("b", place)]);
        await using var load = new Load(cluster, clients: 4);
        await load.MoreAsync(100);

        // An upgrade that is taken back.
        await using (var tried = await NewerSilo.StartAsync("tried", place, Newer))
        {
            await MoveSomeAsync(cluster, tried.Silo);
            await load.MoreAsync(100);
            Assert.Equal(FeatureLevel.Current, (await cluster.ListAsync()).Level);
        }

        await SiloCluster.UntilAsync(async () => await cluster.ListAsync() is { Unowned: 0 } list && list.Silos.All(s => s.Level == FeatureLevel.Current || s.Partitions.Count == 0), "the older silos have all partitions again");
        await load.MoreAsync(100);

        // Now in earnest: refused as long as a silo lives that could not read it.
        await using var newer = await NewerSilo.StartAsync("newer", place, Newer);
        await MoveSomeAsync(cluster, newer.Silo);
        var refused = await Assert.ThrowsAsync<RpcException>(() => newer.Client.Cluster.RaiseLevel(new() { Level = Newer }, new()));
        Assert.Equal(StatusCode.FailedPrecondition, refused.Code);
        Assert.Contains("`a.", refused.Status.Detail, StringComparison.Ordinal);
        Assert.Contains("`b.", refused.Status.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("`newer.", refused.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(() => cluster.Silos[0].Client.Cluster.RaiseLevel(new() { Level = Newer }, new()))).Code);
        var level = await newer.Client.Cluster.GetLevel(new(), new());
        Assert.Equal((FeatureLevel.Current, FeatureLevel.Current), (level.Level, level.Highest));
        await load.MoreAsync(100);
        await load.EndAsync();
        await load.AssertAllThereOnceAsync(_ => 0);

        // One of the older silos leaves, the other one stands still beyond its lease, and misses it.
        Assert.Equal(0, (await cluster.Silos[1].StopAsync()).Exit);
        cluster.Silos[0].Process.Send("STOP");
        await SiloCluster.UntilAsync(async () => (await newer.Client.Cluster.ListSilos(new(), new())).Silos.Where(s => s.Alive).ToArray() is [var last] && last.Partitions.Count == SiloCluster.Partitions, "the newer silo has all partitions");
        Assert.Equal(Newer, (await newer.Client.Cluster.RaiseLevel(new() { Level = Newer }, new())).Level);

        cluster.Silos[0].Process.Send("CONT");
        await cluster.Silos[0].Process.EndAsync(TimeSpan.FromSeconds(60));
        Assert.NotEqual(0, cluster.Silos[0].Process.ExitCode);
        Assert.Contains($"feature level {Newer}, this silo reads up to {FeatureLevel.Current}", cluster.Silos[0].Process.Error, StringComparison.Ordinal);
        cluster.Silos[1].Start();
        await cluster.Silos[1].Process.EndAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(1, cluster.Silos[1].Process.ExitCode);
        Assert.Contains($"feature level {Newer}, this silo reads up to {FeatureLevel.Current}: upgrade this silo", cluster.Silos[1].Process.Error, StringComparison.Ordinal);

        var after = await newer.Client.Cluster.ListSilos(new(), new());
        Assert.Equal((Newer, 0), (after.Level, after.Unowned));
        Assert.Equal(newer.Silo, after.Silos.Single(s => s.Partitions.Count > 0).Name);
        foreach (var (account, n) in SiloCluster.Accounts.Select((account, n) => (account, n)))
        {
            var answer = (await newer.Client.Signals.RecordBatch(new() { Signals = { Texts.Viewed($"after-{n}", account) } }, new())).Acknowledgements[0];
            Assert.True(answer.Result == Acknowledgement.Types.Result.Recorded, answer.Reason);
            var known = (await newer.Client.Accounts.GetAccount(new() { Account = account }, new())).Account;
            Assert.Equal(load.Acknowledged.Count(s => s.Account == account) + 1, known.SignalCount);
        }
    }

    /// <summary>Silos of different levels do not even out their shares by themselves: an operator moves some.</summary>
    private static async Task MoveSomeAsync(SiloCluster cluster, string silo)
    {
        await SiloCluster.UntilAsync(async () => (await cluster.ListAsync()).Silos.Any(s => s.Name == silo && s.Alive), $"silo {silo} is in the cluster");
        for (var partition = 0; partition < 8; partition++)
        {
            await cluster.Silos[0].Client.Cluster.Move(new() { Partition = partition, Silo = silo }, new());
        }

        await SiloCluster.UntilAsync(async () => await cluster.ListAsync() is { Unowned: 0 } list && list.Silos.Any(s => s.Name == silo && s.Partitions.Count >= 8), $"silo {silo} owns partitions");
    }
}
