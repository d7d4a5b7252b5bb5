namespace Orchestrator.Silo.Journal;

/// <summary>
/// Where the frames of each partition lie in the journal table. Frames are cut into runs of <see cref="Length"/>; a full run's rows are stored in the
/// transaction that fills it, and the last, growing run of each partition is kept here in memory. decisions/0001-journal-layout.md says why.
/// </summary>
/// <remarks>The writer changes it after a commit only, so readers never see a frame that is not durable. All members lock; none does IO.</remarks>
internal sealed class FrameRuns(int partitions)
{
    /// <summary>Frames in a run; a power of two.</summary>
    public const int Length = 256;

    private readonly Lock _lock = new();
    private readonly long[] _next = new long[partitions];
    private readonly long[]?[] _rows = new long[]?[partitions];
    private readonly long[] _oldest = [.. Enumerable.Repeat(1L, partitions)];
    private readonly HashSet<int> _unstored = [];

    /// <summary>The run of a sequence. Shifted by the partition, so that partitions that go in step do not all fill their runs in one transaction.</summary>
    public static long RunOf(int partition, long sequence) => (sequence + partition) / Length;

    /// <summary>The place of a sequence within its run, from 0.</summary>
    public static int PlaceOf(int partition, long sequence) => (int)((sequence + partition) % Length);

    /// <summary>The first sequence of a run.</summary>
    public static long FirstOf(int partition, long run) => Math.Max(1, (run * Length) - partition);

    /// <summary>The sequence that follows the last durable frame.</summary>
    public long NextOf(int partition)
    {
        lock (_lock)
        {
            return _next[partition];
        }
    }

    /// <summary>The oldest sequence that was not dropped.</summary>
    public long OldestOf(int partition)
    {
        lock (_lock)
        {
            return _oldest[partition];
        }
    }

    /// <summary>Frames below this sequence are dropped.</summary>
    public void Dropped(int partition, long oldest)
    {
        lock (_lock)
        {
            _oldest[partition] = oldest;
        }
    }

    /// <summary>Starts a partition from what the store holds: its next sequence, and the rows of the growing run by place (0 = not known).</summary>
    public void Load(int partition, long next, long[]? rows)
    {
        lock (_lock)
        {
            _next[partition] = next;
            _rows[partition] = rows;
        }
    }

    /// <summary>Adds a row found behind the last stored place when the store was opened.</summary>
    public void Found(int partition, long sequence, long row)
    {
        lock (_lock)
        {
            if (sequence < _next[partition] && RunOf(partition, sequence) == RunOf(partition, _next[partition]))
            {
                (_rows[partition] ??= new long[Length])[PlaceOf(partition, sequence)] = row;
                _unstored.Add(partition);
            }
        }
    }

    /// <summary>A frame is durable.</summary>
    public void Committed(int partition, long sequence, long row)
    {
        lock (_lock)
        {
            _next[partition] = sequence + 1;
            var rows = _rows[partition] ??= new long[Length];
            rows[PlaceOf(partition, sequence)] = row;
            if (PlaceOf(partition, sequence) == Length - 1)
            {
                Array.Clear(rows);
                _unstored.Remove(partition);
            }
            else
            {
                _unstored.Add(partition);
            }
        }
    }

    /// <summary>The growing run's rows by place, if this is the growing run; else null: it is stored.</summary>
    public long[]? Growing(int partition, long run)
    {
        lock (_lock)
        {
            return RunOf(partition, _next[partition]) == run ? (long[])(_rows[partition]?.Clone() ?? new long[Length]) : null;
        }
    }

    /// <summary>Partitions whose growing run is not wholly stored.</summary>
    public int[] Unstored()
    {
        lock (_lock)
        {
            return [.. _unstored];
        }
    }

    /// <summary>The growing runs of these partitions are now stored as they stood before this transaction.</summary>
    public void Stored(int[] partitions)
    {
        lock (_lock)
        {
            _unstored.ExceptWith(partitions);
        }
    }

    /// <summary>The stored form of a run: each row as the difference to the one before, zigzag, 7 bits a byte, low ones first.</summary>
    public static byte[] Encode(ReadOnlySpan<long> rows)
    {
        var bytes = new List<byte>(2 * Length);
        var before = 0L;
        foreach (var row in rows)
        {
            var rest = unchecked((ulong)(((row - before) << 1) ^ ((row - before) >> 63)));
            before = row;
            while (rest >= 0x80)
            {
                bytes.Add((byte)((rest & 0x7F) | 0x80));
                rest >>= 7;
            }
            bytes.Add((byte)rest);
        }
        return [.. bytes];
    }

    /// <summary>Reverses <see cref="Encode"/>; null if the bytes are not a run.</summary>
    public static long[]? Decode(ReadOnlySpan<byte> bytes)
    {
        var rows = new long[Length];
        var before = 0L;
        var at = 0;
        for (var place = 0; place < Length; place++)
        {
            var value = 0UL;
            for (var shift = 0; ; shift += 7)
            {
                if (at == bytes.Length || shift > 63)
                {
                    return null;
                }
                var b = bytes[at++];
                value |= unchecked((ulong)(b & 0x7F) << shift);
                if (b < 0x80)
                {
                    break;
                }
            }
            before = unchecked(before + ((long)(value >> 1) ^ -(long)(value & 1)));
            rows[place] = before;
        }
        return at == bytes.Length ? rows : null;
    }
}
