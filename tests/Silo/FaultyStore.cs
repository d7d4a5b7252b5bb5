using Orchestrator.Silo.Journal;

namespace Orchestrator.Silo.Tests;

/// <summary>The real store in a bad world: appends fail, hang or get lost at chosen moments. What it keeps, the real store keeps.</summary>
public sealed class FaultyStore(IStore inner) : IStore
{
    private readonly TaskCompletionSource _never = new();
    private int _appends;

    public IStore Inner => inner;

    /// <summary>What happens to the n-th append (from 1).</summary>
    public Func<int, Fault> OnAppend { get; set; } = _ => Fault.None;

    /// <summary>What happens to a take-over.</summary>
    public Func<Fault> OnTakeOver { get; set; } = () => Fault.None;

    /// <summary>Appends wait for this.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>Grains are read when this is done.</summary>
    public Task ReadGate { get; set; } = Task.CompletedTask;

    public int Appends => Volatile.Read(ref _appends);

    /// <summary>Completes when an append hangs for ever.</summary>
    public TaskCompletionSource Hanging { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async Task<bool[]> AppendAsync(AppendBatch batch, CancellationToken cancel)
    {
        var number = Interlocked.Increment(ref _appends);
        await Gate;
        switch (OnAppend(number))
        {
            case Fault.Full:
                throw new StoreFullException("no space is left");
            case Fault.FailsBefore:
                throw new TimeoutException("the statement timed out");
            case Fault.FailsAfter:
                await inner.AppendAsync(batch, cancel);
                throw new TimeoutException("the answer timed out");
            case Fault.HangsBefore:
                Hanging.TrySetResult();
                await _never.Task;
                break;
            case Fault.HangsAfter:
                await inner.AppendAsync(batch, cancel);
                Hanging.TrySetResult();
                await _never.Task;
                break;
            case Fault.None:
                break;
        }

        return await inner.AppendAsync(batch, cancel);
    }

    public async Task<PartitionRow?> TakeOverAsync(int partition, long seenEpoch, string owner, CancellationToken cancel)
    {
        switch (OnTakeOver())
        {
            case Fault.FailsAfter:
                await inner.TakeOverAsync(partition, seenEpoch, owner, cancel);
                throw new TimeoutException("the answer timed out");
            case Fault.FailsBefore:
                throw new TimeoutException("the statement timed out");
            default:
                return await inner.TakeOverAsync(partition, seenEpoch, owner, cancel);
        }
    }

    /// <summary>As if the store had been restored so often since it was made.</summary>
    public long Restores { get; set; }

    public async Task<StoreDescription> OpenAsync(StoreCreation creation, CancellationToken cancel) =>
        await inner.OpenAsync(creation, cancel) is var description && Restores > 0 ? description with { Incarnation = description.Incarnation + Restores } : description;

    public Task<IReadOnlyList<PartitionRow>> PartitionsAsync(CancellationToken cancel) => inner.PartitionsAsync(cancel);

    public IAsyncEnumerable<JournalFrame> ReadFramesAsync(int partition, long from, long to, CancellationToken cancel) => inner.ReadFramesAsync(partition, from, to, cancel);

    public Task<IReadOnlyList<JournalFrame?>> ReadFramesAsync(int partition, IReadOnlyList<long> sequences, CancellationToken cancel) => inner.ReadFramesAsync(partition, sequences, cancel);

    public async Task<IReadOnlyList<SnapshotRow?>> ReadSnapshotsAsync(int partition, IReadOnlyList<string> grains, CancellationToken cancel)
    {
        await ReadGate;
        return await inner.ReadSnapshotsAsync(partition, grains, cancel);
    }

    public Task<IReadOnlyList<WakeRow>> ReadWakesAsync(int partition, long until, int limit, long afterWake, string afterGrain, CancellationToken cancel) =>
        inner.ReadWakesAsync(partition, until, limit, afterWake, afterGrain, cancel);

    public Task<IReadOnlyList<string>> ReadFlaggedAsync(int partition, string after, int limit, CancellationToken cancel) => inner.ReadFlaggedAsync(partition, after, limit, cancel);

    public Task<IReadOnlyList<SnapshotRow>> ReadAllSnapshotsAsync(int partition, string after, int limit, CancellationToken cancel) => inner.ReadAllSnapshotsAsync(partition, after, limit, cancel);

    public Task<byte[]?> ReadSettingAsync(string name, CancellationToken cancel) => inner.ReadSettingAsync(name, cancel);

    public Task RaiseLevelAsync(int level, CancellationToken cancel) => inner.RaiseLevelAsync(level, cancel);

    public Task WriteSettingAsync(string name, byte[] value, CancellationToken cancel) => inner.WriteSettingAsync(name, value, cancel);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}

/// <summary>What the world does to one call.</summary>
public enum Fault
{
    None,
    Full,
    FailsBefore,
    FailsAfter,
    HangsBefore,
    HangsAfter,
}
