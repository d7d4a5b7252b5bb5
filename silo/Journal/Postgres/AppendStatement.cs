using Npgsql;
using NpgsqlTypes;

namespace Orchestrator.Silo.Journal.Postgres;

/// <summary>
/// The one statement that writes: all partitions of a silo, one round trip, committed by itself. No row is ever locked while a client could be asleep, so a
/// stopped silo cannot stand in its successor's way. Lives on one session.
/// </summary>
internal sealed class AppendStatement : IAsyncDisposable
{
    // Why each line is as it is:
    // - `advanced` asks for epoch and sequence in the UPDATE itself, and only what it returns is inserted: to compare and to write is one thing. It waits for a take-over under way and then
    //   looks at the row as it has become. A plain SELECT or FOR KEY SHARE before it would let an old owner through (tests/Storage.Contract/Postgres/FenceTests).
    // - frames come in order of their partition, and rows are met in that order or in that of their pages. No two owners append to a row under epochs that both hold, so what two silos' appends
    //   may wait for is one-sided; a deadlock with anything else ends one statement with an ERROR, and PostgresStore sends it once more.
    // - `locked` takes the rows of those whose snapshots or checkpoints are saved and that no frame of this batch has advanced, in order of number. A lock of its own costs 54 bytes of log a row, hence
    //   not beside an UPDATE. Whom it leaves out is computed once, ahead of it (ARRAY): what is looked at again after a wait must not reach for `advanced`.
    // - the segment never goes back, whatever a silo's clock says: with CHECK (next_sequence >= segment_from) no sequence can come to lie in two days.
    private const string Frames =
        """
        WITH advanced AS (
            UPDATE fence f SET next_sequence = f.next_sequence + 1, segment = greatest(f.segment, x.segment),
                segment_from = CASE WHEN x.segment > f.segment THEN f.next_sequence ELSE f.segment_from END, backend = $1, backend_start = $2
            FROM unnest($3, $4, $5, $6, $7, $8, $9) AS x(partition, epoch, sequence, segment, at, crc, body)
            WHERE f.partition = x.partition AND f.epoch = x.epoch AND f.next_sequence = x.sequence
            RETURNING f.partition, f.next_sequence, f.segment, f.segment_from, f.epoch, x.sequence, x.at, x.crc, x.body),
        started AS (
            INSERT INTO segment_start SELECT partition, segment, sequence FROM advanced WHERE segment_from = sequence),
        written AS (
            INSERT INTO journal(sequence, epoch, at, partition, segment, crc, body)
            SELECT sequence, epoch, at, partition, segment, crc, body FROM advanced RETURNING partition)
        """;

    // Snapshots and checkpoints look at the row as the frames have left it. They need its lock too: `advanced` and `locked` between them have every (partition, epoch) of the batch that holds.
    private const string Saves =
        """
        , locked AS MATERIALIZED (
            SELECT f.partition, f.epoch, f.next_sequence FROM unnest($10, $11) AS x(partition, epoch)
            JOIN fence f ON f.partition = x.partition WHERE f.epoch = x.epoch AND x.partition <> ALL (ARRAY(SELECT partition FROM advanced))
            ORDER BY f.partition FOR NO KEY UPDATE OF f),
        standing AS (
            SELECT partition, epoch, next_sequence FROM advanced UNION ALL SELECT partition, epoch, next_sequence FROM locked),
        saved AS (
            INSERT INTO snapshot AS old(partition, crc, sequence, wake, flagged, grain, body)
            SELECT DISTINCT ON (x.partition, x.grain COLLATE "C") x.partition, x.crc, x.sequence, x.wake, x.flagged, x.grain, x.body
            FROM unnest($12, $13, $14, $15, $16, $17, $18, $19) AS x(partition, epoch, grain, sequence, wake, flagged, crc, body)
            JOIN standing s ON s.partition = x.partition AND s.epoch = x.epoch AND s.next_sequence > x.sequence
            ORDER BY x.partition, x.grain COLLATE "C", x.sequence DESC
            ON CONFLICT (partition, grain) DO UPDATE
            SET crc = excluded.crc, sequence = excluded.sequence, wake = excluded.wake, flagged = excluded.flagged, body = excluded.body
            WHERE excluded.sequence > old.sequence),
        checked AS (
            UPDATE checkpoint c SET crc = x.crc, sequence = x.sequence, watermarks = x.watermarks
            FROM (SELECT DISTINCT ON (u.partition) u.* FROM unnest($20, $21, $22, $23, $24) WITH ORDINALITY AS u(partition, epoch, sequence, crc, watermarks, place)
                  JOIN standing s ON s.partition = u.partition AND s.epoch = u.epoch AND s.next_sequence > u.sequence
                  ORDER BY u.partition, u.sequence DESC, u.place DESC) x
            WHERE c.partition = x.partition AND c.sequence <= x.sequence)
        """;

    private const string Answer = " SELECT array_agg(partition) FROM written";

    private readonly PostgresSession _session;
    private readonly NpgsqlCommand _frames;
    private readonly NpgsqlCommand _all;
    private string? _warning;

    private AppendStatement(PostgresSession session)
    {
        _session = session;
        _frames = AppendParameters.Declare(new NpgsqlCommand(Frames + Answer, session.Connection), withSaves: false);
        _all = AppendParameters.Declare(new NpgsqlCommand(Frames + Saves + Answer, session.Connection), withSaves: true);
        session.Connection.Notice += (_, told) => _warning = told.Notice.InvariantSeverity == "WARNING" ? told.Notice.MessageText : _warning;
    }

    public bool IsOpen => _session.IsOpen;

    public int Backend => _session.Backend;

    public DateTime BackendStart => _session.BackendStart;

    public static async Task<AppendStatement> OpenAsync(PostgresSession session, CancellationToken cancel)
    {
        var statement = new AppendStatement(session);
        try
        {
            await statement._frames.PrepareAsync(cancel).ConfigureAwait(false);
            await statement._all.PrepareAsync(cancel).ConfigureAwait(false);
            return statement;
        }
        catch
        {
            await statement.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <returns>For each frame whether it was accepted.</returns>
    public async Task<bool[]> RunAsync(AppendBatch batch)
    {
        var command = batch.Snapshots.Count + batch.Checkpoints.Count > 0 ? _all : _frames;
        AppendParameters.Fill(command.Parameters, batch, _session, withSaves: command == _all);
        _warning = null;
        var answer = await command.ExecuteScalarAsync(CancellationToken.None).ConfigureAwait(false);
        if (_warning is { } warning)
        {
            // A wait for the standby that was broken off ends like this: committed here, perhaps nowhere else. A later commit that is not broken off settles it,
            // which is what the next epoch does.
            throw new TimeoutException($"the server could not say for certain that the commit is durable: {warning}");
        }
        var accepted = new bool[batch.Frames.Count];
        if (answer is int[] partitions)
        {
            var written = partitions.ToHashSet();
            for (var i = 0; i < accepted.Length; i++)
            {
                accepted[i] = written.Contains(batch.Frames[i].Partition);
            }
        }
        return accepted;
    }

    public async ValueTask DisposeAsync()
    {
        await _frames.DisposeAsync().ConfigureAwait(false);
        await _all.DisposeAsync().ConfigureAwait(false);
        await _session.DisposeAsync().ConfigureAwait(false);
    }
}
