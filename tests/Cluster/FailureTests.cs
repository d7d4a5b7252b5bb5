using System.Diagnostics;
using System.Globalization;
using System.Net;
using Orchestrator.EndToEnd.Harness;
using Orchestrator.Storage.Contract.Tests.Postgres;

namespace Orchestrator.Cluster.Tests;

public sealed class FailureTests(PostgresServer server)
{
    [Fact]
    public async Task When_a_silo_is_killed_every_partition_serves_again_and_no_acknowledged_signal_is_lost()
    {
        await using var cluster = await SiloCluster.StartAsync(server);
        await using var load = new Load(cluster);
        await load.MoreAsync(300);

        await cluster.Silos[1].KillAsync();
        var (since, pace) = (Stopwatch.StartNew(), Pace.Of(cluster.Silos));
        var served = await Task.WhenAll(SiloCluster.Accounts.Select(async (account, partition) =>
        {
            await cluster.InsistAsync(Texts.Bought($"after-{partition}", account, 100), first: partition);
            return since.Elapsed;
        }));
        Say($"kill -9 of one of three: the last of {SiloCluster.Partitions} partitions served after {served.Max().TotalSeconds:0.00} s");

        // The promise is 8 s with a lease of 5 s; the limit leaves room for a machine that does other work.
        pace.AssertWithin(served.Max(), TimeSpan.FromSeconds(16));
        await load.MoreAsync(100);
        await load.EndAsync();
        Assert.Equal(0, (await cluster.ListAsync()).Unowned);
        await load.AssertAllThereOnceAsync(_ => 1);
    }

    [Fact]
    public async Task A_silo_that_is_told_to_stop_under_load_hands_everything_over_and_no_call_fails_for_good()
    {
        await using var cluster = await SiloCluster.StartAsync(server);
        await using var load = new Load(cluster);
        await load.MoreAsync(300);

        var leaver = cluster.Silos[2];
        var stopping = leaver.StopAsync();
        await SiloCluster.UntilAsync(async () => stopping.IsCompleted || await leaver.ProbeAsync("/readyz") is not HttpStatusCode.OK, "the silo says that it is not ready any more");
        var (exit, took) = await stopping;
        Say($"SIGTERM under load: {took.TotalSeconds:0.00} s");
        await load.MoreAsync(300);
        await load.EndAsync();

        Assert.Equal(0, exit);
        await cluster.UntilOwnedAsync();
        await load.AssertAllThereOnceAsync(_ => 0);
    }

    [Fact]
    public async Task A_partition_moves_under_load_when_an_operator_wants_it_and_commands_wait_a_moment()
    {
        await using var cluster = await SiloCluster.StartAsync(server);
        await using var load = new Load(cluster);
        await load.MoreAsync(100);

        var pauses = new List<double>();
        var waits = new List<double>();
        var asked = 0;
        for (var n = 0; n < 40; n++)
        {
            var list = await cluster.ListAsync();
            var partition = n % SiloCluster.Partitions;
            var to = list.Silos.First(s => s.Alive && !s.Partitions.Contains(partition));

            // As operators do who hear UNAVAILABLE: they ask again; where it has moved already, that changes nothing.
            var moving = SiloCluster.AnswerAsync(() =>
            {
                asked++;
                return cluster.Silos[n % 3].Client.Cluster.Move(new() { Partition = partition, Silo = to.Name }, new());
            });
            var took = Stopwatch.StartNew();
            await cluster.InsistAsync(Texts.Bought($"moved-{n}", SiloCluster.Accounts[partition], 100), first: n);
            waits.Add(took.Elapsed.TotalMilliseconds);
            pauses.Add((await moving).Pause.ToTimeSpan().TotalMilliseconds);
            Assert.Contains(partition, (await cluster.ListAsync()).Silos.Single(s => s.Name == to.Name).Partitions);
        }

        await load.EndAsync();
        Say($"{pauses.Count} planned moves under load, asked for {asked} times: stopped at the old owner p50 {At(pauses, 0.5)} ms, p99 {At(pauses, 0.99)} ms; a signal sent meanwhile took p50 {At(waits, 0.5)} ms, p99 {At(waits, 0.99)} ms");
        await load.AssertAllThereOnceAsync(account => Array.IndexOf(SiloCluster.Accounts, account) < pauses.Count ? 1 : 0);
    }

    private static string At(List<double> values, double share) =>
        values.Order().ElementAt((int)Math.Ceiling(share * values.Count) - 1).ToString("0", CultureInfo.InvariantCulture);

    private static void Say(string measured) => TestContext.Current.TestOutputHelper?.WriteLine(measured);
}
