using System.Runtime.CompilerServices;
using Npgsql;

namespace Orchestrator.Silo.Journal.Postgres;

/// <summary>Reads frames: finds out which days they lie in, looks only there, and finds holes and damage.</summary>
internal sealed class FrameReader(PostgresReader reader)
{
    private const int ChunkBytes = 1024 * 1024;
    private const int ChunkFrames = 512;

    // Planned with the day at hand, so that one table is looked into, not one for each day kept. The length of a body is known without reading it.
    private const string Range =
        """
        SELECT sequence, epoch, at, crc, body FROM (
            SELECT *, sum(octet_length(body)) OVER (ORDER BY sequence) - octet_length(body) AS before FROM journal
            WHERE partition = $1 AND segment = $2 AND sequence BETWEEN $3 AND $4 ORDER BY sequence LIMIT $5) chunk
        WHERE before < $6 ORDER BY sequence
        """;

    private const string Points = "SELECT sequence, epoch, at, crc, body FROM journal WHERE partition = $1 AND segment = ANY($2) AND sequence = ANY($3)";

    /// <summary>Frames in [from, to] as far as they were durable when this began, without gaps, from the oldest kept.</summary>
    public async IAsyncEnumerable<JournalFrame> RangeAsync(int partition, long from, long to, [EnumeratorCancellation] CancellationToken cancel)
    {
        var days = await DaysAsync(partition, cancel).ConfigureAwait(false);
        var last = Math.Min(to, days.Next - 1);
        var first = Math.Max(from, days.First);
        for (var next = first; next <= last;)
        {
            var (segment, end) = days.Of(next);
            var frames = await ChunkAsync(partition, segment, next, Math.Min(last, end), cancel).ConfigureAwait(false);
            foreach (var frame in frames)
            {
                if (frame.Sequence != next)
                {
                    break;
                }
                yield return frame;
                next++;
            }
            if (frames.Count == 0 || frames[^1].Sequence != next - 1)
            {
                // Retention may have been here meanwhile.
                days = await DaysAsync(partition, cancel).ConfigureAwait(false);
                if (next >= days.First)
                {
                    throw Missing(partition, next);
                }
                next = next == first ? first = days.First : throw new FramesDroppedException(partition, next, days.First);
            }
        }
    }

    /// <summary>The frames at these sequences, in the order asked; null beyond the end and below the oldest kept.</summary>
    public async Task<JournalFrame?[]> PointsAsync(int partition, IReadOnlyList<long> sequences, CancellationToken cancel)
    {
        var days = await DaysAsync(partition, cancel).ConfigureAwait(false);
        var wanted = sequences.Where(sequence => sequence >= days.First && sequence < days.Next).Distinct().ToArray();
        var found = new Dictionary<long, JournalFrame>();
        if (wanted.Length > 0)
        {
            var segments = wanted.Select(sequence => days.Of(sequence).Segment).Distinct().ToArray();
            foreach (var frame in await reader.ListAsync(Points, row => Frame(row, partition), cancel, partition, segments, wanted).ConfigureAwait(false))
            {
                found.Add(frame.Sequence, frame);
            }
        }
        if (found.Count < wanted.Length)
        {
            var first = (await DaysAsync(partition, cancel).ConfigureAwait(false)).First;
            if (wanted.FirstOrDefault(sequence => sequence >= first && !found.ContainsKey(sequence)) is var missing and > 0)
            {
                throw Missing(partition, missing);
            }
        }
        return [.. sequences.Select(found.GetValueOrDefault)];
    }

    private Task<List<JournalFrame>> ChunkAsync(int partition, int segment, long from, long to, CancellationToken cancel) =>
        reader.ListAsync(Range, row => Frame(row, partition), cancel, partition, segment, from, to, ChunkFrames, ChunkBytes);

    // One statement, so that the next sequence and the days are of one moment.
    private async Task<Days> DaysAsync(int partition, CancellationToken cancel)
    {
        var rows = await reader.ListAsync(
            """
            SELECT f.next_sequence, s.segment, s.first_sequence FROM fence f LEFT JOIN segment_start s ON s.partition = f.partition WHERE f.partition = $1 ORDER BY s.first_sequence
            """,
            row => (Next: row.GetInt64(0), Segment: row.IsDBNull(1) ? -1 : row.GetInt32(1), First: row.IsDBNull(2) ? row.GetInt64(0) : row.GetInt64(2)),
            cancel,
            partition).ConfigureAwait(false);
        return new Days(rows[0].Next, [.. rows.Select(row => (row.Segment, row.First))]);
    }

    private static JournalFrame Frame(NpgsqlDataReader row, int partition)
    {
        var frame = new JournalFrame(partition, row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetFieldValue<byte[]>(4));
        return row.GetInt32(3) == AppendParameters.Signed(Checksum.OfFrame(partition, frame.Sequence, frame.Epoch, frame.At, frame.Body))
            ? frame
            : throw new StoreCorruptException($"the frame of partition {partition} with sequence {frame.Sequence} is damaged: its checksum does not match");
    }

    private static StoreCorruptException Missing(int partition, long sequence) => new($"the frame of partition {partition} with sequence {sequence} is missing");

    /// <summary>Where a partition's frames lie.</summary>
    /// <param name="Next">Follows the last frame.</param>
    /// <param name="Starts">By first sequence; one row at least.</param>
    private sealed record Days(long Next, (int Segment, long First)[] Starts)
    {
        /// <summary>The oldest frame kept; <see cref="Next"/> if there is none.</summary>
        public long First => Starts[0].First;

        /// <summary>The day of a frame, and the last sequence that can be there.</summary>
        public (int Segment, long End) Of(long sequence)
        {
            var i = Starts.Length - 1;
            while (Starts[i].First > sequence)
            {
                i--;
            }
            return (Starts[i].Segment, i + 1 < Starts.Length ? Starts[i + 1].First - 1 : long.MaxValue);
        }
    }
}
