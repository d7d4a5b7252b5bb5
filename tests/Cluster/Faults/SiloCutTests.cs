using System.Diagnostics;

namespace Orchestrator.Cluster.Tests.Faults;

/// <summary>Silos in network namespaces, cut off from each other for longer than a lease.</summary>
public sealed class SiloCutTests
{
    [Fact]
    public async Task A_silo_that_cannot_talk_with_the_others_keeps_its_partitions_and_loses_nothing()
    {
        var draw = Chance.Draws();
        using var network = SiloNetwork.Make();
        await using var trial = await Trial.StartAsync(network.Place, network.Silos);
        foreach (var cut in new[] { Cut.FromSilos, Cut.DeafToSilos })
        {
            var silo = network.Silos[draw.Next(3)];
            await trial.Load.MoreAsync(300);
            var mine = await OwnAsync(trial, silo);
            var (since, pace) = (Stopwatch.StartNew(), Pace.Of(trial.Cluster.Silos));
            CutTests.Apply(network, cut, silo);

            // It is alive for the database, so nobody may take what it has; whoever asks the right silo is served as before.
            var here = await trial.ServedAsync([silo], since, mine);
            var there = await trial.ServedAsync(trial.But(silo), since, [.. await OthersOwnAsync(trial, silo)]);
            pace.AssertWithin(Max(here, there), TimeSpan.FromSeconds(20));
            await Rest.UntilAsync(since, Rest.BeyondTheLease);
            Assert.Equal(mine.Order(), (await OwnAsync(trial, silo)).Order());

            network.Heal(silo);
            since.Restart();
            var healed = await trial.ServedAsync([silo], since);
            healed = Max(healed, await trial.ServedAsync(trial.But(silo), since));
            Trial.Say($"cut {cut}: during it the silo served its own after {here.TotalSeconds:0.00} s and the others theirs after {there.TotalSeconds:0.00} s; everybody served everything {healed.TotalSeconds:0.00} s after the cut was healed");
        }

        await trial.JudgeAsync("2 cuts from the other silos");
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private static async Task<IReadOnlyCollection<int>> OwnAsync(Trial trial, SiloMember silo)
    {
        var row = (await trial.Cluster.ListAsync()).Silos.Single(s => s.Name.StartsWith(silo.Name + ".", StringComparison.Ordinal));
        Assert.True(row.Alive, $"silo {silo.Name} is not alive");
        return row.Partitions;
    }

    private static async Task<IEnumerable<int>> OthersOwnAsync(Trial trial, SiloMember silo) => Enumerable.Range(0, SiloCluster.Partitions).Except(await OwnAsync(trial, silo));
}
