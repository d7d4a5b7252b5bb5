using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Outbox;
using Orchestrator.Silo.Partitions;

namespace Orchestrator.Silo.Engines;

/// <summary>
/// Who should run which partition, and how to reach whoever runs it. A hint, never safety: the store's epochs decide who may write.
/// Embedded: everything is here. Others find each other and forward.
/// </summary>
public interface IEngine
{
    /// <summary>Takes the partitions that are this silo's to take, and goes on doing so until it is stopped.</summary>
    Task StartAsync(IPartitionHost host, CancellationToken cancel);

    /// <summary>Delivers a command to the owner of a partition; answers through <paramref name="to"/> in every case. Never blocks.</summary>
    void Tell(int partition, GrainCommand command, IAnswered? to, object? state);

    /// <summary>Delivers a message between partitions to the owner of <paramref name="partition"/>, in order; it may be lost or doubled. Never blocks.</summary>
    void Post(int partition, PartitionMessage message);

    /// <summary>The store refused a frame of this partition: another silo owns it.</summary>
    void Lost(int partition);

    /// <summary>Gives all partitions away, or stops them where there is nobody to give them to.</summary>
    Task StopAsync();
}

/// <summary>The silo as its engine sees it.</summary>
public interface IPartitionHost
{
    /// <summary>Number of partitions of the store.</summary>
    int Partitions { get; }

    /// <summary>Takes a partition over and starts it. Returns when it is recovered and takes commands.</summary>
    /// <param name="partition">Number, from 0.</param>
    /// <param name="seenEpoch">The epoch it is taken from; null = whatever the store says now.</param>
    /// <returns>False if somebody else was faster.</returns>
    Task<bool> TakeAsync(int partition, long? seenEpoch, CancellationToken cancel);

    /// <summary>Stops admitting, finishes what waits, and forgets a partition.</summary>
    Task LetGoAsync(int partition);

    /// <summary>Gives a command to a partition that runs here; false if it does not (nothing was answered then).</summary>
    bool TryTell(int partition, GrainCommand command, IAnswered? to, object? state);

    /// <summary>Gives a message to a partition that runs here; false if it does not.</summary>
    bool TryPost(int partition, PartitionMessage message);
}
