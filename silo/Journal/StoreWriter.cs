using System.Globalization;
using System.Text;

namespace Orchestrator.Silo.Journal;

/// <summary>The writing connection: one durable transaction a call. Lives on the writer's thread.</summary>
internal sealed class StoreWriter : IDisposable
{
    /// <summary>Growing runs are stored after so many frames, which bounds the scan when the store is opened (about 10-20 MB).</summary>
    private const int FramesBetweenMarks = 16_384;

    private readonly SqliteConnection _connection;
    private readonly FrameRuns _runs;
    private readonly string _path;
    private readonly SqliteStatement _begin, _commit, _rollback, _advance, _insert, _run, _mark, _snapshot, _checkpoint, _takeOver, _owner, _setting;
    private readonly byte[] _grain = new byte[4 * SqliteStore.GrainLimit];
    private readonly List<(int Partition, long Sequence, long Row)> _accepted = [];
    private long _lastRow;
    private long _markedRow;

    public StoreWriter(SqliteConnection connection, FrameRuns runs, string path, long lastRow, long markedRow)
    {
        (_connection, _runs, _path, _lastRow, _markedRow) = (connection, runs, path, lastRow, markedRow);
        _begin = connection.Prepare("BEGIN IMMEDIATE");
        _commit = connection.Prepare("COMMIT");
        _rollback = connection.Prepare("ROLLBACK");
        _advance = connection.Prepare("UPDATE fence SET next_sequence = next_sequence + 1 WHERE partition = ?1 AND epoch = ?2 AND next_sequence = ?3");
        _insert = connection.Prepare("INSERT INTO journal VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)");
        _run = connection.Prepare("INSERT OR REPLACE INTO run VALUES(?1, ?2)");
        _mark = connection.Prepare("UPDATE mark SET row = ?1");
        _snapshot = connection.Prepare(
            """
            INSERT INTO snapshot(partition, grain, sequence, wake, flagged, crc, body)
            SELECT ?1, ?3, ?4, ?5, ?6, ?7, ?8 WHERE EXISTS(SELECT 1 FROM fence WHERE partition = ?1 AND epoch = ?2 AND next_sequence > ?4)
            ON CONFLICT(partition, grain) DO UPDATE SET sequence = excluded.sequence, wake = excluded.wake, flagged = excluded.flagged, crc = excluded.crc, body = excluded.body
            WHERE excluded.sequence > snapshot.sequence
            """);
        _checkpoint = connection.Prepare(
            """
            UPDATE checkpoint SET sequence = ?3, crc = ?4, watermarks = ?5 WHERE partition = ?1 AND sequence <= ?3
            AND EXISTS(SELECT 1 FROM fence WHERE partition = ?1 AND epoch = ?2 AND next_sequence > ?3)
            """);
        _takeOver = connection.Prepare("UPDATE fence SET epoch = epoch + 1 WHERE partition = ?1 AND epoch = ?2");
        _owner = connection.Prepare("UPDATE checkpoint SET owner = ?2 WHERE partition = ?1");
        _setting = connection.Prepare("INSERT OR REPLACE INTO setting VALUES(?1, ?2)");
    }

    public SqliteConnection Connection => _connection;

    public bool[] Append(AppendBatch batch)
    {
        var accepted = new bool[batch.Frames.Count];
        _accepted.Clear();
        var row = _lastRow;
        int[] stored = [];
        Transact(() =>
        {
            stored = StoreGrowingRuns();
            for (var i = 0; i < accepted.Length; i++)
            {
                var frame = batch.Frames[i];
                if (_advance.Bind(1, frame.Partition).Bind(2, frame.Epoch).Bind(3, frame.Sequence).Run() == 1)
                {
                    accepted[i] = true;
                    Insert(frame, ++row);
                }
            }
            foreach (var snapshot in batch.Snapshots)
            {
                Save(snapshot);
            }
            foreach (var checkpoint in batch.Checkpoints)
            {
                Save(checkpoint);
            }
            return true;
        });
        if (stored.Length > 0)
        {
            _markedRow = _lastRow;
            _runs.Stored(stored);
        }
        _lastRow = row;
        foreach (var (partition, sequence, at) in _accepted)
        {
            _runs.Committed(partition, sequence, at);
        }
        return accepted;
    }

    /// <summary>Raises the epochs that are still as seen, all in one transaction.</summary>
    /// <returns>How many were raised.</returns>
    public int TakeOver(IReadOnlyList<TakeOverWish> wishes)
    {
        Transact(() =>
        {
            foreach (var wish in wishes)
            {
                wish.Raised = _takeOver.Bind(1, wish.Partition).Bind(2, wish.SeenEpoch).Run() == 1;
                if (wish.Raised)
                {
                    _owner.Bind(1, wish.Partition).BindText(2, Encoding.UTF8.GetBytes(wish.Owner)).Run();
                }
            }
            return true;
        });
        return wishes.Count(wish => wish.Raised);
    }

    public bool WriteSetting(string name, byte[] value) =>
        Transact(() => _setting.BindText(1, Encoding.UTF8.GetBytes(name)).Bind(2, value).Run() == 1);

    public bool RaiseLevel(int level) => Transact(() =>
    {
        _connection.Execute(string.Create(CultureInfo.InvariantCulture, $"UPDATE description SET level = max(level, {level})"));
        return true;
    });

    public void Dispose() => _connection.Dispose();

    private void Insert(in JournalAppend frame, long row)
    {
        var body = frame.Body.Span;
        var crc = Checksum.OfFrame(frame.Partition, frame.Sequence, frame.Epoch, frame.At, body);
        _insert.Bind(1, row).Bind(2, frame.Partition).Bind(3, frame.Sequence).Bind(4, frame.Epoch).Bind(5, frame.At).Bind(6, crc).Bind(7, body).Run();
        _accepted.Add((frame.Partition, frame.Sequence, row));
        if (FrameRuns.PlaceOf(frame.Partition, frame.Sequence) == FrameRuns.Length - 1)
        {
            var run = FrameRuns.RunOf(frame.Partition, frame.Sequence);
            var rows = _runs.Growing(frame.Partition, run) ?? throw new InvalidOperationException($"the run {run} of partition {frame.Partition} is not the growing one");
            rows[FrameRuns.Length - 1] = row;
            _run.Bind(1, StoreReader.RunKey(frame.Partition, run)).Bind(2, FrameRuns.Encode(rows)).Run();
        }
    }

    private void Save(in SnapshotWrite snapshot)
    {
        var grain = _grain.AsSpan(0, SqliteStore.Utf8.GetBytes(snapshot.Grain, _grain));
        var body = snapshot.Body.Span;
        _snapshot.Bind(1, snapshot.Partition).Bind(2, snapshot.Epoch).BindText(3, grain).Bind(4, snapshot.Sequence).Bind(5, snapshot.Wake)
            .Bind(6, snapshot.Flagged ? 1 : 0).Bind(7, Checksum.OfSnapshot(snapshot.Partition, grain, snapshot.Sequence, snapshot.Wake, snapshot.Flagged, body)).Bind(8, body).Run();
    }

    private void Save(in CheckpointWrite write)
    {
        var watermarks = write.Watermarks.Span;
        _checkpoint.Bind(1, write.Partition).Bind(2, write.Epoch).Bind(3, write.Checkpoint)
            .Bind(4, Checksum.OfCheckpoint(write.Partition, write.Checkpoint, watermarks)).Bind(5, watermarks).Run();
    }

    /// <summary>Stores the growing runs and moves the mark, when it is time; as they stood before this transaction, for it may yet fail.</summary>
    private int[] StoreGrowingRuns()
    {
        if (_lastRow - _markedRow < FramesBetweenMarks)
        {
            return [];
        }
        var partitions = _runs.Unstored();
        foreach (var partition in partitions)
        {
            var run = FrameRuns.RunOf(partition, _runs.NextOf(partition));
            _run.Bind(1, StoreReader.RunKey(partition, run)).Bind(2, FrameRuns.Encode(_runs.Growing(partition, run))).Run();
        }
        _mark.Bind(1, _lastRow).Run();
        return partitions;
    }

    /// <summary>Does the work in one durable transaction; on the writer's thread.</summary>
    public T Transact<T>(Func<T> work)
    {
        _begin.Run();
        try
        {
            var result = work();
            _commit.Run();
            return result;
        }
        catch (SqliteFailure e) when (e.IsFull)
        {
            RollBack();
            throw new StoreFullException($"no space is left for the store `{_path}`; nothing of this commit was written", e);
        }
        catch
        {
            RollBack();
            throw;
        }
    }

    private void RollBack()
    {
        // SQLite ends the transaction by itself after some errors.
        if (!_connection.IsAutocommit)
        {
            _rollback.Run();
        }
    }
}
