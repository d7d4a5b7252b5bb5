using Orchestrator.Silo.Engines.Cluster;

namespace Orchestrator.Silo.Engines;

/// <summary>
/// An engine that this program does not know by itself. The program that has it (silo/Engines/Orleans) is made of the same <c>Program.cs</c>, and names its engine before that begins.
/// </summary>
public abstract class EnginePlug
{
    /// <summary>The one of this program; null = it has those that every program has.</summary>
    public static EnginePlug? Given { get; set; }

    /// <summary>As <c>--engine</c> names it.</summary>
    public abstract string Name { get; }

    /// <summary>Settings of its own beside the silo's, with their defaults in parentheses.</summary>
    public abstract IReadOnlyList<(string Name, string Help)> Settings { get; }

    /// <summary>Categories of the log of which only warnings are shown.</summary>
    public abstract IReadOnlyList<string> Quiet { get; }

    /// <summary>Makes the engine for this process. Nothing is opened or started yet.</summary>
    /// <exception cref="FormatException">A setting of its own is malformed; the message says what was found and what was expected.</exception>
    public abstract PluggedEngine Make(EngineOffer offer);

    /// <summary>The silo is wired: what the engine's own users call may be answered with it from the moment the silo has started.</summary>
    public abstract void Serve(SiloParts silo, TimeProvider clock);
}

/// <param name="Settings">What the process was told.</param>
/// <param name="Me">Who this silo is in its cluster.</param>
/// <param name="Membership">Silos as rows of the store; stays the caller's.</param>
/// <param name="Link">Messages between silos over the gRPC port; owned by the engine if it uses it.</param>
/// <param name="Setting">Settings of the engine's own, by name; null where nobody says.</param>
public sealed record EngineOffer(ServerSettings Settings, ClusterSettings Me, IMembership Membership, GrpcSiloLink Link, Func<string, string?> Setting, ILoggerFactory Logs);

/// <param name="Cluster">Not started yet.</param>
/// <param name="Membership">The silos as this engine knows them, for operators.</param>
public sealed record PluggedEngine(ICluster Cluster, IMembership Membership);
