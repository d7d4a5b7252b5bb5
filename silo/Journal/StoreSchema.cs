namespace Orchestrator.Silo.Journal;

/// <summary>The tables of a store file, how one is made and which one is refused.</summary>
internal static class StoreSchema
{
    /// <summary>Rises when an older program could not read the file any more.</summary>
    public const int Format = 2;

    /// <summary>Marks a file as ours ("ORCH"), so that another program's database is never written to.</summary>
    public const int ApplicationId = 0x4F52_4348;

    // oldest: the first sequence kept of a partition that frames were dropped of.
    // fence: two or three hot pages that every commit writes, hence nothing else in it.
    // journal: appended in order of arrival. run: where 256 frames of a partition lie, keyed partition * 2^40 + run. mark: runs hold all rows up to here.
    // snapshot: a table with row ids, because a body in a key tree would make its inner pages fat; the partial indexes hold only grains with a wake or a flag.
    private const string Tables =
        """
        CREATE TABLE description(id INTEGER PRIMARY KEY CHECK(id = 1), format INTEGER NOT NULL, partitions INTEGER NOT NULL, incarnation INTEGER NOT NULL, created_at INTEGER NOT NULL, level INTEGER NOT NULL DEFAULT 1);
        CREATE TABLE fence(partition INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, next_sequence INTEGER NOT NULL);
        CREATE TABLE checkpoint(partition INTEGER PRIMARY KEY, owner TEXT NOT NULL, sequence INTEGER NOT NULL, crc INTEGER NOT NULL, watermarks BLOB NOT NULL);
        CREATE TABLE journal(row INTEGER PRIMARY KEY, partition INTEGER NOT NULL, sequence INTEGER NOT NULL, epoch INTEGER NOT NULL, at INTEGER NOT NULL, crc INTEGER NOT NULL, body BLOB NOT NULL);
        CREATE TABLE run(id INTEGER PRIMARY KEY, rows BLOB NOT NULL);
        CREATE TABLE mark(id INTEGER PRIMARY KEY CHECK(id = 1), row INTEGER NOT NULL);
        CREATE TABLE snapshot(id INTEGER PRIMARY KEY, partition INTEGER NOT NULL, grain TEXT NOT NULL, sequence INTEGER NOT NULL, wake INTEGER NOT NULL, flagged INTEGER NOT NULL, crc INTEGER NOT NULL, body BLOB NOT NULL);
        CREATE UNIQUE INDEX snapshot_grain ON snapshot(partition, grain);
        CREATE INDEX snapshot_wake ON snapshot(partition, wake, grain) WHERE wake <> 0;
        CREATE INDEX snapshot_flagged ON snapshot(partition, grain) WHERE flagged <> 0;
        CREATE TABLE setting(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
        CREATE TABLE oldest(partition INTEGER PRIMARY KEY, sequence INTEGER NOT NULL);
        INSERT INTO mark VALUES(1, 0);
        """;

    // Format 2: frames can be dropped, and the store has a feature level. A program that knows format 1 only would take a dropped frame for a lost one.
    private const string FromFormat1 =
        """
        ALTER TABLE description ADD COLUMN level INTEGER NOT NULL DEFAULT 1;
        CREATE TABLE oldest(partition INTEGER PRIMARY KEY, sequence INTEGER NOT NULL);
        UPDATE description SET format = 2
        """;

    /// <summary>Creates the tables in a new file, or checks those of an old one and brings them up to date.</summary>
    public static StoreDescription Ensure(SqliteConnection connection, string path, StoreCreation creation, long now)
    {
        var partitions = creation.Partitions;
        connection.Execute("PRAGMA journal_mode=WAL; BEGIN IMMEDIATE");
        try
        {
            var created = connection.Scalar("SELECT count(*) FROM sqlite_schema") == 0;
            if (created)
            {
                connection.Execute($"PRAGMA application_id={ApplicationId}; {Tables}; INSERT INTO description VALUES(1, {Format}, {partitions}, 1, {now}, {creation.Level})");
                using var fence = connection.Prepare("INSERT INTO fence VALUES(?, 0, 1)");
                using var checkpoint = connection.Prepare("INSERT INTO checkpoint VALUES(?, '', 0, ?, x'')");
                for (var partition = 0; partition < partitions; partition++)
                {
                    fence.Bind(1, partition).Run();
                    checkpoint.Bind(1, partition).Bind(2, Checksum.OfCheckpoint(partition, 0, [])).Run();
                }
            }
            var description = Read(connection, path, created);
            if (description.Level > creation.Level)
            {
                throw new StoreRefusedException($"the store `{path}` has feature level {description.Level}, this silo reads up to {creation.Level}: upgrade this silo");
            }
            connection.Execute("COMMIT");
            return description;
        }
        catch
        {
            if (!connection.IsAutocommit)
            {
                connection.Execute("ROLLBACK");
            }
            throw;
        }
    }

    private static StoreDescription Read(SqliteConnection connection, string path, bool created)
    {
        if (connection.Scalar("PRAGMA application_id") != ApplicationId)
        {
            throw new StoreRefusedException($"the file `{path}` is a database of another program, expected a store or no file");
        }
        var format = connection.Scalar("SELECT format FROM description WHERE id = 1")
            ?? throw new StoreRefusedException($"the store `{path}` has no description; restore it from a backup");
        if (format > Format)
        {
            throw new StoreRefusedException($"the store `{path}` has format {format}, made by a newer version; this one reads up to {Format}: upgrade this silo");
        }
        if (format == 1)
        {
            connection.Execute(FromFormat1);
        }
        return new StoreDescription(
            checked((int)connection.Scalar("SELECT partitions FROM description WHERE id = 1")!.Value),
            connection.Scalar("SELECT incarnation FROM description WHERE id = 1")!.Value,
            created,
            checked((int)connection.Scalar("SELECT level FROM description WHERE id = 1")!.Value));
    }
}
