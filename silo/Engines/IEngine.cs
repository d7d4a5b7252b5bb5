using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Outbox;
using Orchestrator.Silo.Partitions;
using PlaybookVersion = Orchestrator.Grains.Playbooks.PlaybookVersion;

namespace Orchestrator.Silo.Engines;

/// <summary>
/// Who should run which partition, and how to reach whoever runs it. A hint, never safety: the store's epochs decide who may write.
/// Embedded: everything is here. Others find each other and forward.
/// </summary>
public interface IEngine
{
    /// <summary>Takes the partitions that are this silo's to take, and goes on doing so until it is stopped. Returns when all playbooks are known here.</summary>
    Task StartAsync(IPartitionHost host, CancellationToken cancel);

    /// <summary>Delivers a command to the owner of a partition; answers through <paramref name="to"/> in every case. Never blocks.</summary>
    void Tell(int partition, GrainCommand command, IAnswered? to, object? state);

    /// <summary>Delivers a message between partitions to the owner of <paramref name="partition"/>, in order; it may be lost or doubled. Never blocks.</summary>
    void Post(int partition, PartitionMessage message);

    /// <summary>The committed states of grains of one partition, from its owner, wherever that is.</summary>
    /// <exception cref="PartitionUnavailableException">Nobody runs the partition now, or its owner did not answer.</exception>
    Task<ReadResult> ReadAsync(int partition, IReadOnlyList<GrainKey> keys, CancellationToken cancel);

    /// <summary>A version was published by a partition of this silo, or found when one was recovered: the other silos need it too. Called on a partition's loop. Never blocks.</summary>
    void Published(string tenant, PlaybookVersion version);

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

    /// <summary>Of the store.</summary>
    long Incarnation { get; }

    /// <summary>Takes a partition over and starts it. Returns when it is recovered and takes commands.</summary>
    /// <param name="partition">Number, from 0.</param>
    /// <param name="seenEpoch">The epoch it is taken from; null = whatever the store says now.</param>
    /// <returns>False if somebody else was faster.</returns>
    Task<bool> TakeAsync(int partition, long? seenEpoch, CancellationToken cancel);

    /// <summary>Stops admitting, finishes what waits, and forgets a partition.</summary>
    Task LetGoAsync(int partition);

    /// <summary>
    /// Stops admitting, finishes what waits, then has the store raise the epoch and name the new owner in one statement. From then on nothing of this process can be
    /// written, and the target takes over from the epoch returned.
    /// </summary>
    /// <returns>The epoch that names the target; null if the partition does not run here or somebody else has taken it.</returns>
    /// <remarks>The partition is stopped here whatever comes out. An exception means that the store's answer is not known: its row tells.</remarks>
    Task<long?> HandOverAsync(int partition, string target);

    /// <summary>Like <see cref="LetGoAsync"/>, for good: its actions are another silo's to deliver.</summary>
    Task DropAsync(int partition);

    /// <summary>Reads grains of a partition that runs here; null if it does not.</summary>
    Task<ReadResult>? TryRead(int partition, IReadOnlyList<GrainKey> keys);

    /// <summary>Has a version that another silo published decide here too. Versions of a tenant come in order; known ones are ignored.</summary>
    void Publish(string tenant, PlaybookVersion version);

    /// <summary>Gives a command to a partition that runs here; false if it does not, or admits nothing any more (nothing was answered then).</summary>
    bool TryTell(int partition, GrainCommand command, IAnswered? to, object? state);

    /// <summary>The store's feature level, as somebody has seen it.</summary>
    void Learn(int level);

    /// <summary>Gives a message to a partition that runs here; false if it does not.</summary>
    bool TryPost(int partition, PartitionMessage message);
}
