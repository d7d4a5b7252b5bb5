using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;

namespace Orchestrator.Silo.Journal;

/// <summary>The store of one silo in one SQLite file (with its <c>-wal</c> and <c>-shm</c> beside it, and <c>.lock</c>).</summary>
/// <remarks>
/// Writes run on one thread of the store's own, one durable transaction each; reads run on the caller's thread over a few connections.
/// A full disk is reported and survived. Any other write error leaves the store failed: what a disk says after a failed fsync cannot be
/// believed, so every later call throws <see cref="StoreFailedException"/> and the silo must exit.
/// </remarks>
public sealed class SqliteStore : IStore
{
    /// <summary>Most bytes of one frame, snapshot, watermark or setting.</summary>
    public const int BodyLimitBytes = 16 * 1024 * 1024;

    /// <summary>Most characters of a grain's name.</summary>
    public const int GrainLimit = 512;

    private const int PartitionLimit = 4_096;
    private const int ReadChunkBytes = 1024 * 1024;

    /// <summary>Strict: two names that differ only in broken characters must not become one.</summary>
    internal static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string _path;
    private readonly TimeProvider _clock;
    private volatile OpenStore? _open;
    private int _level;
    private volatile Exception? _failure;
    private readonly ConcurrentQueue<TakeOverWish> _wishes = new();
    private bool _disposed;

    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="clock">Used for the instant of creation only.</param>
    public SqliteStore(string path, TimeProvider clock)
    {
        _path = Resolve(Path.GetFullPath(path));
        _clock = clock;
    }

    public Task<StoreDescription> OpenAsync(StoreCreation creation, CancellationToken cancel)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_open is not null)
        {
            throw new InvalidOperationException("the store is already open");
        }
        if (creation.Partitions is < 1 or > PartitionLimit)
        {
            throw new ArgumentOutOfRangeException(nameof(creation), creation.Partitions, $"expected 1 to {PartitionLimit} partitions, got {creation.Partitions}");
        }
        return Task.Run(
            () =>
            {
                _level = creation.Level;
                _open = OpenStore.Open(_path, creation, _clock.GetUtcNow().UtcTicks, Fail);
                return _open.Description;
            },
            cancel);
    }

    public async Task<PartitionRow?> TakeOverAsync(int partition, long seenEpoch, string owner, CancellationToken cancel)
    {
        var open = Ready(partition);
        var wish = new TakeOverWish(partition, seenEpoch, owner, cancel);
        _wishes.Enqueue(wish);
        return await WriteAsync(
            open,
            () =>
            {
                // A start takes hundreds of partitions at once: those that wait share one transaction.
                TakeOverAll(open);
                return wish.Result();
            },
            CancellationToken.None).ConfigureAwait(false)
            ? (await open.Readers.ReadAsync(reader => reader.Partitions(partition, partition), CancellationToken.None).ConfigureAwait(false))[0]
            : null;
    }

    public async Task<IReadOnlyList<PartitionRow>> PartitionsAsync(CancellationToken cancel) =>
        await Ready().Readers.ReadAsync(reader => reader.Partitions(0, int.MaxValue), cancel).ConfigureAwait(false);

    public Task<bool[]> AppendAsync(AppendBatch batch, CancellationToken cancel)
    {
        var open = Ready();
        BatchRules.Check(batch, open.Description.Partitions);
        if (batch.Frames.Count + batch.Snapshots.Count + batch.Checkpoints.Count == 0)
        {
            return Task.FromResult<bool[]>([]);
        }
        return WriteAsync(
            open,
            () =>
            {
                var accepted = open.Writer.Append(batch);
                open.Checkpointer.Wrote(open.Writer.Connection.PagesWritten());
                return accepted;
            },
            cancel);
    }

    public async IAsyncEnumerable<JournalFrame> ReadFramesAsync(int partition, long from, long to, [EnumeratorCancellation] CancellationToken cancel)
    {
        var open = Ready(partition);
        var last = Math.Min(to, open.Runs.NextOf(partition) - 1);
        var first = Math.Max(open.Runs.OldestOf(partition), from);
        for (var next = first; next <= last;)
        {
            var start = next;
            List<JournalFrame> frames;
            try
            {
                frames = await Ready().Readers.ReadAsync(reader => reader.Frames(partition, start, last, ReadChunkBytes), cancel).ConfigureAwait(false);
            }
            catch (StoreCorruptException) when (start < open.Runs.OldestOf(partition))
            {
                // Dropped while we were on the way to it.
                var oldest = open.Runs.OldestOf(partition);
                next = start == first ? first = oldest : throw new FramesDroppedException(partition, start, oldest);
                continue;
            }
            foreach (var frame in frames)
            {
                yield return frame;
                next = frame.Sequence + 1;
            }
        }
    }

    public async Task<IReadOnlyList<JournalFrame?>> ReadFramesAsync(int partition, IReadOnlyList<long> sequences, CancellationToken cancel)
    {
        while (true)
        {
            var open = Ready(partition);
            var oldest = open.Runs.OldestOf(partition);
            try
            {
                return await open.Readers.ReadAsync(reader => reader.Frames(partition, sequences), cancel).ConfigureAwait(false);
            }
            catch (StoreCorruptException) when (oldest < open.Runs.OldestOf(partition))
            {
                // Dropped while we were on the way to it.
            }
        }
    }

    public async Task<IReadOnlyList<SnapshotRow?>> ReadSnapshotsAsync(int partition, IReadOnlyList<string> grains, CancellationToken cancel) =>
        await Ready(partition).Readers.ReadAsync(reader => reader.Snapshots(partition, grains), cancel).ConfigureAwait(false);

    public async Task<IReadOnlyList<WakeRow>> ReadWakesAsync(int partition, long until, int limit, long afterWake, string afterGrain, CancellationToken cancel) =>
        await Ready(partition).Readers.ReadAsync(reader => reader.Wakes(partition, until, limit, afterWake, afterGrain), cancel).ConfigureAwait(false);

    public async Task<IReadOnlyList<string>> ReadFlaggedAsync(int partition, string after, int limit, CancellationToken cancel) =>
        await Ready(partition).Readers.ReadAsync(reader => reader.Flagged(partition, after, limit), cancel).ConfigureAwait(false);

    public async Task<IReadOnlyList<SnapshotRow>> ReadAllSnapshotsAsync(int partition, string after, int limit, CancellationToken cancel) =>
        await Ready(partition).Readers.ReadAsync(reader => reader.AllSnapshots(partition, after, limit), cancel).ConfigureAwait(false);

    public async Task<byte[]?> ReadSettingAsync(string name, CancellationToken cancel) =>
        await Ready().Readers.ReadAsync(reader => reader.Setting(name), cancel).ConfigureAwait(false);

    public Task WriteSettingAsync(string name, byte[] value, CancellationToken cancel)
    {
        var open = Ready();
        BatchRules.CheckSetting(name, value);
        return WriteAsync(open, () => open.Writer.WriteSetting(name, value), cancel);
    }

    public async Task<long> DropFramesAsync(DateTimeOffset before, CancellationToken cancel)
    {
        var open = Ready();
        var retention = new StoreRetention(open.Writer.Connection, open.Runs, before.UtcTicks);
        long dropped = 0;
        // Many short transactions, so that commits get between them.
        while (!retention.Ended)
        {
            dropped += await WriteAsync(open, () => open.Writer.Transact(retention.DropSome), cancel).ConfigureAwait(false);
            retention.Committed();
            open.Checkpointer.Wrote(open.Writer.Connection.PagesWritten());
        }
        return dropped;
    }

    public Task RaiseLevelAsync(int level, CancellationToken cancel)
    {
        var open = Ready();
        BatchRules.CheckLevel(level, _level);
        return WriteAsync(open, () => open.Writer.RaiseLevel(level), cancel);
    }

    /// <summary>Finishes writes and reads under way, copies the WAL into the main file and lets go of the lock.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }
        _disposed = true;
        if (_open is { } open)
        {
            await Task.Run(() => open.Close(keepWal: _failure is not null)).ConfigureAwait(false);
        }
    }

    /// <summary>Bounds the file, in pages of 4 KiB: for tests of a full disk.</summary>
    internal void LimitPages(int pages) => Ready().Writer.Connection.Execute($"PRAGMA max_page_count={pages}");

    // Two links to one file must meet at one lock, and a link may lead to a network file system.
    private static string Resolve(string path)
    {
        var folder = Path.GetDirectoryName(path);
        if (folder is null)
        {
            return path;
        }
        path = Path.Combine(Resolve(folder), Path.GetFileName(path));
        var target = File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true) : Directory.Exists(path) ? Directory.ResolveLinkTarget(path, returnFinalTarget: true) : null;
        return target?.FullName ?? path;
    }

    private Task<T> WriteAsync<T>(OpenStore open, Func<T> work, CancellationToken cancel) => open.Thread.Do(
        () =>
        {
            ThrowIfFailed();
            try
            {
                return work();
            }
            catch (SqliteFailure e) when (e.IsBusy)
            {
                throw new TimeoutException($"another process has held the write lock of the store `{_path}` for too long; nothing was written", e);
            }
            catch (SqliteFailure e)
            {
                Fail(e);
                throw new StoreFailedException($"the store `{_path}` failed while writing: {e.Message}; whether the last commit is on disk is unknown, so this silo must stop", e);
            }
        },
        cancel);

    private void TakeOverAll(OpenStore open)
    {
        var wishes = new List<TakeOverWish>();
        while (_wishes.TryDequeue(out var wish))
        {
            if (wish.Begin())
            {
                wishes.Add(wish);
            }
        }
        if (wishes.Count == 0)
        {
            return;
        }
        try
        {
            var raised = open.Writer.TakeOver(wishes);
            if (raised > 0)
            {
                open.Lock.Note(open.Description.Incarnation, open.Lock.LastEpochs + raised);
            }
        }
        catch (Exception e)
        {
            wishes.ForEach(wish => wish.Fault = e);
        }
    }

    private void Fail(SqliteFailure e) => _failure ??= e;

    private void ThrowIfFailed()
    {
        if (_failure is { } failure)
        {
            throw new StoreFailedException($"the store `{_path}` failed before: {failure.Message}; this silo must stop", failure);
        }
    }

    private OpenStore Ready()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ThrowIfFailed();
        return _open ?? throw new InvalidOperationException("the store is not open");
    }

    private OpenStore Ready(int partition)
    {
        var open = Ready();
        BatchRules.CheckPartition(partition, open.Description.Partitions);
        return open;
    }
}
