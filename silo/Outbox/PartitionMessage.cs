using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Silo.Outbox;

/// <summary>What partitions say to each other. May be lost, doubled or late: the numbers sort that out.</summary>
/// <param name="Incarnation">Of the store of the sender: numbers from before a restore mean nothing after it.</param>
/// <param name="Source">The partition that sent the commands concerned.</param>
/// <param name="Destination">The partition that they are for.</param>
public abstract record PartitionMessage(long Incarnation, int Source, int Destination)
{
    /// <summary>A command with its number, contiguous from 1 for each pair of partitions.</summary>
    public sealed record Sent(long Incarnation, int Source, int Destination, long Number, GrainCommand Command) : PartitionMessage(Incarnation, Source, Destination);

    /// <summary>Goes back to the source: everything up to this number is durable at the destination.</summary>
    public sealed record Acknowledged(long Incarnation, int Source, int Destination, long Number) : PartitionMessage(Incarnation, Source, Destination);

    /// <summary>Goes back to the source: send again from this number on, one is missing.</summary>
    public sealed record Missing(long Incarnation, int Source, int Destination, long From) : PartitionMessage(Incarnation, Source, Destination);
}
