using Orchestrator.Silo.Journal;
using Xunit;

namespace Orchestrator.Storage.Contract.Tests;

/// <summary>
/// What every store must do, whatever it is made of. A store's project derives from each part (StoreContract*.cs) and says how to open one.
/// Nothing here knows which store runs.
/// </summary>
public abstract class StoreContract : IAsyncLifetime
{
    protected const int Partitions = 16;

    private IStore? _store;
    private TemporaryFolder? _folder;

    protected IStore Store => _store!;

    /// <summary>A folder of this test's own, made when first asked for and removed at its end, for stores that lie in files.</summary>
    private protected TemporaryFolder Folder => _folder ??= new TemporaryFolder();

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>A store object over this test's place, not yet opened; called again to open the same place anew.</summary>
    protected abstract IStore Create();

    public async ValueTask InitializeAsync()
    {
        _store = Create();
        await _store.OpenAsync(new StoreCreation(Partitions, "contract"), Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        _folder?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes the store and opens the same place again.</summary>
    protected async Task<StoreDescription> ReopenAsync(int partitions = Partitions)
    {
        await Store.DisposeAsync();
        _store = Create();
        return await _store.OpenAsync(new StoreCreation(partitions, "contract"), Cancel);
    }

    /// <summary>Takes the partition's next epoch.</summary>
    protected async Task<long> OwnAsync(int partition)
    {
        var seen = (await Store.PartitionsAsync(Cancel))[partition].Epoch;
        return (await Store.TakeOverAsync(partition, seen, "owner", Cancel))!.Epoch;
    }

    /// <summary>Appends one frame for each sequence, each in a transaction of its own.</summary>
    protected async Task FillAsync(int partition, long epoch, long from, long to)
    {
        for (var sequence = from; sequence <= to; sequence++)
        {
            await AppendAsync([true], Frame(partition, epoch, sequence));
        }
    }

    protected Task<bool[]> AppendAsync(params JournalAppend[] frames) => Store.AppendAsync(new AppendBatch(frames, [], []), Cancel);

    /// <summary>Appends, and expects this answer for each frame.</summary>
    protected async Task AppendAsync(bool[] expected, params JournalAppend[] frames) => Assert.Equal(expected, await AppendAsync(frames));

    protected Task SaveAsync(params SnapshotWrite[] snapshots) => Store.AppendAsync(new AppendBatch([], snapshots, []), Cancel);

    protected Task CheckpointAsync(params CheckpointWrite[] checkpoints) => Store.AppendAsync(new AppendBatch([], [], checkpoints), Cancel);

    protected async Task<List<JournalFrame>> ReadAsync(int partition, long from, long to)
    {
        var frames = new List<JournalFrame>();
        await foreach (var frame in Store.ReadFramesAsync(partition, from, to, Cancel))
        {
            frames.Add(frame);
        }
        return frames;
    }

    protected async Task<SnapshotRow?> SnapshotAsync(int partition, string grain) => (await Store.ReadSnapshotsAsync(partition, [grain], Cancel))[0];

    protected static JournalAppend Frame(int partition, long epoch, long sequence) =>
        new(partition, epoch, sequence, At: 1_000 + sequence, Body(partition, sequence));

    protected static SnapshotWrite Snapshot(int partition, long epoch, string grain, long sequence, long wake = 0, bool flagged = false) =>
        new(partition, epoch, grain, sequence, wake, flagged, Body(partition, sequence));

    /// <summary>A body that tells its place, of 1 to 700 bytes.</summary>
    protected static byte[] Body(int partition, long sequence)
    {
        var body = new byte[1 + (((partition * 131) + (sequence * 17)) % 700)];
        new Random((int)((partition * 100_003) + sequence)).NextBytes(body);
        return body;
    }
}
