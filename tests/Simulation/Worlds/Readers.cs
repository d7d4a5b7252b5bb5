using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Partitions;
using Orchestrator.Simulation.Machine;

namespace Orchestrator.Simulation.Worlds;

/// <summary>
/// Whoever looks at accounts, at any silo, while things go wrong: a read that begins after somebody was told of something must see it. The adversary steals from
/// owners whose lease holds, which no rule allows, so only the real engine is held to this.
/// </summary>
internal sealed class Readers(World world, SimRandom random)
{
    private const int Most = 4;

    /// <summary>Reads that were answered.</summary>
    public int Answered { get; private set; }

    public async Task RunAsync()
    {
        for (var reader = 0; reader < Most && world.Swarm.Cluster; reader++)
        {
            world.Outside.Start(LiveAsync);
        }

        await Task.CompletedTask;
    }

    private async Task LiveAsync()
    {
        while (world.Faulty)
        {
            await world.Outside.Clock.Delay(random.Between(TimeSpan.Zero, TimeSpan.FromMilliseconds(400)));
            var key = GrainKey.Account(World.Tenant, $"a-{random.Below(world.Swarm.Accounts)}");
            if (world.Silos[random.Below(world.Silos.Length)] is { Runs: true } silo)
            {
                silo.Process.Start(() => ReadAsync(silo, key));
            }
        }
    }

    private async Task ReadAsync(SimSilo silo, GrainKey key)
    {
        var partition = key.PartitionOf(world.Swarm.Partitions);
        var known = world.Journals.LastAcknowledged(key, partition);
        var restores = world.Restores;
        try
        {
            var read = await silo.Cluster!.ReadAsync(partition, [key], CancellationToken.None);
            Answered++;
            world.Simulation.Trace.Note(world.Simulation.Now, "read", partition, silo.Process.Id, read.LastEntries[0]);
            if (read.LastEntries[0] < known && restores == world.Restores)
            {
                world.Simulation.Break("I11", $"a read of `{key.Affinity}` at {silo.Name} saw entry {read.LastEntries[0]}, and {known} had been acknowledged when it began");
            }
        }
        catch (PartitionUnavailableException)
        {
            // It says so rather than guess.
        }
    }
}
