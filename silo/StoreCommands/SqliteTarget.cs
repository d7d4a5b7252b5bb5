using System.Globalization;
using System.Text;
using Orchestrator.Silo.Journal;

namespace Orchestrator.Silo.StoreCommands;

/// <summary>A store file that is being made: under another name until it is whole.</summary>
internal sealed class SqliteTarget(string path) : IStoreTarget
{
    private const int CacheKilobytes = 65_536;
    private const long BytesBetweenCommits = 64 * 1024 * 1024;
    private readonly string _partial = path + ".partial";
    private readonly Dictionary<int, long[]> _growing = [];
    private SqliteConnection? _connection;
    private SqliteStatement _frame = null!, _run = null!, _snapshot = null!, _setting = null!;
    private long _row;
    private long _unsaved;
    private bool _begun;

    public Task BeginAsync(StoreHead head, IReadOnlyList<StoredPartition> partitions, CancellationToken cancel)
    {
        Refuse(path);
        // What a broken-off attempt left is of no use to anybody.
        Remove();
        _begun = true;
        OpenStore.CreateFile(_partial);
        _connection = new SqliteConnection(_partial, CacheKilobytes);
        StoreSchema.Ensure(_connection, _partial, new StoreCreation(head.Partitions, "store command", head.Level), TimeProvider.System.GetUtcNow().UtcTicks);
        _connection.Execute("BEGIN IMMEDIATE");
        _connection.Execute(string.Create(CultureInfo.InvariantCulture, $"UPDATE description SET incarnation = {head.Incarnation}"));
        using var fence = _connection.Prepare("UPDATE fence SET epoch = ?2, next_sequence = ?3 WHERE partition = ?1");
        using var checkpoint = _connection.Prepare("UPDATE checkpoint SET owner = ?2, sequence = ?3, crc = ?4, watermarks = ?5 WHERE partition = ?1");
        using var oldest = _connection.Prepare("INSERT INTO oldest VALUES(?1, ?2)");
        foreach (var row in partitions)
        {
            fence.Bind(1, row.Partition).Bind(2, row.Epoch).Bind(3, row.Next).Run();
            checkpoint.Bind(1, row.Partition).BindText(2, Encoding.UTF8.GetBytes(row.Owner)).Bind(3, row.Checkpoint)
                .Bind(4, Checksum.OfCheckpoint(row.Partition, row.Checkpoint, row.Watermarks)).Bind(5, row.Watermarks).Run();
            if (row.Oldest > 1)
            {
                oldest.Bind(1, row.Partition).Bind(2, row.Oldest).Run();
            }
        }
        _frame = _connection.Prepare("INSERT INTO journal VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)");
        _run = _connection.Prepare("INSERT INTO run VALUES(?1, ?2)");
        _snapshot = _connection.Prepare("INSERT INTO snapshot(partition, grain, sequence, wake, flagged, crc, body) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)");
        _setting = _connection.Prepare("INSERT INTO setting VALUES(?1, ?2)");
        return Task.CompletedTask;
    }

    public Task WriteFramesAsync(IReadOnlyList<JournalFrame> frames, CancellationToken cancel)
    {
        foreach (var frame in frames)
        {
            cancel.ThrowIfCancellationRequested();
            var crc = Checksum.OfFrame(frame.Partition, frame.Sequence, frame.Epoch, frame.At, frame.Body);
            _frame.Bind(1, ++_row).Bind(2, frame.Partition).Bind(3, frame.Sequence).Bind(4, frame.Epoch).Bind(5, frame.At).Bind(6, crc).Bind(7, frame.Body).Run();
            if (!_growing.TryGetValue(frame.Partition, out var rows))
            {
                _growing.Add(frame.Partition, rows = new long[FrameRuns.Length]);
            }
            rows[FrameRuns.PlaceOf(frame.Partition, frame.Sequence)] = _row;
            if (FrameRuns.PlaceOf(frame.Partition, frame.Sequence) == FrameRuns.Length - 1)
            {
                _run.Bind(1, StoreReader.RunKey(frame.Partition, FrameRuns.RunOf(frame.Partition, frame.Sequence))).Bind(2, FrameRuns.Encode(rows)).Run();
                Array.Clear(rows);
            }
        }
        Pause(frames.Sum(frame => (long)frame.Body.Length));
        return Task.CompletedTask;
    }

    public Task WriteSnapshotsAsync(IReadOnlyList<(int Partition, SnapshotRow Row)> snapshots, CancellationToken cancel)
    {
        foreach (var (partition, row) in snapshots)
        {
            cancel.ThrowIfCancellationRequested();
            var grain = SqliteStore.Utf8.GetBytes(row.Grain);
            _snapshot.Bind(1, partition).BindText(2, grain).Bind(3, row.Sequence).Bind(4, row.Wake).Bind(5, row.Flagged ? 1 : 0)
                .Bind(6, Checksum.OfSnapshot(partition, grain, row.Sequence, row.Wake, row.Flagged, row.Body)).Bind(7, row.Body).Run();
        }
        Pause(snapshots.Sum(snapshot => (long)snapshot.Row.Body.Length));
        return Task.CompletedTask;
    }

    public Task WriteSettingAsync(string name, byte[] value, CancellationToken cancel)
    {
        _setting.BindText(1, SqliteStore.Utf8.GetBytes(name)).Bind(2, value).Run();
        return Task.CompletedTask;
    }

    public Task<IStoreSource> ReadBackAsync(CancellationToken cancel)
    {

        StoreGrowingRuns();
        _connection!.Execute("COMMIT");
        _ = _connection.CheckpointPassive();
        _connection.Dispose();
        _connection = null;
        return Task.FromResult<IStoreSource>(SqliteSource.Open(_partial, alone: false));
    }

    public Task CompleteAsync(CancellationToken cancel)
    {
        Refuse(path);
        File.Move(_partial, path, overwrite: false);
        _begun = false;
        Remove();
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _connection?.Dispose();
        if (_begun)
        {
            Remove();
        }
        return ValueTask.CompletedTask;
    }

    /// <summary>Commits now and then and empties the WAL: nobody sees the file yet, and a WAL as large as the store would need its space twice.</summary>
    private void Pause(long bytes)
    {
        _unsaved += bytes;
        if (_unsaved >= BytesBetweenCommits)
        {
            _unsaved = 0;
            _connection!.Execute("COMMIT");
            _ = _connection.CheckpointPassive();
            _connection.Execute("BEGIN IMMEDIATE");
        }
    }

    private void StoreGrowingRuns()
    {
        using var next = _connection!.Prepare("SELECT next_sequence FROM fence WHERE partition = ?1");
        foreach (var (partition, rows) in _growing)
        {
            next.Bind(1, partition).Step();
            var run = FrameRuns.RunOf(partition, next.Long(0));
            next.Reset();
            if (rows.Any(row => row != 0))
            {
                _run.Bind(1, StoreReader.RunKey(partition, run)).Bind(2, FrameRuns.Encode(rows)).Run();
            }
        }
        _connection.Execute(string.Create(CultureInfo.InvariantCulture, $"UPDATE mark SET row = {_row}"));
    }

    private static void Refuse(string path)
    {
        if (File.Exists(path))
        {
            throw new StoreRefusedException($"there is a file `{path}` already, expected none: move it away or choose another name");
        }
        if (Path.GetDirectoryName(path) is { Length: > 0 } folder && !Directory.Exists(folder))
        {
            throw new StoreRefusedException($"the folder `{folder}` does not exist; create it first");
        }
    }

    private void Remove()
    {
        foreach (var suffix in new[] { "", "-wal", "-shm" })
        {
            File.Delete(_partial + suffix);
        }
    }
}
