using System.Runtime.CompilerServices;
using Orchestrator.Silo.Journal;

namespace Orchestrator.Simulation.Store;

/// <summary>One process's door to the store model: what a client library is to a database.</summary>
internal class SimulatedStore(StoreModel model, IStoreTransport transport, Func<int> page) : IStore
{
    private readonly HashSet<Task> _underWay = [];
    private bool _closed;
    private int _level = FeatureLevel.Current;

    public SimulatedStore(StoreModel model)
        : this(model, new DirectTransport(model), static () => 64)
    {
    }

    public virtual Task<StoreDescription> OpenAsync(StoreCreation creation, CancellationToken cancel)
    {
        _level = creation.Level;
        return ReadAsync("open", () => model.Open(creation), cancel);
    }

    public virtual async Task<PartitionRow?> TakeOverAsync(int partition, long seenEpoch, string owner, CancellationToken cancel)
    {
        BatchRules.CheckPartition(partition, model.Partitions);
        return await CallAsync(model.TakeOver(partition, seenEpoch, owner, _level), cancel);
    }

    public virtual Task<IReadOnlyList<PartitionRow>> PartitionsAsync(CancellationToken cancel) => ReadAsync("partitions", model.Rows, cancel);

    public virtual async Task<bool[]> AppendAsync(AppendBatch batch, CancellationToken cancel)
    {
        BatchRules.Check(batch, model.Partitions);
        // What was sent is what counts, whatever becomes of the caller's buffers before it arrives.
        var sent = new AppendBatch(
            [.. batch.Frames.Select(f => f with { Body = f.Body.ToArray() })],
            [.. batch.Snapshots.Select(s => s with { Body = s.Body.ToArray() })],
            [.. batch.Checkpoints.Select(c => c with { Watermarks = c.Watermarks.ToArray() })]);
        return await CallAsync(model.Append(sent), cancel);
    }

    public virtual async IAsyncEnumerable<JournalFrame> ReadFramesAsync(int partition, long from, long to, [EnumeratorCancellation] CancellationToken cancel)
    {
        var ends = await ReadAsync("ends", () => model.Ends(partition), cancel);
        var last = Math.Min(to, ends.Last);
        var first = Math.Max(ends.First, from);
        for (var next = first; next <= last;)
        {
            var begin = next;
            var end = Math.Min(last, begin + page() - 1);
            var (frames, oldest) = await ReadAsync("frames", () => (model.Frames(partition, begin, end), model.Ends(partition).First), cancel);
            if (begin < oldest)
            {
                // Dropped while we were on the way to it.
                next = begin == first ? first = oldest : throw new FramesDroppedException(partition, begin, oldest);
                continue;
            }

            foreach (var frame in frames)
            {
                yield return frame;
                next = frame.Sequence + 1;
            }

            if (next == begin)
            {
                throw new StoreCorruptException($"the frame of partition {partition} with sequence {begin} is missing");
            }
        }
    }

    public virtual Task<IReadOnlyList<JournalFrame?>> ReadFramesAsync(int partition, IReadOnlyList<long> sequences, CancellationToken cancel) =>
        ReadAsync<IReadOnlyList<JournalFrame?>>("points", () => [.. sequences.Select(s => model.Frame(partition, s))], cancel);

    public virtual Task<IReadOnlyList<SnapshotRow?>> ReadSnapshotsAsync(int partition, IReadOnlyList<string> grains, CancellationToken cancel) =>
        ReadAsync<IReadOnlyList<SnapshotRow?>>("snapshots", () => [.. grains.Select(g => model.Snapshot(partition, g) is { } row && _level < FeatureLevel.Current && model.Level <= _level ? row with { Body = OlderForm.Of(row.Body, _level) } : model.Snapshot(partition, g))], cancel);

    public Task<IReadOnlyList<WakeRow>> ReadWakesAsync(int partition, long until, int limit, long afterWake, string afterGrain, CancellationToken cancel) =>
        ReadAsync<IReadOnlyList<WakeRow>>("wakes", () => model.Wakes(partition, until, limit, afterWake, afterGrain), cancel);

    public Task<IReadOnlyList<string>> ReadFlaggedAsync(int partition, string after, int limit, CancellationToken cancel) =>
        ReadAsync<IReadOnlyList<string>>("flagged", () => model.Flagged(partition, after, limit), cancel);

    public Task<IReadOnlyList<SnapshotRow>> ReadAllSnapshotsAsync(int partition, string after, int limit, CancellationToken cancel) =>
        ReadAsync<IReadOnlyList<SnapshotRow>>("all-snapshots", () => model.AllSnapshots(partition, after, limit), cancel);

    public Task<byte[]?> ReadSettingAsync(string name, CancellationToken cancel) => ReadAsync("setting-read", () => model.Setting(name), cancel);

    public async Task WriteSettingAsync(string name, byte[] value, CancellationToken cancel)
    {
        BatchRules.CheckSetting(name, value);
        await CallAsync(new StoreCall<bool>("setting", [], static () => { }, () =>
        {
            model.Set(name, value);
            return true;
        }), cancel);
    }

    public Task<long> DropFramesAsync(DateTimeOffset before, CancellationToken cancel) => ReadAsync("drop", () => model.Drop(before), cancel);

    public Task RaiseLevelAsync(int level, CancellationToken cancel) => ReadAsync("raise", () =>
    {
        model.Raise(level, _level);
        return true;
    }, cancel);

    /// <summary>Waits for what is under way, and takes nothing more.</summary>
    public async ValueTask DisposeAsync()
    {
        _closed = true;
        Task[] left;
        lock (_underWay)
        {
            left = [.. _underWay];
        }

        foreach (var call in left)
        {
            try
            {
                await call;
            }
            catch (Exception e) when (e is IOException or TimeoutException or StoreFullException or StoreFailedException or StoreRefusedException)
            {
                // For the one who called.
            }
        }

        GC.SuppressFinalize(this);
    }

    private Task<T> ReadAsync<T>(string kind, Func<T> read, CancellationToken cancel) => CallAsync(new StoreCall<T>(kind, [], static () => { }, read), cancel);

    private async Task<T> CallAsync<T>(StoreCall<T> call, CancellationToken cancel)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        cancel.ThrowIfCancellationRequested();
        var task = transport.CallAsync(call);
        if (task.IsCompleted)
        {
            return await task;
        }

        lock (_underWay)
        {
            _underWay.Add(task);
        }

        try
        {
            return await task;
        }
        finally
        {
            lock (_underWay)
            {
                _underWay.Remove(task);
            }
        }
    }
}
