using System.Diagnostics;
using Orchestrator.EndToEnd.Harness;
using Orchestrator.Storage.Contract.Tests.Postgres;
using Orchestrator.V1;
using Result = Orchestrator.V1.Acknowledgement.Types.Result;

namespace Orchestrator.Cluster.Tests.Faults;

/// <summary>The database's disk is full for a while.</summary>
public sealed class DiskTests
{
    [Fact]
    public async Task When_the_disk_of_the_tables_is_full_silos_say_so_and_go_on_when_there_is_space()
    {
        using var disk = new SmallDisk(64);
        using var database = new PostgresServer("");
        var place = database.Place("small_disk");
        await PostgresServer.AskAsync(place, $"CREATE TABLESPACE small LOCATION '{disk.Data}'");
        await PostgresServer.AskAsync(place, "ALTER ROLE postgres SET default_tablespace = small");
        await using var trial = await Trial.StartAsync(place);
        await trial.Load.MoreAsync(300);

        disk.Fill();
        Acknowledgement? full = null;
        await SiloCluster.UntilAsync(
            async () =>
            {
                var n = trial.Cluster.Acknowledged.Count;
                var answer = await SiloCluster.RecordAsync(trial.Cluster.Silos[n % 3], Texts.Viewed($"full-{n}", SiloCluster.Accounts[n % SiloCluster.Partitions]));
                if (answer.Result is Result.Recorded or Result.Duplicate)
                {
                    trial.Cluster.Acknowledged[answer.SignalId] = Texts.Viewed(answer.SignalId, "");
                    return false;
                }

                full = answer;
                trial.Cluster.Uncertain[answer.SignalId] = true;
                return full.Reason.Contains("full", StringComparison.Ordinal);
            },
            "a signal is turned away because the disk is full");
        Trial.Say($"turned away: {full}");
        Assert.Equal(Result.Overloaded, full!.Result);
        Assert.True(full.RetryAfter.ToTimeSpan() > TimeSpan.Zero);

        disk.Free();
        var pace = Pace.Of(trial.Cluster.Silos);
        var served = await trial.ServedAsync(trial.Cluster.Silos, Stopwatch.StartNew());
        await trial.Load.MoreAsync(300);
        Assert.All(trial.Cluster.Silos, silo => Assert.True(silo.IsUp, $"silo {silo.Name} has ended"));
        await trial.JudgeAsync($"full disk of the tables; every partition served {served.TotalSeconds:0.00} s after there was space");
        pace.AssertWithin(served, TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task When_the_disk_of_the_write_ahead_log_is_full_the_server_breaks_down_and_nothing_acknowledged_is_lost()
    {
        using var disk = new SmallDisk(96);
        using var database = new PostgresServer("-c min_wal_size=32MB -c max_wal_size=48MB -c wal_recycle=off");
        var place = database.Place("small_log");
        var data = (string)(await PostgresServer.AskAsync(place, "SHOW data_directory"))!;
        database.StopImmediately();
        SmallDisk.Run("cp", "-a", Path.Combine(data, "pg_wal"), disk.Data);
        SmallDisk.Run("mv", Path.Combine(data, "pg_wal"), Path.Combine(data, "pg_wal_before"));
        SmallDisk.Run("ln", "-s", Path.Combine(disk.Data, "pg_wal"), Path.Combine(data, "pg_wal"));
        database.StartAgain();
        await using var trial = await Trial.StartAsync(place, clients: 24);
        await trial.Load.MoreAsync(300);

        // What is written fills the segment at hand; the next one cannot be made, and the server gives up.
        disk.Fill();
        await SiloCluster.UntilAsync(() => Task.FromResult(database.HasEnded), "the server ends for want of space");
        disk.Free();
        await Task.Run(database.StartAgain);
        var pace = Pace.Of(trial.Cluster.Silos);
        var served = await trial.ServedAsync(trial.Cluster.Silos, Stopwatch.StartNew());
        await trial.Load.MoreAsync(300);
        Assert.All(trial.Cluster.Silos, silo => Assert.True(silo.IsUp, $"silo {silo.Name} has ended"));
        await trial.JudgeAsync($"full disk of the write-ahead log; every partition served {served.TotalSeconds:0.00} s after the server's start");
        pace.AssertWithin(served, TimeSpan.FromSeconds(30));
    }
}
