using Orchestrator.Silo.Engines;
using Orchestrator.Silo.Journal;
using Orchestrator.Simulation.Machine;
using Orchestrator.Simulation.Store;

namespace Orchestrator.Simulation.Worlds;

/// <summary>What goes wrong, when its time has come, until the world is healed; and what in a real cluster would see that partitions are owned.</summary>
internal sealed class Troubles(World world)
{
    private static readonly TimeSpan Care = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan LastStatement = TimeSpan.FromSeconds(30);

    private SimMachine Simulation => world.Simulation;

    private SimRandom Random => world.Simulation.Random;

    public void Begin()
    {
        if (world.Swarm.Cluster)
        {
            Every(world.Swarm.Wishes, Wish);
        }
        else if (world.Swarm.Silos > 1)
        {
            world.Outside.Start(CareAsync);
            Every(world.Swarm.Thefts, () => Take(Random.Below(world.Swarm.Partitions), Random.Chance(0.3) ? Random.Between(0, 6) : null));
        }

        if (world.Swarm.Upgrades)
        {
            Every(TimeSpan.FromSeconds(4), Upgrade);
            Every(TimeSpan.FromSeconds(6), Raise);
        }

        if (world.Swarm.LosesCommits)
        {
            Simulation.After(Random.Between(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(20)), null, FailOver);
        }

        if (world.Swarm.Restores)
        {
            Simulation.After(Random.Between(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(6)), null, () =>
            {
                var backup = world.Model.Save();
                Simulation.After(Random.Between(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(6)), null, () => Restore(backup));
            });
        }

        Every(world.Swarm.Crashes, () => OnOne(world.Crash));
        Every(world.Swarm.Pauses, () => OnOne(silo =>
        {
            var time = Random.Chance(0.1) ? Random.Between(TimeSpan.Zero, TimeSpan.FromMinutes(10)) : Random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(12));
            Simulation.Trace.Note(Simulation.Now, "pauses", silo.Process.Id, time.Ticks);
            silo.Process.Pause(time);
        }));
        Every(world.Swarm.ClockJumps, () => OnOne(silo =>
        {
            silo.Process.ClockOffset = Random.Chance(0.2) ? TimeSpan.Zero : Random.Chance(0.2) ? Random.Between(TimeSpan.FromHours(-1), TimeSpan.FromHours(1)) : Random.Between(TimeSpan.FromMinutes(-3), TimeSpan.FromMinutes(3));
            Simulation.Trace.Note(Simulation.Now, "clock", silo.Process.Id, silo.Process.ClockOffset.Ticks);
        }));
        Every(world.Swarm.Cuts, () =>
        {
            var (from, to) = (Random.Below(world.Silos.Length), Random.Below(world.Silos.Length));
            if (from != to && world.Silos[from] is { } one && world.Silos[to] is { } other)
            {
                world.Network.Cut(one.Process, other.Process, Random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(10)), Random.Chance(0.5));
            }
        });
        Every(world.Swarm.StoreRestarts, () =>
        {
            if (world.Server.Up)
            {
                world.Server.Stop();
                Simulation.After(Random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(5)), null, () =>
                {
                    if (!world.Server.Up)
                    {
                        world.Server.Begin();
                    }
                });
            }
        });
        Every(world.Swarm.DiskFull, () =>
        {
            world.Server.Full = true;
            Simulation.After(Random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(5)), null, () => world.Server.Full = false);
        });
    }

    /// <summary>What operators do: move a partition, drain or cordon a silo and take that back, stop one as SIGTERM does.</summary>
    private void Wish() => OnOne(silo =>
    {
        if (!silo.Runs || world.Silos[Random.Below(world.Silos.Length)] is not { } other)
        {
            return;
        }

        var partition = Random.Below(world.Swarm.Partitions);
        switch (Random.Below(4))
        {
            case 0 or 1:
                Simulation.Trace.Note(Simulation.Now, "move", partition, silo.Process.Id, other.Process.Id);
                silo.Process.Start(() => silo.Cluster!.MoveAsync(partition, other.Name));
                break;
            case 2:
                var marks = Random.Pick([SiloMarks.None, SiloMarks.Cordoned, SiloMarks.Draining]);
                world.Model.Members.Mark(other.Name, marks);
                Simulation.Trace.Note(Simulation.Now, "marked", other.Process.Id, (int)marks);
                break;
            default:
                Simulation.Trace.Note(Simulation.Now, "leaves", silo.Process.Id);
                silo.Leave();
                break;
        }
    });

    /// <summary>An older silo is stopped; what takes its place is a newer one mostly.</summary>
    private void Upgrade()
    {
        if (world.Running.FirstOrDefault(s => s.Level < FeatureLevel.Current && !s.Process.Paused) is { } older)
        {
            Simulation.Trace.Note(Simulation.Now, "leaves", older.Process.Id);
            older.Leave();
        }
    }

    /// <summary>The command that raises the feature level; refused as long as an older silo lives, where anybody knows who lives.</summary>
    private void Raise()
    {
        try
        {
            world.Model.Raise(FeatureLevel.Current, FeatureLevel.Current);
            Simulation.Trace.Note(Simulation.Now, "raised");
        }
        catch (StoreRefusedException)
        {
            Simulation.Trace.Note(Simulation.Now, "not-raised");
        }
    }

    /// <summary>The store fails over to a standby that did not have the last commits.</summary>
    private void FailOver()
    {
        world.Server.Stop();
        for (var partition = 0; partition < world.Model.Partitions; partition++)
        {
            world.Lost += world.Model.LoseLast(partition, Random.Between(0, 2));
        }

        Simulation.Trace.Note(Simulation.Now, "fails-over", world.Lost);
        Simulation.After(TimeSpan.FromSeconds(1), null, world.Server.Begin);
    }

    /// <summary>All silos are stopped, the store goes back to the backup, and they start again. Whoever was told of what came after it was told in vain.</summary>
    private void Restore(StoreModel.Backup backup)
    {
        if (!world.Faulty || backup.Parts.Count == 0)
        {
            return;
        }

        world.Server.Stop();
        foreach (var silo in world.Silos.OfType<SimSilo>().ToList())
        {
            world.Crash(silo);
        }

        Simulation.Trace.Note(Simulation.Now, "restores");
        world.Model.Restore(backup);
        world.Effects.Forget();
        world.Clients.Restored();
        world.Restores++;
        world.Server.Begin();
    }

    private void OnOne(Action<SimSilo> what)
    {
        if (world.Silos[Random.Below(world.Silos.Length)] is { } silo && silo.Process.Alive)
        {
            what(silo);
        }
    }

    /// <summary>Does something at moments drawn around a mean, while the world is faulty.</summary>
    private void Every(TimeSpan? mean, Action what)
    {
        if (mean is { } time)
        {
            Simulation.After(-Math.Log(1 - Random.Unit()) * time, null, () =>
            {
                if (world.Faulty)
                {
                    what();
                    Every(mean, what);
                }
            });
        }
    }

    /// <summary>Gives what nobody owns to somebody. In a real cluster leases tell; here the world knows.</summary>
    private async Task CareAsync()
    {
        var healed = TimeSpan.Zero;
        while (true)
        {
            world.Refresh();
            if (!world.Faulty)
            {
                healed += Care;
                Enlighten(healed == LastStatement);
            }

            for (var partition = 0; partition < world.Swarm.Partitions; partition++)
            {
                if (world.OwnerOf(partition) is null && world.Silos[world.Faulty ? Random.Below(world.Silos.Length) : partition % world.Silos.Length] is { Runs: true, Process.Paused: false } silo)
                {
                    var number = partition;
                    silo.Process.Start(() => silo.Adversary!.TakeIfFreeAsync(number));
                }
            }

            await world.Outside.Clock.Delay(Care);
        }
    }

    /// <summary>
    /// A real engine's next look at the store tells it what it has lost. And once no statement from before the healing can arrive any more, all take their own again: one that came late
    /// may have raised the epoch of a partition that has nothing to write, and so would never hear of it.
    /// </summary>
    private void Enlighten(bool all)
    {
        foreach (var silo in world.Running)
        {
            foreach (var partition in silo.Adversary!.Taken.ToList())
            {
                if (world.Model.Row(partition).Owner != silo.Name)
                {
                    silo.Process.Start(() => silo.Adversary.LetGoAsync(partition));
                }
                else if (all)
                {
                    silo.Process.Start(() => silo.Adversary.TakeAsync(partition, null));
                }
            }
        }
    }

    private void Take(int partition, long? seen)
    {
        if (world.Silos[Random.Below(world.Silos.Length)] is { Runs: true, Process.Paused: false } silo)
        {
            Simulation.Trace.Note(Simulation.Now, "theft", partition, silo.Process.Id, seen ?? -1);
            silo.Process.Start(() => silo.Adversary!.TakeAsync(partition, seen));
        }
    }
}
