using Orchestrator.Silo.Journal;

namespace Orchestrator.Silo.StoreCommands;

/// <summary>What a store says of itself.</summary>
public sealed record StoreHead(int Partitions, long Incarnation, int Level);

/// <param name="Oldest">The first sequence that was not dropped; <paramref name="Next"/> if there is no frame.</param>
/// <param name="Next">The sequence of the next frame.</param>
public sealed record StoredPartition(int Partition, long Epoch, long Oldest, long Next, long Checkpoint, byte[] Watermarks, string Owner);

/// <summary>What a store holds, counted and summed in a way that does not depend on the order of reading: equal for a copy and for nothing else.</summary>
public sealed record StoreTotals(long Frames, long Snapshots, long Settings, long Checkpoints, long Bytes, ulong Sum);

/// <summary>A store as it was at one moment, read from end to end; the store may be in use meanwhile. Each row is checked against its CRC as it is read.</summary>
/// <remarks>Frames come by partition in order of their sequence, the partitions in any mixture.</remarks>
internal interface IStoreSource : IAsyncDisposable
{
    StoreHead Head { get; }

    /// <summary>By number.</summary>
    IReadOnlyList<StoredPartition> Partitions { get; }

    /// <summary>About how many snapshots there are, for the progress bar.</summary>
    long Snapshots { get; }

    IAsyncEnumerable<JournalFrame> FramesAsync(CancellationToken cancel);

    IAsyncEnumerable<(int Partition, SnapshotRow Row)> SnapshotsAsync(CancellationToken cancel);

    IAsyncEnumerable<(string Name, byte[] Value)> SettingsAsync(CancellationToken cancel);
}

/// <summary>A store that is being made. Nobody sees any of it before <see cref="CompleteAsync"/>, and nothing is left if that is not reached.</summary>
internal interface IStoreTarget : IAsyncDisposable
{
    /// <exception cref="StoreRefusedException">There is something already.</exception>
    Task BeginAsync(StoreHead head, IReadOnlyList<StoredPartition> partitions, CancellationToken cancel);

    Task WriteFramesAsync(IReadOnlyList<JournalFrame> frames, CancellationToken cancel);

    Task WriteSnapshotsAsync(IReadOnlyList<(int Partition, SnapshotRow Row)> snapshots, CancellationToken cancel);

    Task WriteSettingAsync(string name, byte[] value, CancellationToken cancel);

    /// <summary>What was written, to be read back; nothing is written after this.</summary>
    Task<IStoreSource> ReadBackAsync(CancellationToken cancel);

    Task CompleteAsync(CancellationToken cancel);
}
