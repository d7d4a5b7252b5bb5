using System.Text;

namespace Orchestrator.Silo.Journal;

/// <summary>One reading connection. Used by one thread at a time; see <see cref="ReaderPool"/>.</summary>
internal sealed class StoreReader : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly FrameRuns _runs;
    private readonly byte[] _grain = new byte[4 * SqliteStore.GrainLimit];
    private readonly SqliteStatement _begin, _end, _frame, _run, _partitions, _snapshot, _wakes, _flagged, _snapshots, _setting;

    public StoreReader(SqliteConnection connection, FrameRuns runs)
    {
        (_connection, _runs) = (connection, runs);
        connection.Execute("PRAGMA query_only=ON");
        _begin = connection.Prepare("BEGIN");
        _end = connection.Prepare("COMMIT");
        _frame = connection.Prepare("SELECT partition, sequence, epoch, at, crc, body FROM journal WHERE row = ?1");
        _run = connection.Prepare("SELECT rows FROM run WHERE id = ?1");
        _partitions = connection.Prepare(
            """
            SELECT f.partition, f.epoch, f.next_sequence, c.sequence, c.crc, c.watermarks, c.owner
            FROM fence f JOIN checkpoint c ON c.partition = f.partition WHERE f.partition BETWEEN ?1 AND ?2 ORDER BY f.partition
            """);
        _snapshot = connection.Prepare("SELECT grain, sequence, wake, flagged, crc, body FROM snapshot WHERE partition = ?1 AND grain = ?2");
        _wakes = connection.Prepare(
            """
            SELECT wake, grain FROM snapshot INDEXED BY snapshot_wake
            WHERE partition = ?1 AND wake <> 0 AND wake <= ?2 AND (wake, grain) > (?3, ?4) ORDER BY wake, grain LIMIT ?5
            """);
        _flagged = connection.Prepare(
            "SELECT grain FROM snapshot INDEXED BY snapshot_flagged WHERE partition = ?1 AND flagged <> 0 AND grain > ?2 ORDER BY grain LIMIT ?3");
        _snapshots = connection.Prepare(
            "SELECT grain, sequence, wake, flagged, crc, body FROM snapshot WHERE partition = ?1 AND grain > ?2 ORDER BY grain LIMIT ?3");
        _setting = connection.Prepare("SELECT value FROM setting WHERE name = ?1");
    }

    /// <summary>The key of a run in its table: 2^40 runs a partition.</summary>
    public static long RunKey(int partition, long run) => ((long)partition << 40) | run;

    /// <summary>Runs the work on one consistent state of the store.</summary>
    public T Consistently<T>(Func<T> work)
    {
        _begin.Run();
        try
        {
            return work();
        }
        finally
        {
            if (!_connection.IsAutocommit)
            {
                _end.Run();
            }
        }
    }

    // Runs are looked up before a consistent read begins: a state fixed earlier might not yet have a run that memory has just given up.

    /// <summary>Frames from <paramref name="from"/> on, up to <paramref name="to"/>, the end of the run or the byte bound, whichever comes first; at least one if there is one.</summary>
    public List<JournalFrame> Frames(int partition, long from, long to, int bytes)
    {
        var run = FrameRuns.RunOf(partition, from);
        var rows = Rows(partition, run);
        return Consistently(() =>
        {
            var frames = new List<JournalFrame>();
            for (var sequence = from; sequence <= to && FrameRuns.RunOf(partition, sequence) == run && bytes > 0; sequence++)
            {
                var frame = Frame(partition, sequence, rows);
                frames.Add(frame);
                bytes -= frame.Body.Length;
            }
            return frames;
        });
    }

    /// <summary>Frames at these sequences; null beyond the end and for those dropped.</summary>
    public JournalFrame?[] Frames(int partition, IReadOnlyList<long> sequences)
    {
        var (next, oldest) = (_runs.NextOf(partition), _runs.OldestOf(partition));
        var runs = new Dictionary<long, long[]>();
        foreach (var sequence in sequences)
        {
            if (sequence >= oldest && sequence < next && FrameRuns.RunOf(partition, sequence) is var run && !runs.ContainsKey(run))
            {
                runs.Add(run, Rows(partition, run));
            }
        }
        return Consistently(() =>
        {
            var frames = new JournalFrame?[sequences.Count];
            for (var i = 0; i < frames.Length; i++)
            {
                var sequence = sequences[i];
                frames[i] = sequence >= oldest && sequence < next ? Frame(partition, sequence, runs[FrameRuns.RunOf(partition, sequence)]) : null;
            }
            return frames;
        });
    }

    public List<PartitionRow> Partitions(int first, int last)
    {
        var rows = new List<PartitionRow>();
        try
        {
            _partitions.Bind(1, first).Bind(2, last);
            while (_partitions.Step())
            {
                var (partition, checkpoint, watermarks) = ((int)_partitions.Long(0), _partitions.Long(3), _partitions.Bytes(5).ToArray());
                if (_partitions.Long(4) != Checksum.OfCheckpoint(partition, checkpoint, watermarks))
                {
                    throw new StoreCorruptException($"the checkpoint of partition {partition} at sequence {checkpoint} is damaged: its checksum does not match");
                }
                rows.Add(new PartitionRow(partition, _partitions.Long(1), _partitions.Long(2), checkpoint, watermarks, Encoding.UTF8.GetString(_partitions.Bytes(6))));
            }
        }
        finally
        {
            _partitions.Reset();
        }
        return rows;
    }

    public SnapshotRow?[] Snapshots(int partition, IReadOnlyList<string> grains) => Consistently(() =>
    {
        var rows = new SnapshotRow?[grains.Count];
        for (var i = 0; i < rows.Length; i++)
        {
            try
            {
                // The name is known, so it is neither read again nor made a text again: that was a fifth of what waking a grain left behind.
                if (grains[i].Length > SqliteStore.GrainLimit)
                {
                    continue;
                }
                var name = _grain.AsSpan(0, SqliteStore.Utf8.GetBytes(grains[i], _grain));
                rows[i] = _snapshot.Bind(1, partition).BindText(2, name).Step() ? Snapshot(_snapshot, partition, grains[i], name) : null;
            }
            finally
            {
                _snapshot.Reset();
            }
        }
        return rows;
    });

    public List<WakeRow> Wakes(int partition, long until, int limit, long afterWake, string afterGrain) => List(
        _wakes.Bind(1, partition).Bind(2, until).Bind(3, afterWake).BindText(4, SqliteStore.Utf8.GetBytes(afterGrain)).Bind(5, limit),
        row => new WakeRow(Encoding.UTF8.GetString(row.Bytes(1)), row.Long(0)));

    public List<string> Flagged(int partition, string after, int limit) => List(
        _flagged.Bind(1, partition).BindText(2, SqliteStore.Utf8.GetBytes(after)).Bind(3, limit),
        row => Encoding.UTF8.GetString(row.Bytes(0)));

    public List<SnapshotRow> AllSnapshots(int partition, string after, int limit) => List(
        _snapshots.Bind(1, partition).BindText(2, SqliteStore.Utf8.GetBytes(after)).Bind(3, limit),
        row => Snapshot(row, partition));

    public byte[]? Setting(string name) => List(_setting.BindText(1, SqliteStore.Utf8.GetBytes(name)), row => row.Bytes(0).ToArray()).FirstOrDefault();

    public void Dispose() => _connection.Dispose();

    private static List<T> List<T>(SqliteStatement statement, Func<SqliteStatement, T> read)
    {
        var rows = new List<T>();
        try
        {
            while (statement.Step())
            {
                rows.Add(read(statement));
            }
        }
        finally
        {
            statement.Reset();
        }
        return rows;
    }

    private static SnapshotRow Snapshot(SqliteStatement row, int partition)
    {
        var grain = row.Bytes(0).ToArray();
        return Snapshot(row, partition, Encoding.UTF8.GetString(grain), grain);
    }

    private static SnapshotRow Snapshot(SqliteStatement row, int partition, string name, ReadOnlySpan<byte> grain)
    {
        var snapshot = new SnapshotRow(name, row.Long(1), row.Long(2), row.Long(3) != 0, row.Bytes(5).ToArray());
        return row.Long(4) == Checksum.OfSnapshot(partition, grain, snapshot.Sequence, snapshot.Wake, snapshot.Flagged, snapshot.Body)
            ? snapshot
            : throw new StoreCorruptException($"the snapshot of grain `{snapshot.Grain}` of partition {partition} at sequence {snapshot.Sequence} is damaged: its checksum does not match");
    }

    // Asked of memory first: a run leaves memory only after the transaction that stored it.
    private long[] Rows(int partition, long run)
    {
        if (_runs.Growing(partition, run) is { } growing)
        {
            return growing;
        }
        try
        {
            return _run.Bind(1, RunKey(partition, run)).Step() && FrameRuns.Decode(_run.Bytes(0)) is { } rows
                ? rows
                : throw new StoreCorruptException(
                    $"the frames of partition {partition} from sequence {FrameRuns.FirstOf(partition, run)} to {FrameRuns.FirstOf(partition, run + 1) - 1} cannot be found: their run is missing or damaged");
        }
        finally
        {
            _run.Reset();
        }
    }

    private JournalFrame Frame(int partition, long sequence, long[] rows)
    {
        try
        {
            if (!_frame.Bind(1, rows[FrameRuns.PlaceOf(partition, sequence)]).Step())
            {
                throw new StoreCorruptException($"the frame of partition {partition} with sequence {sequence} is missing");
            }
            var frame = new JournalFrame((int)_frame.Long(0), _frame.Long(1), _frame.Long(2), _frame.Long(3), _frame.Bytes(5).ToArray());
            return frame.Partition == partition && frame.Sequence == sequence && _frame.Long(4) == Checksum.OfFrame(partition, sequence, frame.Epoch, frame.At, frame.Body)
                ? frame
                : throw new StoreCorruptException($"the frame of partition {partition} with sequence {sequence} is damaged: its checksum does not match");
        }
        finally
        {
            _frame.Reset();
        }
    }
}
