using System.Diagnostics;
using Orchestrator.Cluster.Tests;
using Orchestrator.Cluster.Tests.Faults;

namespace Orchestrator.Orleans.Tests;

/// <summary>
/// Where this engine differs: silos that find each other in PostgreSQL keep what they have when only the way between them is cut. Orleans declares dead whoever the others cannot reach, whether or not it still has the database.
/// </summary>
public sealed class SiloCutTests
{
    [Fact]
    public async Task A_silo_that_the_others_cannot_reach_is_given_up_ends_by_itself_and_loses_nothing()
    {
        var draw = Chance.Draws();
        using var network = SiloNetwork.Make();
        await using var trial = await Trial.StartAsync(network.Place, network.Silos);
        foreach (var cut in new[] { Cut.FromSilos, Cut.DeafToSilos })
        {
            await trial.Cluster.EvenAsync();
            var silo = network.Silos[draw.Next(3)];
            await trial.Load.MoreAsync(300);
            var revivals = silo.Revivals;
            var (since, pace) = (Stopwatch.StartNew(), Pace.Of(trial.But(silo)));
            CutTests.Apply(network, cut, silo);

            var served = await trial.ServedAsync(trial.But(silo), since);
            pace.AssertWithin(served, TimeSpan.FromSeconds(16));
            await SiloCluster.UntilAsync(() => Task.FromResult(silo.Revivals > revivals), "the silo that is cut off ends by itself, and its supervisor starts it again");
            var ended = since.Elapsed;

            network.Heal(silo);
            since.Restart();
            await SiloCluster.UntilAsync(silo.IsReadyAsync, $"silo {silo.Name} is ready again");
            var healed = await trial.ServedAsync([silo], since);
            Trial.Say($"cut {cut}: the others served all partitions after {served.TotalSeconds:0.00} s, the silo had ended after {ended.TotalSeconds:0.00} s and served again {healed.TotalSeconds:0.00} s after the cut was healed");
        }

        await trial.JudgeAsync("2 cuts from the other silos");
    }
}
