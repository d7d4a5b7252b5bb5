namespace Orchestrator.Silo.Journal;

/// <summary>
/// Where partitions keep their journal, snapshots and epochs. The store, not the process, decides who may write: each append carries
/// the partition's epoch and the sequence it expects, checked in the same transaction that writes (DESIGN.md sections 5 and 6).
/// Implementations: SQLite here; PostgreSQL meets the same contract suite (tests/Storage.Contract).
/// </summary>
/// <remarks>
/// All members may be called from any thread. <see cref="AppendAsync"/> is called by one committer at a time; reads may run beside it.
/// An exception from <see cref="AppendAsync"/> other than <see cref="StoreFullException"/> means that the outcome is unknown: the caller takes
/// the partition's next epoch (<see cref="TakeOverAsync"/>) and reads the tail before anything else. A caller's mistake (<see cref="ArgumentException"/>) and
/// a cancellation before the call has started write nothing; a transaction that has begun is not cancelled. After <see cref="StoreFailedException"/> no
/// call works any more and the silo exits: its successor takes the next epoch and reads the tail.
/// Names (grains, settings) are 1 to 512 characters of valid Unicode without the null character and are ordered by their UTF-8 bytes.
/// </remarks>
public interface IStore : IAsyncDisposable
{
    /// <summary>Opens the store, creating it on first use, and refuses one that this process may not use.</summary>
    /// <exception cref="StoreRefusedException">Another silo has it open, it was made by a newer version or has a higher feature level, its incarnation went backwards, or it does not keep what it acknowledges.</exception>
    Task<StoreDescription> OpenAsync(StoreCreation creation, CancellationToken cancel);

    /// <summary>Raises the partition's epoch by one if it is still <paramref name="seenEpoch"/>, and names the new owner. Commits before it returns.</summary>
    /// <returns>The partition as it now stands, or null if somebody else was faster.</returns>
    /// <exception cref="StoreRefusedException">The store's feature level has risen above what this process can read.</exception>
    Task<PartitionRow?> TakeOverAsync(int partition, long seenEpoch, string owner, CancellationToken cancel);

    /// <summary>All partitions, by number.</summary>
    Task<IReadOnlyList<PartitionRow>> PartitionsAsync(CancellationToken cancel);

    /// <summary>
    /// Appends frames and saves snapshots in one durable transaction. Each partition appears at most once among the frames; a frame is accepted only
    /// if the partition's epoch and next sequence are as the frame says, and refused alone otherwise. Snapshots and checkpoints come after the frames and are
    /// ignored unless the partition's epoch is as they say, the journal has the frame that they include, and nothing newer is there: a snapshot must have a
    /// higher sequence than the stored one, a checkpoint must not have a lower one.
    /// </summary>
    /// <returns>For each frame, by index, whether it was accepted.</returns>
    /// <exception cref="ArgumentException">A partition twice among the frames or one that does not exist, a body over 16 MiB, a bad name; nothing was written.</exception>
    /// <exception cref="StoreFullException">The disk is full; nothing of this call was written, and the store may be used again when there is space.</exception>
    Task<bool[]> AppendAsync(AppendBatch batch, CancellationToken cancel);

    /// <summary>Frames of a partition with sequence in [from, to] as far as they are durable when the call starts, ascending, without gaps; fails with <see cref="StoreCorruptException"/> on a bad CRC or a gap.</summary>
    /// <exception cref="FramesDroppedException">Retention dropped frames behind those already read. What was not read of yet begins at the oldest kept.</exception>
    IAsyncEnumerable<JournalFrame> ReadFramesAsync(int partition, long from, long to, CancellationToken cancel);

    /// <summary>The frames at these sequences of one partition, in the order asked; null beyond the end and for one dropped by retention.</summary>
    Task<IReadOnlyList<JournalFrame?>> ReadFramesAsync(int partition, IReadOnlyList<long> sequences, CancellationToken cancel);

    /// <summary>The latest snapshots of these grains of one partition, in the order asked; null where there is none.</summary>
    Task<IReadOnlyList<SnapshotRow?>> ReadSnapshotsAsync(int partition, IReadOnlyList<string> grains, CancellationToken cancel);

    /// <summary>
    /// The partition's grains whose snapshot says that they want to be woken at or before <paramref name="until"/> (UTC ticks), earliest first, at most <paramref name="limit"/>,
    /// starting after (<paramref name="afterWake"/>, <paramref name="afterGrain"/>) for paging; (0, "") starts at the first. Those without a wake (0) are never among them.
    /// </summary>
    Task<IReadOnlyList<WakeRow>> ReadWakesAsync(int partition, long until, int limit, long afterWake, string afterGrain, CancellationToken cancel);

    /// <summary>Grain names of a partition whose snapshot has the flag (for example: has open actions), ascending, after <paramref name="after"/>, at most <paramref name="limit"/>.</summary>
    Task<IReadOnlyList<string>> ReadFlaggedAsync(int partition, string after, int limit, CancellationToken cancel);

    /// <summary>All snapshot rows of a partition by grain name, after <paramref name="after"/>, at most <paramref name="limit"/>: for verification, export and counts.</summary>
    Task<IReadOnlyList<SnapshotRow>> ReadAllSnapshotsAsync(int partition, string after, int limit, CancellationToken cancel);

    /// <summary>A small named value of the whole store (the clock's origin, replay position), or null.</summary>
    Task<byte[]?> ReadSettingAsync(string name, CancellationToken cancel);

    Task WriteSettingAsync(string name, byte[] value, CancellationToken cancel);

    /// <summary>The setting, which becomes <paramref name="value"/> if there is none: silos that start together agree on one.</summary>
    async Task<byte[]> ReadOrAddSettingAsync(string name, byte[] value, CancellationToken cancel)
    {
        // Enough where one process has the store open.
        if (await ReadSettingAsync(name, cancel) is { } there)
        {
            return there;
        }

        await WriteSettingAsync(name, value, cancel);
        return value;
    }

    /// <summary>
    /// Drops frames whose instant (<see cref="JournalAppend.At"/>) is before <paramref name="before"/>, oldest first, and never one above its partition's checkpoint. A store may keep
    /// more than it must (PostgreSQL drops whole days). What is left of a partition is gapless: a range that begins below it begins at the oldest frame kept, points below it are null.
    /// </summary>
    /// <returns>How many frames were dropped.</returns>
    /// <remarks>Runs beside appends and reads, in short transactions; one that fails on the way has dropped a part and may be called again. A store that cannot drop keeps all.</remarks>
    Task<long> DropFramesAsync(DateTimeOffset before, CancellationToken cancel) => Task.FromResult(0L);

    /// <summary>Raises the feature level (<see cref="FeatureLevel"/>) of the store; nothing happens if it is there already. It never goes back.</summary>
    /// <exception cref="ArgumentOutOfRangeException">This process could not read it itself.</exception>
    /// <exception cref="StoreRefusedException">A living silo could not read it.</exception>
    Task RaiseLevelAsync(int level, CancellationToken cancel) => throw new NotSupportedException("this store has no feature level");
}

/// <summary>What a new store is made with; ignored for one that exists.</summary>
/// <param name="Partitions">Number of partitions, 1 to 4,096; fixed for ever.</param>
/// <param name="Owner">Who opens it, for messages.</param>
/// <param name="Level">The highest feature level that this process can read; a new store gets it, a store above it is refused.</param>
public sealed record StoreCreation(int Partitions, string Owner, int Level = FeatureLevel.Current);

/// <param name="Partitions">Number of partitions that the store was created with.</param>
/// <param name="Incarnation">Rises with every restore from a backup; part of every duplicate check between partitions.</param>
/// <param name="Created">True if this call created it.</param>
/// <param name="Level">What may be written: nothing that a process of this feature level could not read.</param>
public sealed record StoreDescription(int Partitions, long Incarnation, bool Created, int Level = FeatureLevel.Current);

/// <param name="Partition">Number, from 0.</param>
/// <param name="Epoch">Rises with every change of writer, from 0 (never owned).</param>
/// <param name="NextSequence">The sequence that the next frame must have, from 1.</param>
/// <param name="Checkpoint">Every grain's snapshot includes all frames up to and including this sequence; 0 at first.</param>
/// <param name="Watermarks">Opaque bytes saved with the checkpoint (outbox and inbox counters); empty at first.</param>
/// <param name="Owner">Who took the epoch.</param>
public sealed record PartitionRow(int Partition, long Epoch, long NextSequence, long Checkpoint, byte[] Watermarks, string Owner);

/// <summary>One partition's part of a commit: everything that one batch of turns changed.</summary>
/// <param name="Partition">Number, from 0.</param>
/// <param name="Epoch">The writer's epoch.</param>
/// <param name="Sequence">The sequence this frame takes; must be the partition's next.</param>
/// <param name="At">The batch's instant, UTC ticks.</param>
/// <param name="Body">The stored form, possibly compressed by the caller; at most 16 MiB. Owned by the caller until the call returns.</param>
public readonly record struct JournalAppend(int Partition, long Epoch, long Sequence, long At, ReadOnlyMemory<byte> Body);

/// <param name="Partition">Number, from 0.</param>
/// <param name="Epoch">The writer's epoch.</param>
/// <param name="Grain">The grain's name within the partition: unique, at most 512 characters.</param>
/// <param name="Sequence">The state includes all frames of the grain up to this one.</param>
/// <param name="Wake">When it wants to be woken, UTC ticks; 0 = never.</param>
/// <param name="Flagged">See <see cref="IStore.ReadFlaggedAsync"/>.</param>
/// <param name="Body">The stored form of the state.</param>
public readonly record struct SnapshotWrite(int Partition, long Epoch, string Grain, long Sequence, long Wake, bool Flagged, ReadOnlyMemory<byte> Body);

/// <param name="Partition">Number, from 0.</param>
/// <param name="Epoch">The writer's epoch.</param>
/// <param name="Checkpoint">Never goes back.</param>
/// <param name="Watermarks">Saved with it.</param>
public readonly record struct CheckpointWrite(int Partition, long Epoch, long Checkpoint, ReadOnlyMemory<byte> Watermarks);

/// <summary>One transaction. Any list may be empty.</summary>
public sealed record AppendBatch(
    IReadOnlyList<JournalAppend> Frames,
    IReadOnlyList<SnapshotWrite> Snapshots,
    IReadOnlyList<CheckpointWrite> Checkpoints);

public sealed record JournalFrame(int Partition, long Sequence, long Epoch, long At, byte[] Body);

public sealed record SnapshotRow(string Grain, long Sequence, long Wake, bool Flagged, byte[] Body);

public readonly record struct WakeRow(string Grain, long Wake);

/// <summary>The store cannot be used by this process; the message says why and what to do.</summary>
public sealed class StoreRefusedException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>No space is left. Nothing of the failed call was written.</summary>
public sealed class StoreFullException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Stored bytes are not what was written (CRC), or a frame is missing. Never skipped silently.</summary>
public sealed class StoreCorruptException(string message) : Exception(message);

/// <summary>Retention overtook a reader between two frames of a range. Passing on over the hole would fold states that never were.</summary>
/// <param name="partition">Whose frames were read.</param>
/// <param name="next">The first that is not there any more.</param>
/// <param name="oldest">The oldest kept.</param>
public sealed class FramesDroppedException(int partition, long next, long oldest)
    : Exception($"frames {next} to {oldest - 1} of partition {partition} were dropped by retention while they were read")
{
    public int Partition { get; } = partition;

    public long Next { get; } = next;

    public long Oldest { get; } = oldest;
}

/// <summary>The store met an error that it cannot judge (I/O, fsync): the outcome of the last write is unknown and no later call will work. The silo must exit.</summary>
public sealed class StoreFailedException(string message, Exception? inner = null) : Exception(message, inner);
