using System.Diagnostics;
using Orchestrator.Cluster.Tests;
using Orchestrator.Cluster.Tests.Faults;
using Orchestrator.Storage.Contract.Tests.Postgres;

namespace Orchestrator.Orleans.Tests;

/// <summary>Where this engine differs: Orleans lets nobody back in whom it has declared dead, so a silo that slept ends by itself and whoever supervises it starts it anew.</summary>
public sealed class SleeperTests(PostgresServer server)
{
    [Fact]
    public async Task A_silo_that_slept_until_orleans_gave_it_up_writes_nothing_afterwards_and_ends_by_itself()
    {
        await using var trial = await Trial.StartAsync(server.NewPlace(), clients: 24);
        await trial.Load.MoreAsync(200);
        var sleeper = trial.Cluster.Silos[1];
        var slept = sleeper.Process;
        slept.Send("STOP");
        var (since, pace) = (Stopwatch.StartNew(), Pace.Of(trial.But(sleeper)));
        var served = await trial.ServedAsync(trial.But(sleeper), since);
        Trial.Say($"others served all partitions of the sleeper after {served.TotalSeconds:0.00} s");
        pace.AssertWithin(served, TimeSpan.FromSeconds(16));
        slept.Send("CONT");
        await slept.EndAsync(TimeSpan.FromMinutes(5));
        Assert.Equal(1, slept.ExitCode);
        Assert.Contains(EngineUnderTest.GivenUp!, slept.Error, StringComparison.Ordinal);

        await SiloCluster.UntilAsync(() => Task.FromResult(sleeper.Revivals == 1), "its supervisor starts it again");
        await SiloCluster.UntilAsync(sleeper.IsReadyAsync, "the sleeper is ready again");
        await trial.Load.MoreAsync(200);
        await trial.JudgeAsync("one sleep until Orleans gave the silo up");
    }
}
