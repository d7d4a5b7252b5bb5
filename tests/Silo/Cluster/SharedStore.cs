using Orchestrator.Silo.Journal;

namespace Orchestrator.Silo.Tests.Cluster;

/// <summary>One real store that several silos of a process have open at a time: its fence is the same for all of them.</summary>
internal sealed class SharedStore(IStore inner, StoreDescription description) : IStore
{
    public Task<StoreDescription> OpenAsync(StoreCreation creation, CancellationToken cancel) => Task.FromResult(description);

    public Task<PartitionRow?> TakeOverAsync(int partition, long seenEpoch, string owner, CancellationToken cancel) => inner.TakeOverAsync(partition, seenEpoch, owner, cancel);

    public Task<IReadOnlyList<PartitionRow>> PartitionsAsync(CancellationToken cancel) => inner.PartitionsAsync(cancel);

    public async Task<bool[]> AppendAsync(AppendBatch batch, CancellationToken cancel)
    {
        // The contract has one committer at a time, as each silo has; a database orders theirs.
        await _turn.WaitAsync(cancel);
        try
        {
            return await inner.AppendAsync(batch, cancel);
        }
        finally
        {
            _turn.Release();
        }
    }

    public IAsyncEnumerable<JournalFrame> ReadFramesAsync(int partition, long from, long to, CancellationToken cancel) => inner.ReadFramesAsync(partition, from, to, cancel);

    public Task<IReadOnlyList<JournalFrame?>> ReadFramesAsync(int partition, IReadOnlyList<long> sequences, CancellationToken cancel) => inner.ReadFramesAsync(partition, sequences, cancel);

    public Task<IReadOnlyList<SnapshotRow?>> ReadSnapshotsAsync(int partition, IReadOnlyList<string> grains, CancellationToken cancel) => inner.ReadSnapshotsAsync(partition, grains, cancel);

    public Task<IReadOnlyList<WakeRow>> ReadWakesAsync(int partition, long until, int limit, long afterWake, string afterGrain, CancellationToken cancel) =>
        inner.ReadWakesAsync(partition, until, limit, afterWake, afterGrain, cancel);

    public Task<IReadOnlyList<string>> ReadFlaggedAsync(int partition, string after, int limit, CancellationToken cancel) => inner.ReadFlaggedAsync(partition, after, limit, cancel);

    public Task<IReadOnlyList<SnapshotRow>> ReadAllSnapshotsAsync(int partition, string after, int limit, CancellationToken cancel) => inner.ReadAllSnapshotsAsync(partition, after, limit, cancel);

    public Task<byte[]?> ReadSettingAsync(string name, CancellationToken cancel) => inner.ReadSettingAsync(name, cancel);

    public Task WriteSettingAsync(string name, byte[] value, CancellationToken cancel) => inner.WriteSettingAsync(name, value, cancel);

    public ValueTask DisposeAsync()
    {
        _turn.Dispose();
        return default;
    }

    private readonly SemaphoreSlim _turn = new(1);
}
