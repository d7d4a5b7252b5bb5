using System.Buffers;
using System.Runtime.CompilerServices;

namespace Orchestrator.Silo.Journal.Packing;

/// <summary>
/// A store whose bodies are packed on their way in, as soon as its feature level allows, and expanded on their way out, whatever the level: the one place where that happens, for each kind of store.
/// Nobody above it meets a packed body, nothing below it knows one.
/// </summary>
/// <remarks>Bodies are packed before the append begins, aside from the partitions' threads: while one transaction is packed and written, partitions decide for the next.</remarks>
public sealed class PackedStore : IStore
{
    private readonly IStore _inner;
    private readonly WritableLevel? _level;
    private readonly bool _aside;
    private readonly BodyPacker? _packer;
    private volatile Task _last = Task.CompletedTask;

    private PackedStore(IStore inner, WritableLevel? level, bool aside, PackingEffort effort = PackingEffort.Thorough)
    {
        (_inner, _level, _aside) = (inner, level, aside);
        _packer = level is null ? null : new BodyPacker((int)effort);
    }

    /// <param name="inner">Owned.</param>
    /// <param name="level">What may be written now; kept up to date by whoever hears of it.</param>
    /// <param name="aside">Packs on the thread pool; false: on the caller's thread.</param>
    /// <param name="effort">What smaller bodies are worth.</param>
    public static PackedStore Over(IStore inner, WritableLevel level, bool aside, PackingEffort effort = PackingEffort.Thorough) => new(inner, level, aside, effort);

    /// <summary>Packs nothing; what is packed is read.</summary>
    /// <param name="inner">Owned.</param>
    public static PackedStore Reading(IStore inner) => new(inner, null, aside: false);

    public Task<StoreDescription> OpenAsync(StoreCreation creation, CancellationToken cancel) => _inner.OpenAsync(creation, cancel);

    public async Task<PartitionRow?> TakeOverAsync(int partition, long seenEpoch, string owner, CancellationToken cancel) =>
        await _inner.TakeOverAsync(partition, seenEpoch, owner, cancel) is { } row ? Expand(row) : null;

    public async Task<IReadOnlyList<PartitionRow>> PartitionsAsync(CancellationToken cancel) => Each(await _inner.PartitionsAsync(cancel), Expand);

    public Task<bool[]> AppendAsync(AppendBatch batch, CancellationToken cancel)
    {
        if (_packer is null || _level!.Now < FeatureLevel.Packed)
        {
            return _inner.AppendAsync(batch, cancel);
        }

        var append = PackAndAppendAsync(batch, cancel);
        _last = append;
        return append;
    }

    public async IAsyncEnumerable<JournalFrame> ReadFramesAsync(int partition, long from, long to, [EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var frame in _inner.ReadFramesAsync(partition, from, to, cancel))
        {
            yield return Expand(frame);
        }
    }

    public async Task<IReadOnlyList<JournalFrame?>> ReadFramesAsync(int partition, IReadOnlyList<long> sequences, CancellationToken cancel) =>
        Each(await _inner.ReadFramesAsync(partition, sequences, cancel), static frame => frame is null ? null : Expand(frame));

    public async Task<IReadOnlyList<SnapshotRow?>> ReadSnapshotsAsync(int partition, IReadOnlyList<string> grains, CancellationToken cancel) =>
        Each(await _inner.ReadSnapshotsAsync(partition, grains, cancel), row => row is null ? null : Expand(row, partition));

    public async Task<IReadOnlyList<SnapshotRow>> ReadAllSnapshotsAsync(int partition, string after, int limit, CancellationToken cancel) =>
        Each(await _inner.ReadAllSnapshotsAsync(partition, after, limit, cancel), row => Expand(row, partition));

    public Task<IReadOnlyList<WakeRow>> ReadWakesAsync(int partition, long until, int limit, long afterWake, string afterGrain, CancellationToken cancel) =>
        _inner.ReadWakesAsync(partition, until, limit, afterWake, afterGrain, cancel);

    public Task<IReadOnlyList<string>> ReadFlaggedAsync(int partition, string after, int limit, CancellationToken cancel) => _inner.ReadFlaggedAsync(partition, after, limit, cancel);

    public Task<byte[]?> ReadSettingAsync(string name, CancellationToken cancel) => _inner.ReadSettingAsync(name, cancel);

    public Task WriteSettingAsync(string name, byte[] value, CancellationToken cancel) => _inner.WriteSettingAsync(name, value, cancel);

    public Task<byte[]> ReadOrAddSettingAsync(string name, byte[] value, CancellationToken cancel) => _inner.ReadOrAddSettingAsync(name, value, cancel);

    public Task<long> DropFramesAsync(DateTimeOffset before, CancellationToken cancel) => _inner.DropFramesAsync(before, cancel);

    public Task RaiseLevelAsync(int level, CancellationToken cancel) => _inner.RaiseLevelAsync(level, cancel);

    /// <summary>Finishes the append under way, which the store may not have heard of yet.</summary>
    public async ValueTask DisposeAsync()
    {
        await _last.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        await _inner.DisposeAsync();
        _packer?.Dispose();
    }

    /// <exception cref="StoreCorruptException">It cannot be expanded, though its CRC is right.</exception>
    internal static JournalFrame Expand(JournalFrame frame) =>
        PackedBody.Is(frame.Body) ? frame with { Body = Expand(frame.Body, frame, static f => $"frame {f.Sequence} of partition {f.Partition}") } : frame;

    /// <inheritdoc cref="Expand(JournalFrame)"/>
    internal static SnapshotRow Expand(SnapshotRow row, int partition) =>
        PackedBody.Is(row.Body) ? row with { Body = Expand(row.Body, (row.Grain, partition), static of => $"the snapshot of grain `{of.Grain}` of partition {of.partition}") } : row;

    /// <inheritdoc cref="Expand(JournalFrame)"/>
    internal static PartitionRow Expand(PartitionRow row) =>
        PackedBody.Is(row.Watermarks) ? row with { Watermarks = Expand(row.Watermarks, row, static r => $"the checkpoint of partition {r.Partition}") } : row;

    /// <param name="name">What it is in words: asked for only if it cannot be read.</param>
    private static byte[] Expand<TOf>(byte[] stored, TOf of, Func<TOf, string> name)
    {
        try
        {
            return PackedBody.Expand(stored);
        }
        catch (InvalidDataException e)
        {
            throw new StoreCorruptException($"{name(of)} cannot be read: {e.Message}");
        }
    }

    private async Task<bool[]> PackAndAppendAsync(AppendBatch batch, CancellationToken cancel)
    {
        var room = ArrayPool<byte>.Shared.Rent(RoomFor(batch));
        var packed = _aside ? await Task.Run(() => Pack(batch, room), CancellationToken.None) : Pack(batch, room);
        var accepted = await _inner.AppendAsync(packed, cancel);
        // After anything but an answer the store may still look at it.
        ArrayPool<byte>.Shared.Return(room);
        return accepted;
    }

    private static int RoomFor(AppendBatch batch)
    {
        var room = 0;
        foreach (var frame in batch.Frames)
        {
            room += BodyPacker.Room(frame.Body.Length);
        }

        foreach (var snapshot in batch.Snapshots)
        {
            room += BodyPacker.Room(snapshot.Body.Length);
        }

        foreach (var checkpoint in batch.Checkpoints)
        {
            room += BodyPacker.Room(checkpoint.Watermarks.Length);
        }

        return room;
    }

    private AppendBatch Pack(AppendBatch batch, byte[] room)
    {
        var at = 0;
        lock (_packer!)
        {
            return new AppendBatch(
                Each(batch.Frames, frame => frame with { Body = Pack(frame.Body, room, ref at) }),
                Each(batch.Snapshots, snapshot => snapshot with { Body = Pack(snapshot.Body, room, ref at) }),
                Each(batch.Checkpoints, checkpoint => checkpoint with { Watermarks = Pack(checkpoint.Watermarks, room, ref at) }));
        }
    }

    private ReadOnlyMemory<byte> Pack(ReadOnlyMemory<byte> body, byte[] room, ref int at)
    {
        if (_packer!.Pack(body.Span, room.AsSpan(at, BodyPacker.Room(body.Length))) is not (> 0 and var length))
        {
            return body;
        }

        at += length;
        return room.AsMemory(at - length, length);
    }

    private static T[] Each<T>(IReadOnlyList<T> list, Func<T, T> change)
    {
        var array = new T[list.Count];
        for (var i = 0; i < array.Length; i++)
        {
            array[i] = change(list[i]);
        }

        return array;
    }
}
