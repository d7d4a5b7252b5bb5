using System.Diagnostics;

namespace Orchestrator.Cluster.Tests.Faults;

/// <summary>Silos in network namespaces, cut off from the database for longer than a lease.</summary>
public sealed class CutTests
{
    [Fact]
    public async Task A_silo_that_cannot_talk_with_the_database_gives_up_and_comes_back()
    {
        var draw = Chance.Draws();
        using var network = SiloNetwork.Make();
        await using var trial = await Trial.StartAsync(network.Place, network.Silos);
        foreach (var cut in new[] { Cut.FromDatabase, Cut.DeafToDatabase })
        {
            var silo = network.Silos[draw.Next(3)];
            await trial.Load.MoreAsync(300);
            var doubts = Doubts(silo);
            var (since, pace) = (Stopwatch.StartNew(), Pace.Of(trial.But(silo)));
            Apply(network, cut, silo);

            // Nobody takes from an owner that is alive: when the others serve what it had, its lease is over.
            var served = await trial.ServedAsync(trial.But(silo), since);
            pace.AssertWithin(served, TimeSpan.FromSeconds(20));
            await SiloCluster.UntilAsync(() => Task.FromResult(Doubts(silo) > doubts), "the silo that is cut off gives its partitions up by itself");
            var gaveUp = since.Elapsed;

            network.Heal(silo);
            since.Restart();
            var healed = await trial.ServedAsync([silo], since);
            await trial.Cluster.EvenAsync();
            Trial.Say($"cut {cut}: the others served all partitions after {served.TotalSeconds:0.00} s, the silo gave up within {gaveUp.TotalSeconds:0.00} s and served again {healed.TotalSeconds:0.00} s after the cut was healed");
        }

        await trial.JudgeAsync("2 cuts from the database");
    }

    internal static void Apply(SiloNetwork network, Cut cut, SiloMember silo)
    {
        switch (cut)
        {
            case Cut.FromDatabase:
                network.CutFromDatabase(silo);
                break;
            case Cut.DeafToDatabase:
                network.DeafenToDatabase(silo);
                break;
            case Cut.FromSilos:
                network.CutFromSilos(silo);
                break;
            case Cut.DeafToSilos:
                network.DeafenToSilos(silo);
                break;
        }
    }

    private static int Doubts(SiloMember silo) => silo.Said.Split(EngineUnderTest.Doubt).Length - 1;
}

/// <summary>Which way is cut.</summary>
public enum Cut
{
    FromDatabase,
    DeafToDatabase,
    FromSilos,
    DeafToSilos,
}
