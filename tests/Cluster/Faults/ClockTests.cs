using System.Diagnostics;
using Orchestrator.Storage.Contract.Tests.Postgres;

namespace Orchestrator.Cluster.Tests.Faults;

public sealed class ClockTests(PostgresServer server)
{
    [Fact]
    public async Task A_silo_whose_clock_is_off_keeps_its_lease_and_takes_nothing_back()
    {
        await using var trial = await Trial.StartAsync(server.NewPlace());
        var latest = DateTimeOffset.MinValue;
        foreach (var (offset, silo) in new[] { "-90s", "+90s", "-1h", "+1h" }.Zip([0, 1, 2, 0], (o, s) => (o, trial.Cluster.Silos[s])))
        {
            Assert.Equal(0, (await silo.StopAsync()).Exit);
            await silo.StartAgainAsync(OtherClock.By(offset));
            await SiloCluster.UntilAsync(silo.IsReadyAsync, $"silo {silo.Name} is ready with its clock off by {offset}");
            await trial.Cluster.EvenAsync();
            await trial.ServedAsync(trial.Cluster.Silos, Stopwatch.StartNew());
            await trial.Load.MoreAsync(200);
        }

        // All clocks differ now. Their partitions move to others, whose clocks are behind what the journal says already.
        foreach (var account in SiloCluster.Accounts)
        {
            var timeline = (await trial.Cluster.Silos[1].Client.Accounts.Timeline(new() { Account = account, PageSize = 1_000 }, new())).Entries;
            var instants = timeline.Reverse().Select(e => e.At.ToDateTimeOffset()).ToList();
            Assert.Equal(instants.Order(), instants);
            latest = instants[^1] > latest ? instants[^1] : latest;
        }

        // The hour was really there: otherwise this has shown nothing.
        Assert.True(latest > DateTimeOffset.UtcNow.AddMinutes(50), "no silo ever saw another clock");
        await trial.JudgeAsync("clocks off by -90 s, +90 s, -1 h and +1 h");
    }
}
