using System.Globalization;
using Orchestrator.Simulation.Planting;
using Orchestrator.Simulation.Worlds;

namespace Orchestrator.Simulation;

public sealed class SeedTests
{
    /// <summary>Worlds of one test run; <c>ORCHESTRATOR_SEEDS</c> asks for another number.</summary>
    private static readonly int Seeds = int.Parse(Environment.GetEnvironmentVariable("ORCHESTRATOR_SEEDS") ?? "2000", CultureInfo.InvariantCulture);

    /// <summary>Seeds that have shown a bug of ours, most of them in an earlier form of the simulator: kept for ever. RESULTS.md says which.</summary>
    private static readonly ulong[] Regressions = [19, 26, 27, 67, 70, 81, 91, 115, 131, 132, 152, 168, 169, 227, 239, 254, 258, 380, 434, 442, 445, 487, 1212, 1371, 2056, 2951, 3630, 3679, 4441, 5312, 7108, 11928, 12419, 12788, 320112, 335349];

    [Fact]
    public void Every_world_holds_and_runs_the_same_way_twice()
    {
        using var told = new StringWriter();
        var (broken, tally) = Volume.Many(1, Seeds, Environment.ProcessorCount, PlantedBug.None, once: false, told);
        Assert.True(broken.Count == 0, broken.Count == 0 ? "" : $"{told}\n{broken[0]}");
        // An empty world holds too: all of these must really have happened.
        Assert.All(
            new[] { tally.Frames / 50, tally.Fenced, tally.TakeOvers / 10, tally.Crashes, tally.Messages / 10, tally.Snapshots / 20, tally.Wakes / 20, tally.Offers / 20, tally.Delivered / 10, tally.Settled / 4 },
            happened => Assert.True(happened >= Seeds, $"{happened} for {Seeds} seeds: {tally}"));
    }

    [Fact]
    public void A_seed_that_once_broke_holds()
    {
        foreach (var seed in Regressions)
        {
            var verdict = Runner.Once(seed);
            Assert.True(verdict.Broken is null, verdict.ToString());
        }
    }

    [Fact]
    public void A_failover_that_loses_commits_is_noticed()
    {
        var lossy = 0;
        for (var seed = 1UL; lossy < 20; seed++)
        {
            var result = new World(seed, change: swarm => swarm with { LosesCommits = true, Think = TimeSpan.FromSeconds(2) }).Run();
            lossy += result.World.Lost > 0 ? 1 : 0;
            Assert.True(result.World.Lost == 0 || result.Broken is not null, $"seed {seed} lost {result.World.Lost} commits and nobody noticed");
        }
    }
}
