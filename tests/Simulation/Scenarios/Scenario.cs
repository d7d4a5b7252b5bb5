using Orchestrator.Simulation.Worlds;

namespace Orchestrator.Simulation.Scenarios;

/// <summary>A story told to a world that is calm otherwise: what random troubles come to seldom, with the seed choosing the moments.</summary>
/// <param name="Name">For the command line.</param>
/// <param name="Change">What the world is like.</param>
/// <param name="Script">What goes wrong, begun with everything else.</param>
/// <param name="Happened">Whether it really came about in a run: a story of which no run says so proves nothing.</param>
internal sealed record Scenario(string Name, Func<Swarm, Swarm> Change, Action<World> Script, Func<World, bool> Happened)
{
    /// <summary>Three silos with the real engine, and nothing goes wrong by itself.</summary>
    public static Swarm Calm(Swarm drawn) => drawn with
    {
        Silos = 3,
        Cluster = true,
        Partitions = 8,
        Clients = 4,
        Operations = 20,
        Think = TimeSpan.FromMilliseconds(1_200),
        Accounts = 6,
        Consumers = 2,
        WriteRefused = 0,
        WriteLost = 0,
        AnswerLost = 0,
        WriteLate = 0,
        CommitSlow = 0,
        ReadFails = 0,
        StoreFails = 0,
        StoreRestarts = null,
        DiskFull = null,
        Loss = 0,
        Double = 0,
        Slow = 0,
        Cuts = null,
        Crashes = null,
        Pauses = null,
        ClockJumps = null,
        Thefts = null,
        Wishes = null,
        Restores = false,
        Upgrades = false,
        KeepsSkew = false,
        Kills = false,
    };
}
