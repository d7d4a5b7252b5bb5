using Microsoft.Extensions.Logging;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Silo.Engines;
using Orchestrator.Silo.Journal;

namespace Orchestrator.Silo.Partitions;

/// <summary>What all partitions of a silo share.</summary>
internal sealed record PartitionWorld
{
    public required IStore Store { get; init; }

    public required Committer Committer { get; init; }

    public required IEngine Engine { get; init; }

    public required IEffectSink Sink { get; init; }

    public required PlaybookShelf Shelf { get; init; }

    /// <summary>Compiles a version and puts it on the shelf; called again for known versions after a recovery.</summary>
    public required Action<string, PlaybookVersion> Publish { get; init; }

    /// <summary>Business time.</summary>
    public required TimeProvider Clock { get; init; }

    /// <summary>Times pauses and repetitions.</summary>
    public required TimeProvider Machine { get; init; }

    public required PartitionSettings Settings { get; init; }

    public required ILogger Log { get; init; }

    /// <summary>Number of partitions of the store.</summary>
    public required int Partitions { get; init; }

    /// <summary>Of the store.</summary>
    public required long Incarnation { get; init; }

    /// <summary>What may be written.</summary>
    public required WritableLevel Level { get; init; }

    /// <summary>This process's name in partition rows; unique among all processes that ever open the store.</summary>
    public required string Owner { get; init; }

    /// <summary>Let through one step of the silo at a time whose partition has a suspect: what is open when the process dies is then what killed it, not what another partition happened to do.</summary>
    public required SemaphoreSlim Turnstile { get; init; }

    /// <summary>Called in each turn before its command is judged: for tests only.</summary>
    public Action<GrainCommand>? OnTurn { get; init; }

    /// <summary>Completes when all playbooks are known: no partition decides before.</summary>
    public required Task Begun { get; init; }
}

/// <summary>A partition does not run here, or not any more.</summary>
public sealed class PartitionUnavailableException(string message) : Exception(message);
