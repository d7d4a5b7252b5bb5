using System.Runtime.CompilerServices;
using System.Text;
using Npgsql;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Journal.Postgres;

namespace Orchestrator.Silo.StoreCommands;

/// <summary>A schema read in one transaction that sees one moment of it; silos may go on writing.</summary>
internal sealed class PostgresSource : IStoreSource
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlDataSource? _owned;

    private PostgresSource(NpgsqlConnection connection, NpgsqlDataSource? owned, StoreHead head, IReadOnlyList<StoredPartition> partitions, long snapshots) =>
        (_connection, _owned, Head, Partitions, Snapshots) = (connection, owned, head, partitions, snapshots);

    public StoreHead Head { get; }

    public IReadOnlyList<StoredPartition> Partitions { get; }

    public long Snapshots { get; }

    /// <exception cref="StoreRefusedException">There is no store, or it may not be read.</exception>
    public static async Task<PostgresSource> OpenAsync(PostgresSettings settings, CancellationToken cancel)
    {
        var source = NpgsqlDataSource.Create(settings.For("copy", 0, TimeSpan.Zero));
        try
        {
            var session = await PostgresSession.OpenAsync(source, settings.Place, cancel).ConfigureAwait(false);
            var version = await Migrations.VersionAsync(session.Connection, cancel).ConfigureAwait(false)
                ?? throw new StoreRefusedException($"there is no store at {settings.Place}");
            if (version != Migrations.All.Count)
            {
                throw new StoreRefusedException($"the store at {settings.Place} has version {version}, this program reads {Migrations.All.Count}: start a silo of this version once to bring it up to date, or use the program that it belongs to");
            }
            // The tables are locked at the start against being dropped by retention while they wait to be read; that lock stops nobody from writing.
            await RunAsync(session.Connection, "SET idle_in_transaction_session_timeout = 0; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; LOCK TABLE journal IN ACCESS SHARE MODE", cancel).ConfigureAwait(false);
            return await OverAsync(session.Connection, source, cancel).ConfigureAwait(false);
        }
        catch
        {
            await source.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Reads through a session in a transaction; <paramref name="owned"/> is closed at the end, nothing otherwise.</summary>
    public static async Task<PostgresSource> OverAsync(NpgsqlConnection connection, NpgsqlDataSource? owned, CancellationToken cancel)
    {
        var heads = await ListAsync(connection, "SELECT partitions, incarnation, level, (SELECT count(*) FROM snapshot) FROM store", row => (new StoreHead(row.GetInt32(0), row.GetInt64(1), row.GetInt32(2)), row.GetInt64(3)), cancel).ConfigureAwait(false);
        var partitions = await ListAsync(
            connection,
            """
            SELECT f.partition, f.epoch, coalesce((SELECT min(s.first_sequence) FROM segment_start s WHERE s.partition = f.partition), f.next_sequence), f.next_sequence, c.sequence, c.crc, c.watermarks, f.owner
            FROM fence f JOIN checkpoint c ON c.partition = f.partition ORDER BY f.partition
            """,
            Partition,
            cancel).ConfigureAwait(false);
        return heads is [var (head, snapshots)]
            ? new PostgresSource(connection, owned, head, partitions, snapshots)
            : throw new StoreCorruptException("the store has lost its description");
    }

    public async IAsyncEnumerable<JournalFrame> FramesAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        foreach (var segment in await ListAsync(_connection, "SELECT DISTINCT segment FROM segment_start ORDER BY segment", row => row.GetInt32(0), cancel).ConfigureAwait(false))
        {
            // By way of the starts: what retention has given up may still lie there.
            using var command = new NpgsqlCommand(
                """
                SELECT j.partition, j.sequence, j.epoch, j.at, j.crc, j.body FROM journal j JOIN segment_start s ON s.partition = j.partition AND s.segment = j.segment
                WHERE j.segment = $1 AND s.segment = $1 AND j.sequence >= s.first_sequence ORDER BY j.partition, j.sequence
                """,
                _connection)
            { Parameters = { new() { Value = segment } } };
            await using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
            while (await rows.ReadAsync(cancel).ConfigureAwait(false))
            {
                var frame = new JournalFrame(rows.GetInt32(0), rows.GetInt64(1), rows.GetInt64(2), rows.GetInt64(3), rows.GetFieldValue<byte[]>(5));
                yield return rows.GetInt32(4) == AppendParameters.Signed(Checksum.OfFrame(frame.Partition, frame.Sequence, frame.Epoch, frame.At, frame.Body))
                    ? frame
                    : throw new StoreCorruptException($"the frame of partition {frame.Partition} with sequence {frame.Sequence} is damaged: its checksum does not match");
            }
        }
    }

    public async IAsyncEnumerable<(int Partition, SnapshotRow Row)> SnapshotsAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        using var command = new NpgsqlCommand("SELECT partition, grain, sequence, wake, flagged, crc, body FROM snapshot ORDER BY partition, grain", _connection);
        await using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        while (await rows.ReadAsync(cancel).ConfigureAwait(false))
        {
            var (partition, row) = (rows.GetInt32(0), new SnapshotRow(rows.GetString(1), rows.GetInt64(2), rows.GetInt64(3), rows.GetBoolean(4), rows.GetFieldValue<byte[]>(6)));
            yield return rows.GetInt32(5) == AppendParameters.Signed(Checksum.OfSnapshot(partition, Encoding.UTF8.GetBytes(row.Grain), row.Sequence, row.Wake, row.Flagged, row.Body))
                ? (partition, row)
                : throw new StoreCorruptException($"the snapshot of grain `{row.Grain}` of partition {partition} at sequence {row.Sequence} is damaged: its checksum does not match");
        }
    }

    public async IAsyncEnumerable<(string Name, byte[] Value)> SettingsAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        foreach (var setting in await ListAsync(_connection, "SELECT name, value FROM setting ORDER BY name", row => (row.GetString(0), row.GetFieldValue<byte[]>(1)), cancel).ConfigureAwait(false))
        {
            yield return setting;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_owned is not null)
        {
            await _connection.DisposeAsync().ConfigureAwait(false);
            await _owned.DisposeAsync().ConfigureAwait(false);
        }
    }

    public static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }

    private static StoredPartition Partition(NpgsqlDataReader row)
    {
        var partition = new StoredPartition(row.GetInt32(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetFieldValue<byte[]>(6), row.GetString(7));
        return row.GetInt32(5) == AppendParameters.Signed(Checksum.OfCheckpoint(partition.Partition, partition.Checkpoint, partition.Watermarks))
            ? partition
            : throw new StoreCorruptException($"the checkpoint of partition {partition.Partition} at sequence {partition.Checkpoint} is damaged: its checksum does not match");
    }

    private static async Task<List<T>> ListAsync<T>(NpgsqlConnection connection, string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancel)
    {
        using var command = new NpgsqlCommand(sql, connection);
        await using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        var list = new List<T>();
        while (await rows.ReadAsync(cancel).ConfigureAwait(false))
        {
            list.Add(read(rows));
        }
        return list;
    }
}
