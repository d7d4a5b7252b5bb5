using System.Globalization;
using System.Reflection;
using Npgsql;

namespace Orchestrator.Silo.Journal.Postgres;

/// <summary>Brings the tables of a store up to what this build expects, once, however many silos start at the same time.</summary>
internal static class Migrations
{
    // Any number of our own: it keeps those that migrate apart, nothing else.
    private const long AdvisoryLock = 0x4F52_4348;

    // A storage parameter is nothing that an earlier build must know of, so it is no migration. The rows of the fence were laid out with room for four new versions each (fillfactor 20 of the
    // first migration), but the server also prunes a page at every visit while less than that is free: a record of the log for nearly every update. From now on it prunes a page that is nearly full.
    private const string Pruned = "fillfactor=85";

    /// <summary>All migrations of this build by number, from 1.</summary>
    public static IReadOnlyList<string> All { get; } = Load();

    /// <summary>Creates or upgrades the tables; a new store gets its rows.</summary>
    /// <param name="connection">Not pooled, and closed after this.</param>
    /// <param name="versions">How many migrations to apply: for tests of an upgrade; null = all.</param>
    /// <returns>True if this call created the store.</returns>
    /// <exception cref="StoreRefusedException">The tables were made by a newer version.</exception>
    public static async Task<bool> ApplyAsync(NpgsqlConnection connection, PostgresSettings settings, StoreCreation creation, CancellationToken cancel, int? versions = null)
    {
        var wanted = versions ?? All.Count;
        if (await VersionAsync(connection, cancel).ConfigureAwait(false) is { } version && Settled(version, wanted, settings))
        {
            await TuneAsync(connection, cancel).ConfigureAwait(false);
            return false;
        }
        // Ahead of the transaction, which then begins with fresh catalogs; the session is closed soon, and the lock with it.
        await LockAsync(connection, cancel).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
        var created = await ApplyLockedAsync(connection, settings, creation, cancel, wanted).ConfigureAwait(false);
        await transaction.CommitAsync(cancel).ConfigureAwait(false);
        await TuneAsync(connection, cancel).ConfigureAwait(false);
        return created;
    }

    /// <summary>Keeps others from migrating until the session is closed.</summary>
    public static Task LockAsync(NpgsqlConnection connection, CancellationToken cancel) =>
        RunAsync(connection, string.Create(CultureInfo.InvariantCulture, $"SELECT pg_advisory_lock({AdvisoryLock})"), cancel);

    /// <summary>Applies what is missing within the caller's transaction, which began after <see cref="LockAsync"/>.</summary>
    public static async Task<bool> ApplyLockedAsync(NpgsqlConnection connection, PostgresSettings settings, StoreCreation creation, CancellationToken cancel, int? versions = null)
    {
        var wanted = versions ?? All.Count;
        var from = await VersionAsync(connection, cancel).ConfigureAwait(false) ?? 0;
        if (Settled(from, wanted, settings))
        {
            return false;
        }
        if (from == 0)
        {
            await CreateAsync(connection, settings, cancel).ConfigureAwait(false);
        }
        for (var next = from + 1; next <= wanted; next++)
        {
            await RunAsync(connection, All[next - 1], cancel).ConfigureAwait(false);
            await RunAsync(connection, string.Create(CultureInfo.InvariantCulture, $"INSERT INTO migration(version) VALUES ({next})"), cancel).ConfigureAwait(false);
        }
        if (from == 0)
        {
            await FillAsync(connection, creation, cancel).ConfigureAwait(false);
        }
        return from == 0;
    }

    /// <summary>The number of migrations applied; null if there is no store here.</summary>
    public static async Task<int?> VersionAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        // Not by `to_regclass('migration')`: a session that began before the schema was made may go on believing that it is not there, since nothing in that makes it look again.
        using var there = new NpgsqlCommand(
            "SELECT EXISTS (SELECT FROM pg_class WHERE relname = 'migration' AND relnamespace = to_regnamespace(current_setting('search_path')))", connection);
        if (await there.ExecuteScalarAsync(cancel).ConfigureAwait(false) is not true)
        {
            return null;
        }
        using var asking = new NpgsqlCommand("SELECT coalesce(max(version), 0) FROM migration", connection);
        return (int)(await asking.ExecuteScalarAsync(cancel).ConfigureAwait(false))!;
    }

    private static async Task TuneAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        const string Asking = "SELECT NOT $1 = ANY (coalesce(reloptions, '{}')) FROM pg_class WHERE oid = to_regclass('fence') AND pg_has_role(relowner, 'USAGE')";
        if (await AskAsync().ConfigureAwait(false))
        {
            await LockAsync(connection, cancel).ConfigureAwait(false);
            if (await AskAsync().ConfigureAwait(false))
            {
                await RunAsync(connection, $"ALTER TABLE fence SET ({Pruned})", cancel).ConfigureAwait(false);
            }
        }

        async Task<bool> AskAsync()
        {
            using var asking = new NpgsqlCommand(Asking, connection) { Parameters = { new() { Value = Pruned } } };
            return await asking.ExecuteScalarAsync(cancel).ConfigureAwait(false) is true;
        }
    }

    private static bool Settled(int version, int wanted, PostgresSettings settings) => version > All.Count
        ? throw new StoreRefusedException($"the store at {settings.Place} has version {version}, made by a newer version of this program; this one reads up to {All.Count}: upgrade this silo")
        : version >= wanted;

    private static async Task CreateAsync(NpgsqlConnection connection, PostgresSettings settings, CancellationToken cancel)
    {
        // Asked first: the right to create a schema is not needed where somebody else has made it.
        using (var there = new NpgsqlCommand("SELECT to_regnamespace($1) IS NOT NULL", connection) { Parameters = { new() { Value = settings.Schema } } })
        {
            if (await there.ExecuteScalarAsync(cancel).ConfigureAwait(false) is not true)
            {
                await RunAsync(connection, $"CREATE SCHEMA {settings.Schema}", cancel).ConfigureAwait(false);
            }
        }
        using var foreign = new NpgsqlCommand("SELECT min(relname) FROM pg_class WHERE relnamespace = to_regnamespace($1) AND relkind IN ('r', 'p', 'v')", connection) { Parameters = { new() { Value = settings.Schema } } };
        if (await foreign.ExecuteScalarAsync(cancel).ConfigureAwait(false) is string table)
        {
            throw new StoreRefusedException($"the schema `{settings.Schema}` at {settings.Place} has a table `{table}` but no store, expected an empty schema or none: name another one with `Search Path`");
        }
        await RunAsync(connection, "CREATE TABLE migration (version int PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT clock_timestamp())", cancel).ConfigureAwait(false);
    }

    private static async Task FillAsync(NpgsqlConnection connection, StoreCreation creation, CancellationToken cancel)
    {
        await RunAsync(
            connection,
            string.Create(
                CultureInfo.InvariantCulture,
                $"""
                INSERT INTO store(id, partitions, incarnation, level) VALUES (1, {creation.Partitions}, 1, {creation.Level});
                INSERT INTO fence(partition) SELECT generate_series(0, {creation.Partitions - 1})
                """),
            cancel).ConfigureAwait(false);
        using var checkpoints = new NpgsqlCommand("INSERT INTO checkpoint(partition, crc) SELECT * FROM unnest($1, $2)", connection)
        {
            Parameters =
            {
                new() { Value = Enumerable.Range(0, creation.Partitions).ToArray() },
                new() { Value = Enumerable.Range(0, creation.Partitions).Select(partition => AppendParameters.Signed(Checksum.OfCheckpoint(partition, 0, []))).ToArray() },
            },
        };
        await checkpoints.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }

    private static List<string> Load()
    {
        var assembly = Assembly.GetExecutingAssembly();
        return assembly.GetManifestResourceNames().Where(name => name.StartsWith("migrations/", StringComparison.Ordinal)).Order(StringComparer.Ordinal).Select(name =>
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            return reader.ReadToEnd();
        }).ToList();
    }
}
