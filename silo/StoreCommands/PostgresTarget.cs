using System.Text;
using Npgsql;
using NpgsqlTypes;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Journal.Postgres;

namespace Orchestrator.Silo.StoreCommands;

/// <summary>A schema that is being filled, in one transaction from the first table to the last row.</summary>
internal sealed class PostgresTarget(PostgresSettings settings) : IStoreTarget
{
    private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(settings.For("copy", 0, TimeSpan.Zero));
    private readonly Dictionary<int, int> _segments = [];
    private readonly HashSet<int> _made = [];
    private readonly List<(int Partition, int Segment, long First)> _starts = [];
    private IReadOnlyList<StoredPartition> _partitions = [];
    private NpgsqlConnection _connection = null!;

    public async Task BeginAsync(StoreHead head, IReadOnlyList<StoredPartition> partitions, CancellationToken cancel)
    {
        _partitions = partitions;
        _connection = (await PostgresSession.OpenAsync(_source, settings.Place, cancel).ConfigureAwait(false)).Connection;
        await Migrations.LockAsync(_connection, cancel).ConfigureAwait(false);
        await RunAsync("SET idle_in_transaction_session_timeout = 0; BEGIN", cancel).ConfigureAwait(false);
        if (await Migrations.VersionAsync(_connection, cancel).ConfigureAwait(false) is not null)
        {
            throw new StoreRefusedException($"there is a store at {settings.Place} already, expected none: name another schema with `Search Path`, or drop this one first");
        }
        await Migrations.ApplyLockedAsync(_connection, settings, new StoreCreation(head.Partitions, "store command", head.Level), cancel).ConfigureAwait(false);
        await RunAsync($"UPDATE store SET incarnation = {head.Incarnation}", cancel).ConfigureAwait(false);
    }

    public async Task WriteFramesAsync(IReadOnlyList<JournalFrame> frames, CancellationToken cancel)
    {
        var segments = new int[frames.Count];
        for (var i = 0; i < segments.Length; i++)
        {
            segments[i] = SegmentOf(frames[i]);
            if (_made.Add(segments[i]))
            {
                await Segments.MakeAsync(_connection, segments[i], cancel).ConfigureAwait(false);
            }
        }
        await using var copy = await _connection.BeginBinaryImportAsync("COPY journal(sequence, epoch, at, partition, segment, crc, body) FROM STDIN (FORMAT BINARY)", cancel).ConfigureAwait(false);
        for (var i = 0; i < segments.Length; i++)
        {
            var frame = frames[i];
            await copy.StartRowAsync(cancel).ConfigureAwait(false);
            await copy.WriteAsync(frame.Sequence, NpgsqlDbType.Bigint, cancel).ConfigureAwait(false);
            await copy.WriteAsync(frame.Epoch, NpgsqlDbType.Bigint, cancel).ConfigureAwait(false);
            await copy.WriteAsync(frame.At, NpgsqlDbType.Bigint, cancel).ConfigureAwait(false);
            await copy.WriteAsync(frame.Partition, NpgsqlDbType.Integer, cancel).ConfigureAwait(false);
            await copy.WriteAsync(segments[i], NpgsqlDbType.Integer, cancel).ConfigureAwait(false);
            await copy.WriteAsync(AppendParameters.Signed(Checksum.OfFrame(frame.Partition, frame.Sequence, frame.Epoch, frame.At, frame.Body)), NpgsqlDbType.Integer, cancel).ConfigureAwait(false);
            await copy.WriteAsync(frame.Body, NpgsqlDbType.Bytea, cancel).ConfigureAwait(false);
        }
        await copy.CompleteAsync(cancel).ConfigureAwait(false);
    }

    public async Task WriteSnapshotsAsync(IReadOnlyList<(int Partition, SnapshotRow Row)> snapshots, CancellationToken cancel)
    {
        await using var copy = await _connection.BeginBinaryImportAsync("COPY snapshot(partition, crc, sequence, wake, flagged, grain, body) FROM STDIN (FORMAT BINARY)", cancel).ConfigureAwait(false);
        foreach (var (partition, row) in snapshots)
        {
            var crc = Checksum.OfSnapshot(partition, Encoding.UTF8.GetBytes(row.Grain), row.Sequence, row.Wake, row.Flagged, row.Body);
            await copy.StartRowAsync(cancel).ConfigureAwait(false);
            await copy.WriteAsync(partition, NpgsqlDbType.Integer, cancel).ConfigureAwait(false);
            await copy.WriteAsync(AppendParameters.Signed(crc), NpgsqlDbType.Integer, cancel).ConfigureAwait(false);
            await copy.WriteAsync(row.Sequence, NpgsqlDbType.Bigint, cancel).ConfigureAwait(false);
            await copy.WriteAsync(row.Wake, NpgsqlDbType.Bigint, cancel).ConfigureAwait(false);
            await copy.WriteAsync(row.Flagged, NpgsqlDbType.Boolean, cancel).ConfigureAwait(false);
            await copy.WriteAsync(row.Grain, NpgsqlDbType.Text, cancel).ConfigureAwait(false);
            await copy.WriteAsync(row.Body, NpgsqlDbType.Bytea, cancel).ConfigureAwait(false);
        }
        await copy.CompleteAsync(cancel).ConfigureAwait(false);
    }

    public async Task WriteSettingAsync(string name, byte[] value, CancellationToken cancel)
    {
        using var command = new NpgsqlCommand("INSERT INTO setting VALUES ($1, $2)", _connection) { Parameters = { new() { Value = name }, new() { Value = value } } };
        await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }

    public async Task<IStoreSource> ReadBackAsync(CancellationToken cancel)
    {
        await WriteFencesAsync(cancel).ConfigureAwait(false);
        return await PostgresSource.OverAsync(_connection, null, cancel).ConfigureAwait(false);
    }

    public async Task CompleteAsync(CancellationToken cancel)
    {
        await RunAsync("COMMIT", cancel).ConfigureAwait(false);
        // Nothing has looked at these tables yet, and the first plans should not guess.
        await RunAsync("ANALYZE journal; ANALYZE snapshot; ANALYZE fence", cancel).ConfigureAwait(false);
    }

    /// <summary>Closing the session takes back what was not committed.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync().ConfigureAwait(false);
        }
        await _source.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>The day that a frame would have gone to, by the rule of the appending statement.</summary>
    private int SegmentOf(JournalFrame frame)
    {
        var day = Segments.Of(frame.At);
        if (!_segments.TryGetValue(frame.Partition, out var segment) || day > segment)
        {
            _segments[frame.Partition] = segment = day;
            _starts.Add((frame.Partition, segment, frame.Sequence));
        }
        return segment;
    }

    private async Task WriteFencesAsync(CancellationToken cancel)
    {
        await ManyAsync("INSERT INTO segment_start SELECT * FROM unnest($1, $2, $3)", cancel, _starts.Select(s => s.Partition).ToArray(), _starts.Select(s => s.Segment).ToArray(), _starts.Select(s => s.First).ToArray()).ConfigureAwait(false);
        var from = _starts.GroupBy(start => start.Partition).ToDictionary(group => group.Key, group => group.Last().First);
        await ManyAsync(
            """
            UPDATE fence f SET epoch = x.epoch, next_sequence = x.next, segment = x.segment, segment_from = x.since, owner = x.owner
            FROM unnest($1, $2, $3, $4, $5, $6) AS x(partition, epoch, next, segment, since, owner) WHERE f.partition = x.partition
            """,
            cancel,
            Each(row => row.Partition),
            Each(row => row.Epoch),
            Each(row => row.Next),
            Each(row => _segments.GetValueOrDefault(row.Partition, -1)),
            Each(row => from.GetValueOrDefault(row.Partition, row.Next)),
            Each(row => row.Owner)).ConfigureAwait(false);
        await ManyAsync(
            "UPDATE checkpoint c SET sequence = x.sequence, crc = x.crc, watermarks = x.watermarks FROM unnest($1, $2, $3, $4) AS x(partition, sequence, crc, watermarks) WHERE c.partition = x.partition",
            cancel,
            Each(row => row.Partition),
            Each(row => row.Checkpoint),
            Each(row => AppendParameters.Signed(Checksum.OfCheckpoint(row.Partition, row.Checkpoint, row.Watermarks))),
            Each(row => row.Watermarks)).ConfigureAwait(false);

        T[] Each<T>(Func<StoredPartition, T> select) => [.. _partitions.Select(select)];
    }

    private async Task ManyAsync(string sql, CancellationToken cancel, params object[] arrays)
    {
        using var command = new NpgsqlCommand(sql, _connection);
        foreach (var array in arrays)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = array });
        }
        await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }

    private Task RunAsync(string sql, CancellationToken cancel) => PostgresSource.RunAsync(_connection, sql, cancel);
}
