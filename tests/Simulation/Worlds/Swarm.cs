using Orchestrator.Silo.Partitions;
using Orchestrator.Simulation.Machine;

namespace Orchestrator.Simulation.Worlds;

/// <summary>
/// What one seed's world is like and what goes wrong in it. Each seed draws its own probabilities and leaves some faults out altogether: a world with every
/// fault at once hides what only a lone fault in a calm world would show.
/// </summary>
internal sealed record Swarm
{
    public required int Silos { get; init; }

    /// <summary>True: the real cluster engine runs; false: the adversary, or with one silo the embedded one.</summary>
    public required bool Cluster { get; init; }

    public required int Partitions { get; init; }

    public required int Clients { get; init; }

    /// <summary>Operations of each client.</summary>
    public required int Operations { get; init; }

    /// <summary>Pause between two operations of a client, at most.</summary>
    public required TimeSpan Think { get; init; }

    public required int Accounts { get; init; }

    public required int Consumers { get; init; }

    public required PartitionSettings Settings { get; init; }

    /// <summary>See <see cref="SimMachine.InOrder"/>.</summary>
    public required double InOrder { get; init; }

    // The store: share of statements.
    public required double WriteRefused { get; init; }

    public required double WriteLost { get; init; }

    public required double AnswerLost { get; init; }

    public required double WriteLate { get; init; }

    public required double CommitSlow { get; init; }

    public required double ReadFails { get; init; }

    public required double StoreFails { get; init; }

    /// <summary>A statement's way, and a commit, at most.</summary>
    public required TimeSpan StoreDelay { get; init; }

    /// <summary>Mean time between restarts of the store; null = never.</summary>
    public required TimeSpan? StoreRestarts { get; init; }

    public required TimeSpan? DiskFull { get; init; }

    // The network.
    public required double Loss { get; init; }

    public required double Double { get; init; }

    public required double Slow { get; init; }

    public required TimeSpan NetDelay { get; init; }

    /// <summary>Mean time between cuts of one direction between two silos; null = never.</summary>
    public required TimeSpan? Cuts { get; init; }

    // Processes.
    public required TimeSpan? Crashes { get; init; }

    public required TimeSpan? Pauses { get; init; }

    public required TimeSpan? ClockJumps { get; init; }

    /// <summary>Mean time between the adversary's thefts of a partition; null = only what nobody owns is taken.</summary>
    public required TimeSpan? Thefts { get; init; }

    /// <summary>Mean time between an operator's wishes: moves, drains, stops; only where the real engine runs.</summary>
    public required TimeSpan? Wishes { get; init; }

    /// <summary>The store goes back to a backup once.</summary>
    public bool Restores { get; init; }

    /// <summary>Silos of two feature levels share the store, until the level is raised, or to the end.</summary>
    public bool Upgrades { get; init; }

    /// <summary>Clocks that are wrong by up to a minute and a half stay so when all else is healed: no clock but the database's counts.</summary>
    public bool KeepsSkew { get; init; }

    /// <summary>Accounts are merged: what was sent to one that is part of another is answered when it is durable on its way there, and again so when it is sent again.</summary>
    public bool Merges { get; init; }

    /// <summary>One account has signals that kill the silo that decides them.</summary>
    public bool Kills { get; init; }

    /// <summary>The store loses its last commits once; invariants must notice.</summary>
    public bool LosesCommits { get; init; }

    public static Swarm Draw(SimRandom random)
    {
        var silos = random.Chance(0.15) ? 1 : random.Between(2, 7);
        return new Swarm
        {
            Silos = silos,
            Cluster = silos > 1 && random.Chance(0.5),
            Partitions = random.Chance(0.5) ? 8 : random.Between(8, 64),
            Clients = random.Between(2, 6),
            Operations = random.Between(8, 24),
            Think = TimeSpan.FromMilliseconds(random.Between(1, 2_000)),
            Accounts = random.Between(2, 10),
            Consumers = random.Between(1, 3),
            Settings = DrawSettings(random),
            InOrder = random.Unit(),
            WriteRefused = Maybe(random, 0.03),
            WriteLost = Maybe(random, 0.03),
            AnswerLost = Maybe(random, 0.05),
            WriteLate = Maybe(random, 0.03),
            CommitSlow = Maybe(random, 0.1),
            ReadFails = Maybe(random, 0.03),
            StoreFails = random.Chance(0.1) ? 0.004 : 0,
            StoreDelay = TimeSpan.FromMilliseconds(random.Between(1, 40)),
            StoreRestarts = Mean(random, 0.3, 4, 30),
            DiskFull = Mean(random, 0.2, 5, 40),
            Loss = Maybe(random, 0.2),
            Double = Maybe(random, 0.2),
            Slow = Maybe(random, 0.1),
            NetDelay = TimeSpan.FromMilliseconds(random.Between(1, 60)),
            Cuts = Mean(random, 0.3, 2, 20),
            Crashes = Mean(random, 0.6, 2, 20),
            Pauses = Mean(random, 0.4, 2, 20),
            ClockJumps = Mean(random, 0.3, 2, 20),
            Thefts = Mean(random, 0.8, 0.05, 4),
            Wishes = Mean(random, 0.5, 1, 10),
            Restores = random.Chance(0.1),
            Upgrades = silos > 1 && random.Chance(0.15),
            KeepsSkew = random.Chance(0.5),
            Kills = random.Chance(0.05),
        };
    }

    private static PartitionSettings DrawSettings(SimRandom random)
    {
        var eager = random.Chance(0.7);
        return PartitionSettings.Default with
        {
            MailboxLimit = random.Chance(0.3) ? random.Between(4, 32) : 8_192,
            BatchLimit = random.Chance(0.5) ? random.Between(1, 8) : 512,
            TurnLimit = random.Chance(0.3) ? random.Between(2, 8) : 2_048,
            WakesPerBatch = random.Chance(0.5) ? random.Between(1, 4) : 128,
            Linger = TimeSpan.FromMilliseconds(random.Between(0, 20)),
            ResidentLimit = eager ? random.Between(2, 12) : 20_000,
            SnapshotEvents = eager ? random.Between(1, 6) : 256,
            TailLimit = eager ? random.Between(2, 40) : 4_096,
            SnapshotShare = eager ? 0.9 : 0.2,
            TailAge = TimeSpan.FromSeconds(random.Between(2, 600)),
            ResendAfter = TimeSpan.FromMilliseconds(random.Between(100, 2_000)),
            LongestSleep = TimeSpan.FromSeconds(random.Between(10, 60)),
            FailurePause = TimeSpan.FromMilliseconds(random.Between(10, 500)),
            // Silos die here ten times in a few minutes without any command being to blame: one death in 15,000 puts somebody innocent into quarantine, whom an operator lets out.
            CarefulAfter = 2,
            QuarantineAfter = 5,
        };
    }

    private static double Maybe(SimRandom random, double most) => random.Chance(0.5) ? random.Unit() * most : 0;

    private static TimeSpan? Mean(SimRandom random, double chance, double least, double most) =>
        random.Chance(chance) ? TimeSpan.FromSeconds(least + (random.Unit() * (most - least))) : null;
}
