using System.Runtime.CompilerServices;
using System.Text;
using Orchestrator.Silo.Journal;

namespace Orchestrator.Silo.StoreCommands;

/// <summary>A store file read in one transaction; a silo may go on writing to it.</summary>
internal sealed class SqliteSource : IStoreSource
{
    private const int CacheKilobytes = 16_384;
    private readonly SqliteConnection _connection;
    private readonly StoreLock? _lock;

    private SqliteSource(SqliteConnection connection, StoreLock? held, StoreHead head, IReadOnlyList<StoredPartition> partitions, long snapshots) =>
        (_connection, _lock, Head, Partitions, Snapshots) = (connection, held, head, partitions, snapshots);

    public StoreHead Head { get; }

    public IReadOnlyList<StoredPartition> Partitions { get; }

    public long Snapshots { get; }

    /// <param name="alone">Refuse a store that a silo has open, and keep silos out while this reads.</param>
    /// <exception cref="StoreRefusedException">There is no store, or it may not be read.</exception>
    public static SqliteSource Open(string path, bool alone)
    {
        if (!File.Exists(path))
        {
            throw new StoreRefusedException($"there is no store at `{path}`");
        }
        var held = alone ? StoreLock.Take(path, "store command") : null;
        SqliteConnection? connection = null;
        try
        {
            connection = new SqliteConnection(path, CacheKilobytes);
            connection.Execute("PRAGMA query_only=ON; BEGIN");
            if (connection.Scalar("PRAGMA application_id") != StoreSchema.ApplicationId)
            {
                throw new StoreRefusedException($"the file `{path}` is no store");
            }
            var format = connection.Scalar("SELECT format FROM description WHERE id = 1") ?? 0;
            if (format is < 1 or > StoreSchema.Format)
            {
                throw new StoreRefusedException($"the store `{path}` has format {format}, this program reads up to {StoreSchema.Format}");
            }
            var head = new StoreHead(
                checked((int)connection.Scalar("SELECT partitions FROM description WHERE id = 1")!.Value),
                connection.Scalar("SELECT incarnation FROM description WHERE id = 1")!.Value,
                format == 1 ? 1 : checked((int)connection.Scalar("SELECT level FROM description WHERE id = 1")!.Value));
            return new SqliteSource(connection, held, head, ReadPartitions(connection, format), connection.Scalar("SELECT count(*) FROM snapshot")!.Value);
        }
        catch (SqliteFailure e)
        {
            connection?.Dispose();
            held?.Dispose();
            throw new StoreCorruptException($"the store `{path}` cannot be read: {e.Message}");
        }
        catch
        {
            connection?.Dispose();
            held?.Dispose();
            throw;
        }
    }

    public async IAsyncEnumerable<JournalFrame> FramesAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        using var rows = _connection.Prepare("SELECT partition, sequence, epoch, at, crc, body FROM journal ORDER BY row");
        while (Step(rows))
        {
            cancel.ThrowIfCancellationRequested();
            var frame = new JournalFrame((int)rows.Long(0), rows.Long(1), rows.Long(2), rows.Long(3), rows.Bytes(5).ToArray());
            yield return rows.Long(4) == Checksum.OfFrame(frame.Partition, frame.Sequence, frame.Epoch, frame.At, frame.Body)
                ? frame
                : throw new StoreCorruptException($"the frame of partition {frame.Partition} with sequence {frame.Sequence} is damaged: its checksum does not match");
        }
    }

    public async IAsyncEnumerable<(int Partition, SnapshotRow Row)> SnapshotsAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        using var rows = _connection.Prepare("SELECT partition, grain, sequence, wake, flagged, crc, body FROM snapshot ORDER BY partition, grain");
        while (Step(rows))
        {
            cancel.ThrowIfCancellationRequested();
            var (partition, grain) = ((int)rows.Long(0), rows.Bytes(1).ToArray());
            var row = new SnapshotRow(Encoding.UTF8.GetString(grain), rows.Long(2), rows.Long(3), rows.Long(4) != 0, rows.Bytes(6).ToArray());
            yield return rows.Long(5) == Checksum.OfSnapshot(partition, grain, row.Sequence, row.Wake, row.Flagged, row.Body)
                ? (partition, row)
                : throw new StoreCorruptException($"the snapshot of grain `{row.Grain}` of partition {partition} at sequence {row.Sequence} is damaged: its checksum does not match");
        }
    }

    public async IAsyncEnumerable<(string Name, byte[] Value)> SettingsAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        using var rows = _connection.Prepare("SELECT name, value FROM setting ORDER BY name");
        while (Step(rows))
        {
            yield return (Encoding.UTF8.GetString(rows.Bytes(0)), rows.Bytes(1).ToArray());
        }
    }

    public ValueTask DisposeAsync()
    {
        _connection.Dispose();
        _lock?.Dispose();
        return ValueTask.CompletedTask;
    }

    private static List<StoredPartition> ReadPartitions(SqliteConnection connection, long format)
    {
        var partitions = new List<StoredPartition>();
        var oldest = format == 1 ? "1" : "coalesce((SELECT o.sequence FROM oldest o WHERE o.partition = f.partition), 1)";
        using var rows = connection.Prepare(
            $"SELECT f.partition, f.epoch, {oldest}, f.next_sequence, c.sequence, c.crc, c.watermarks, c.owner FROM fence f JOIN checkpoint c ON c.partition = f.partition ORDER BY f.partition");
        while (rows.Step())
        {
            var row = new StoredPartition((int)rows.Long(0), rows.Long(1), rows.Long(2), rows.Long(3), rows.Long(4), rows.Bytes(6).ToArray(), Encoding.UTF8.GetString(rows.Bytes(7)));
            partitions.Add(rows.Long(5) == Checksum.OfCheckpoint(row.Partition, row.Checkpoint, row.Watermarks)
                ? row
                : throw new StoreCorruptException($"the checkpoint of partition {row.Partition} at sequence {row.Checkpoint} is damaged: its checksum does not match"));
        }
        return partitions;
    }

    private static bool Step(SqliteStatement rows)
    {
        try
        {
            return rows.Step();
        }
        catch (SqliteFailure e)
        {
            throw new StoreCorruptException($"the store's pages are damaged: {e.Message}");
        }
    }
}
