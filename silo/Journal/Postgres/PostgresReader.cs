using System.Text;
using Npgsql;

namespace Orchestrator.Silo.Journal.Postgres;

/// <summary>Reads of everything but frames, over a pool of a few sessions; each row is checked against its CRC.</summary>
internal sealed class PostgresReader(NpgsqlDataSource source)
{
    private const string Partitions =
        """
        SELECT f.partition, f.epoch, f.next_sequence, c.sequence, c.crc, c.watermarks, f.owner
        FROM fence f JOIN checkpoint c ON c.partition = f.partition WHERE f.partition BETWEEN $1 AND $2 ORDER BY f.partition
        """;

    // An index only scan for each name; the order asked for comes with it.
    private const string Snapshots =
        """
        SELECT s.grain, s.sequence, s.wake, s.flagged, s.crc, s.body, x.place FROM unnest($2) WITH ORDINALITY AS x(grain, place)
        JOIN snapshot s ON s.partition = $1 AND s.grain = x.grain
        """;

    public Task<List<PartitionRow>> PartitionsAsync(int first, int last, CancellationToken cancel) => ListAsync(
        Partitions,
        row =>
        {
            var (partition, checkpoint, watermarks) = (row.GetInt32(0), row.GetInt64(3), row.GetFieldValue<byte[]>(5));
            return row.GetInt32(4) == AppendParameters.Signed(Checksum.OfCheckpoint(partition, checkpoint, watermarks))
                ? new PartitionRow(partition, row.GetInt64(1), row.GetInt64(2), checkpoint, watermarks, row.GetString(6))
                : throw new StoreCorruptException($"the checkpoint of partition {partition} at sequence {checkpoint} is damaged: its checksum does not match");
        },
        cancel,
        first,
        last);

    public async Task<SnapshotRow?[]> SnapshotsAsync(int partition, IReadOnlyList<string> grains, CancellationToken cancel)
    {
        var found = new SnapshotRow?[grains.Count];
        foreach (var (place, row) in await ListAsync(Snapshots, row => ((int)row.GetInt64(6) - 1, Snapshot(row, partition)), cancel, partition, grains.ToArray()).ConfigureAwait(false))
        {
            found[place] = row;
        }
        return found;
    }

    public Task<List<WakeRow>> WakesAsync(int partition, long until, int limit, long afterWake, string afterGrain, CancellationToken cancel) => ListAsync(
        "SELECT grain, wake FROM snapshot WHERE partition = $1 AND wake <> 0 AND wake <= $2 AND (wake, grain) > ($3, $4) ORDER BY wake, grain LIMIT $5",
        row => new WakeRow(row.GetString(0), row.GetInt64(1)),
        cancel,
        partition,
        until,
        afterWake,
        afterGrain,
        limit);

    public Task<List<string>> FlaggedAsync(int partition, string after, int limit, CancellationToken cancel) => ListAsync(
        "SELECT grain FROM snapshot WHERE partition = $1 AND flagged AND grain > $2 ORDER BY grain LIMIT $3", row => row.GetString(0), cancel, partition, after, limit);

    public Task<List<SnapshotRow>> AllSnapshotsAsync(int partition, string after, int limit, CancellationToken cancel) => ListAsync(
        "SELECT grain, sequence, wake, flagged, crc, body FROM snapshot WHERE partition = $1 AND grain > $2 ORDER BY grain LIMIT $3", row => Snapshot(row, partition), cancel, partition, after, limit);

    public async Task<byte[]?> SettingAsync(string name, CancellationToken cancel) =>
        (await ListAsync("SELECT value FROM setting WHERE name = $1", row => row.GetFieldValue<byte[]>(0), cancel, name).ConfigureAwait(false)).FirstOrDefault();

    public async Task<(int Partitions, long Incarnation, int Level)> StoreAsync(CancellationToken cancel) =>
        (await ListAsync("SELECT partitions, incarnation, level FROM store", row => (row.GetInt32(0), row.GetInt64(1), row.GetInt32(2)), cancel).ConfigureAwait(false)) is [var store]
            ? store
            : throw new StoreCorruptException("the store has lost its description; restore it from a backup");

    /// <summary>Runs one query. A session that was found dead is replaced once: to read again does no harm, and after the server was away all idle sessions are dead.</summary>
    public async Task<List<T>> ListAsync<T>(string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancel, params object[] parameters)
    {
        try
        {
            return await ListOnceAsync(sql, read, parameters, cancel).ConfigureAwait(false);
        }
        catch (NpgsqlException e) when (e is PostgresException { SqlState: PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown } || e.InnerException is IOException)
        {
            source.Clear();
            return await ListOnceAsync(sql, read, parameters, cancel).ConfigureAwait(false);
        }
    }

    private async Task<List<T>> ListOnceAsync<T>(string sql, Func<NpgsqlDataReader, T> read, object[] parameters, CancellationToken cancel)
    {
        await using var connection = await source.OpenConnectionAsync(cancel).ConfigureAwait(false);
        using var command = new NpgsqlCommand(sql, connection);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        }
        var list = new List<T>();
        await using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        while (await rows.ReadAsync(cancel).ConfigureAwait(false))
        {
            list.Add(read(rows));
        }
        return list;
    }

    private static SnapshotRow Snapshot(NpgsqlDataReader row, int partition)
    {
        var snapshot = new SnapshotRow(row.GetString(0), row.GetInt64(1), row.GetInt64(2), row.GetBoolean(3), row.GetFieldValue<byte[]>(5));
        var crc = Checksum.OfSnapshot(partition, Encoding.UTF8.GetBytes(snapshot.Grain), snapshot.Sequence, snapshot.Wake, snapshot.Flagged, snapshot.Body);
        return row.GetInt32(4) == AppendParameters.Signed(crc)
            ? snapshot
            : throw new StoreCorruptException($"the snapshot of grain `{snapshot.Grain}` of partition {partition} at sequence {snapshot.Sequence} is damaged: its checksum does not match");
    }
}
