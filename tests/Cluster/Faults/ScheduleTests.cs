using System.Diagnostics;
using System.Globalization;

namespace Orchestrator.Cluster.Tests.Faults;

/// <summary>All faults, in an order and at moments that the seed draws, on one cluster. Six in a usual run, each of another kind; ORCHESTRATOR_LONG=1 makes it 200.</summary>
public sealed class ScheduleTests
{
    private static readonly int Faults = Chance.Times(6, 200);

    private readonly Dictionary<string, int> _tally = [];
    private readonly List<TimeSpan> _served = [];

    [Fact]
    public async Task Whatever_happens_to_a_cluster_in_whatever_order_nothing_acknowledged_is_lost_or_doubled()
    {
        var draw = Chance.Draws();
        using var network = SiloNetwork.Make();
        await using var trial = await Trial.StartAsync(network.Place, network.Silos, clients: 16);
        Func<SiloMember, Task>[] all =
        [
            silo => KillAsync(trial, silo, draw),
            silo => SleepAsync(trial, silo, draw),
            silo => CutAsync(trial, network, Cut.FromDatabase, silo, draw),
            silo => CutAsync(trial, network, Cut.DeafToDatabase, silo, draw),
            silo => CutAsync(trial, network, Cut.FromSilos, silo, draw),
            silo => CutAsync(trial, network, Cut.DeafToSilos, silo, draw),
            _ => StopDatabaseAsync(trial, network, draw),
        ];
        for (var done = 0; done < Faults;)
        {
            draw.Shuffle(all);
            foreach (var fault in all.Take(Faults - done))
            {
                await trial.Cluster.EvenAsync();
                await trial.Load.MoreAsync(1 + draw.Next(300));
                await fault(trial.Cluster.Silos[draw.Next(3)]);
                var pace = Pace.Of(trial.Cluster.Silos);
                var healed = await trial.ServedAsync(trial.Cluster.Silos, Stopwatch.StartNew());
                pace.AssertWithin(healed, TimeSpan.FromSeconds(30));
                foreach (var silo in trial.Cluster.Silos)
                {
                    // Fails if it has ended for good.
                    await SiloCluster.UntilAsync(silo.IsReadyAsync, $"silo {silo.Name} is ready");
                }

                done++;
            }
        }

        await trial.JudgeAsync($"{string.Join(", ", _tally.OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => $"{t.Key} {t.Value}"))}; take-overs within {_served.DefaultIfEmpty().Max().TotalSeconds:0.00} s");
    }

    private async Task KillAsync(Trial trial, SiloMember silo, Random draw)
    {
        // Every third time it comes back with another clock.
        var offset = draw.Next(3) == 0 ? string.Create(CultureInfo.InvariantCulture, $"{draw.Next(-90, 91):+0;-0;+0}s") : "";
        silo.Process.Send("KILL");
        var since = Stopwatch.StartNew();
        await silo.KillAsync();
        _served.Add(await trial.ServedAsync(trial.But(silo), since));
        await silo.StartAgainAsync(offset.Length > 0 ? OtherClock.By(offset) : []);
        await SiloCluster.UntilAsync(silo.IsReadyAsync, $"silo {silo.Name} is ready again");
        Count("kills");
        Count("clocks off", offset.Length > 0 ? 1 : 0);
    }

    private async Task SleepAsync(Trial trial, SiloMember silo, Random draw)
    {
        var before = ZombieTests.Refused(silo);
        silo.Process.Send("STOP");
        var since = Stopwatch.StartNew();
        _served.Add(await trial.ServedAsync(trial.But(silo), since));
        await Rest.UntilAsync(since, TimeSpan.FromSeconds(7 + (3 * draw.NextDouble())));
        silo.Process.Send("CONT");
        await trial.ServedAsync([silo], since);
        Count("stops beyond the lease");
        Count("refused frames", ZombieTests.Refused(silo) - before);
    }

    private async Task CutAsync(Trial trial, SiloNetwork network, Cut cut, SiloMember silo, Random draw)
    {
        var since = Stopwatch.StartNew();
        CutTests.Apply(network, cut, silo);
        await Rest.UntilAsync(since, TimeSpan.FromSeconds(draw.Next(3) == 0 ? 1 : 7));
        network.Heal(silo);
        Count($"cuts {cut}");
    }

    private async Task StopDatabaseAsync(Trial trial, SiloNetwork network, Random draw)
    {
        await Task.Run(network.Database.StopImmediately);
        await Rest.UntilAsync(Stopwatch.StartNew(), TimeSpan.FromSeconds(draw.Next(3) == 0 ? 7 * draw.NextDouble() : draw.NextDouble()));
        await Task.Run(network.Database.StartAgain);
        await trial.Load.MoreAsync(1);
        Count("database stops");
    }

    private void Count(string what, int more = 1) => _tally[what] = _tally.GetValueOrDefault(what) + more;
}
