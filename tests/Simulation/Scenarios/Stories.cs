using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Engines;
using Orchestrator.Silo.Journal;
using Orchestrator.Simulation.Planting;
using Orchestrator.Simulation.Worlds;

namespace Orchestrator.Simulation.Scenarios;

/// <summary>The stories, each with the hole that it looks into.</summary>
internal static class Stories
{
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("moved-while-taken-over", Scenario.Calm, MovedWhileTakenOver, static w => w.Journals.FencedAppends > 0),
        new("raised-during-moves", static s => Scenario.Calm(s) with { Upgrades = true, Operations = 24 }, RaisedDuringMoves, static w => w.Model.Level == FeatureLevel.Current),
        new("clock-an-hour-off", static s => Scenario.Calm(s) with { ClockJumps = TimeSpan.FromHours(9) }, ClockAnHourOff, static w => w.Journals.TakeOvers > w.Swarm.Partitions),
        new("drains-under-one-who-never-settles", static s => Scenario.Calm(s) with { Consumers = 3 }, DrainsUnderOneWhoNeverSettles, static w => w.Consumers.Delivered > 0),
        new("links-break-again-and-again", static s => Scenario.Calm(s) with { NetDelay = TimeSpan.FromMilliseconds(40), Consumers = 3 }, LinksBreak, static w => w.Consumers.Delivered > 0),
        new("merged-while-moving", static s => Scenario.Calm(s) with { NetDelay = TimeSpan.FromMilliseconds(60), Operations = 24, Merges = true }, MergedWhileMoving, static w => w.Journals.Messages > 0),
        new("slow-store-after-many-deaths", SlowStore, static _ => { }, static w => w.Crashes > 8),
        new("links-break-under-one-who-stays", LinksBreakUnderOneWhoStays, static w => { Stay(w); LinksBreak(w); }, static w => w.Links.Breaks > 5 && w.Last?.Got > 5),
        new("stalls-beyond-its-lease", static s => Scenario.Calm(s) with { Consumers = 3, Operations = 24, Think = TimeSpan.FromSeconds(2) }, StallsBeyondItsLease, static w => w.Journals.TakeOvers > w.Swarm.Partitions + 4 && w.Consumers.Delivered > 0),
        new("deadly-account", static s => Scenario.Calm(s) with { Kills = true }, static _ => { }, static w => w.Kills > 0),
    ];

    /// <summary>Silos die so often that every partition is careful, and each commit takes a tenth of a second.</summary>
    private static Swarm SlowStore(Swarm drawn) => Scenario.Calm(drawn) with
    {
        Silos = 1,
        Cluster = false,
        Clients = 6,
        Operations = 24,
        Accounts = 8,
        Think = TimeSpan.FromMilliseconds(20),
        Crashes = TimeSpan.FromSeconds(2),
        StoreDelay = TimeSpan.FromMilliseconds(40),
        NetDelay = TimeSpan.FromMilliseconds(40),
        Settings = drawn.Settings with { Linger = TimeSpan.FromMilliseconds(20) },
    };

    /// <summary>Nobody else takes anything, and what is sent comes soon.</summary>
    private static Swarm LinksBreakUnderOneWhoStays(Swarm drawn) => Scenario.Calm(drawn) with { Consumers = 0, Operations = 24, NetDelay = TimeSpan.FromMilliseconds(20) };

    /// <summary>The story that leads to where a planted bug shows, besides the random worlds; null = they do.</summary>
    public static Scenario? For(PlantedBug bug) => bug switch
    {
        PlantedBug.RelayNotResumed or PlantedBug.RelayEndNotTold => Named("links-break-under-one-who-stays"),
        PlantedBug.LeasedWhenUnsure => Named("stalls-beyond-its-lease"),
        _ => null,
    };

    public static Scenario Named(string name) =>
        All.FirstOrDefault(s => s.Name == name) ?? throw new ArgumentException($"`{name}` is no scenario, expected one of {string.Join(", ", All.Select(s => s.Name))}");

    /// <summary>An owner stands still with a frame on its way; another takes over while an operator moves the partition on to a third; then the frame arrives, and the old owner wakes up.</summary>
    private static void MovedWhileTakenOver(World world)
    {
        var (simulation, random) = (world.Simulation, world.Simulation.Random);
        Again(world, TimeSpan.FromSeconds(12), () =>
        {
            if (world.Running.ElementAtOrDefault(random.Below(3)) is not { Process.Paused: false } old)
            {
                return;
            }

            // What it sends from now on comes after the lease is over, and after the others had time to take over.
            var late = random.Between(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(9));
            var process = old.Process;
            world.Server.Later = (who, kind) => who == process && kind is "append" or "take-over" ? late : TimeSpan.Zero;
            simulation.After(random.Between(TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(900)), null, () =>
            {
                world.Server.Later = null;
                if (process.Alive)
                {
                    simulation.Trace.Note(simulation.Now, "pauses", process.Id);
                    process.Pause(random.Between(TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(11)));
                }
            });
            for (var i = 0; i < 12; i++)
            {
                simulation.After(TimeSpan.FromSeconds(4) + random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(4)), null, () => Move(world));
            }
        });
    }

    /// <summary>Partitions go to and fro between silos of both levels, older ones leave, and the level rises in the middle of it.</summary>
    private static void RaisedDuringMoves(World world) => Again(world, TimeSpan.FromMilliseconds(400), () => Move(world));

    /// <summary>One silo's clock is an hour ahead, another's an hour behind, and partitions go round between them.</summary>
    private static void ClockAnHourOff(World world)
    {
        world.Simulation.After(TimeSpan.FromSeconds(2), null, () =>
        {
            foreach (var (silo, hours) in world.Running.Take(2).Zip([1, -1]).ToList())
            {
                silo.Process.ClockOffset = TimeSpan.FromHours(hours);
                world.Simulation.Trace.Note(world.Simulation.Now, "clock", silo.Process.Id, silo.Process.ClockOffset.Ticks);
            }
        });
        Again(world, TimeSpan.FromMilliseconds(700), () => Move(world));
    }

    /// <summary>Consumers who settle nothing hold what they were given, while silos are drained, come back and are drained again.</summary>
    private static void DrainsUnderOneWhoNeverSettles(World world)
    {
        world.Consumers.NeverSettle = true;
        Again(world, TimeSpan.FromSeconds(3), () =>
        {
            if (world.Running.ElementAtOrDefault(world.Simulation.Random.Below(3)) is { } silo)
            {
                var marks = world.Simulation.Random.Pick([SiloMarks.None, SiloMarks.Draining]);
                world.Simulation.Trace.Note(world.Simulation.Now, "marked", silo.Process.Id, (int)marks);
                world.Model.Members.Mark(silo.Name, marks);
            }
        });
    }

    /// <summary>Links between silos break, and one end has made a new one before the other has heard that the old one is gone.</summary>
    private static void LinksBreak(World world) => Again(world, TimeSpan.FromSeconds(1), () =>
    {
        List<SimSilo> running = [.. world.Running];
        if (running.Count > 1)
        {
            var one = world.Simulation.Random.Below(running.Count);
            var other = (one + 1 + world.Simulation.Random.Below(running.Count - 1)) % running.Count;
            world.Links.Break(running[one].Name, running[other].Name, TimeSpan.FromSeconds(3));
        }
    });

    /// <summary>One consumer stays at one silo from the beginning: it takes from all silos, by relays that break and are opened again.</summary>
    private static void Stay(World world) => world.Simulation.After(TimeSpan.FromSeconds(2), null, world.Stand);

    /// <summary>
    /// A silo stands still for longer than its lease, with consumers of its own and actions that are due for them when it wakes; by then others run its partitions, and have given those actions to
    /// their consumers. Nobody settles, so every lease ends at its time and the action is given again.
    /// </summary>
    private static void StallsBeyondItsLease(World world)
    {
        world.Consumers.NeverSettle = true;
        Again(world, TimeSpan.FromSeconds(4), () =>
        {
            if (world.Silos.All(s => s is { Runs: true, Process.Paused: false }))
            {
                var process = world.Simulation.Random.Pick(world.Running.ToList()).Process;
                world.Simulation.Trace.Note(world.Simulation.Now, "pauses", process.Id);
                process.Pause(world.Simulation.Random.Between(TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(11)));
            }
        });
    }

    /// <summary>Accounts are merged into each other, also crosswise at one time, while their partitions move and what they send to each other is sent again.</summary>
    private static void MergedWhileMoving(World world)
    {
        Again(world, TimeSpan.FromMilliseconds(500), () => Move(world));
        LinksBreak(world);
        Again(world, TimeSpan.FromSeconds(3), () =>
        {
            List<GrainKey> accounts = [.. world.Journals.Folded.Where(f => f.Value.State is Account { Exists: true, Provisional: false, ForwardedTo.Length: 0 }).Select(f => f.Key).OrderBy(k => k.Affinity, StringComparer.Ordinal)];
            if (accounts.Count < 3)
            {
                return;
            }

            var one = world.Simulation.Random.Pick(accounts);
            var other = world.Simulation.Random.Pick([.. accounts.Where(a => a != one)]);
            Merge(world, one, other);
            if (world.Simulation.Random.Chance(0.5))
            {
                Merge(world, other, one);
            }
        });
    }

    private static void Merge(World world, GrainKey account, GrainKey into)
    {
        if (world.Running.ElementAtOrDefault(world.Simulation.Random.Below(3)) is { } silo)
        {
            world.Simulation.Trace.Note(world.Simulation.Now, "merge", silo.Process.Id, text: $"{account.Affinity} {into.Affinity}");
            silo.Runtime.Tell(new AccountCommand.MergeInto(account, into.Affinity), null, null);
        }
    }

    private static void Move(World world)
    {
        var random = world.Simulation.Random;
        List<SimSilo> running = [.. world.Running.Where(s => !s.Process.Paused)];
        if (running.Count > 1)
        {
            var (asked, to) = (random.Pick(running), random.Pick(running));
            var partition = random.Below(world.Swarm.Partitions);
            world.Simulation.Trace.Note(world.Simulation.Now, "move", partition, asked.Process.Id, to.Process.Id);
            asked.Process.Start(() => asked.Cluster!.MoveAsync(partition, to.Name));
        }
    }

    private static void Again(World world, TimeSpan mean, Action what) => world.Simulation.After(-Math.Log(1 - world.Simulation.Random.Unit()) * mean, null, () =>
    {
        if (world.Faulty)
        {
            what();
            Again(world, mean, what);
        }
    });
}
