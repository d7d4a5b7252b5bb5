using System.Globalization;
using System.Reflection;
using Npgsql;
using Orchestrator.Silo.Journal;

namespace Orchestrator.Silo.StoreCommands;

/// <summary>
/// The tables that the Orleans engine's providers need, in a schema of their own. Made here, by every silo program, so that whoever administers the store needs neither Orleans nor its packages for it.
/// </summary>
internal static class OrleansTables
{
    /// <summary>What the engine puts behind the name of the store's schema; by itself if that is the default one.</summary>
    public const string Schema = "orleans";

    // Any number of our own, another one than the store's.
    private const long AdvisoryLock = 0x4F52_4C45;

    private static readonly IReadOnlyList<string> Scripts = Load();

    /// <summary>The connection string of the tables beside a store.</summary>
    /// <param name="store">Of the store. <c>Search Path</c> names its schema.</param>
    /// <exception cref="StoreRefusedException">It cannot be understood.</exception>
    public static string Beside(string store)
    {
        try
        {
            var built = new NpgsqlConnectionStringBuilder(store);
            built.SearchPath = string.IsNullOrEmpty(built.SearchPath) ? Schema : $"{built.SearchPath}_{Schema}";
            return In(built);
        }
        catch (Exception malformed) when (malformed is ArgumentException or FormatException or KeyNotFoundException)
        {
            throw new StoreRefusedException($"the connection string of PostgreSQL cannot be understood: {malformed.Message}", malformed);
        }
    }

    /// <summary>A connection string of one's own for them; its search path is the schema, or the default one.</summary>
    public static string At(string connection)
    {
        try
        {
            var built = new NpgsqlConnectionStringBuilder(connection);
            built.SearchPath = string.IsNullOrEmpty(built.SearchPath) ? Schema : built.SearchPath;
            return In(built);
        }
        catch (Exception malformed) when (malformed is ArgumentException or FormatException or KeyNotFoundException)
        {
            throw new StoreRefusedException($"the connection string of PostgreSQL cannot be understood: {malformed.Message}", malformed);
        }
    }

    /// <summary>Makes what is missing; twice is harmless, and so are two at a time.</summary>
    /// <param name="connection">With the schema as its search path.</param>
    /// <returns>How many scripts were applied, and the schema.</returns>
    public static async Task<(int Applied, string Schema)> ApplyAsync(string connection, CancellationToken cancel)
    {
        var schema = new NpgsqlConnectionStringBuilder(connection).SearchPath!;
        await using var session = new NpgsqlConnection(connection + ";Pooling=false");
        await session.OpenAsync(cancel).ConfigureAwait(false);
        await RunAsync(session, string.Create(CultureInfo.InvariantCulture, $"SELECT pg_advisory_lock({AdvisoryLock})"), cancel).ConfigureAwait(false);
        await using var transaction = await session.BeginTransactionAsync(cancel).ConfigureAwait(false);
        await RunAsync(session, $"""CREATE SCHEMA IF NOT EXISTS "{schema}"; CREATE TABLE IF NOT EXISTS orleans_script (number int PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT clock_timestamp())""", cancel).ConfigureAwait(false);
        var from = await AppliedAsync(session, cancel).ConfigureAwait(false);
        for (var next = from; next < Scripts.Count; next++)
        {
            await RunAsync(session, Scripts[next], cancel).ConfigureAwait(false);
            await RunAsync(session, string.Create(CultureInfo.InvariantCulture, $"INSERT INTO orleans_script(number) VALUES ({next + 1})"), cancel).ConfigureAwait(false);
        }

        await transaction.CommitAsync(cancel).ConfigureAwait(false);
        return (Scripts.Count - from, schema);
    }

    /// <summary>Refuses tables that are not there, or not as this build needs them.</summary>
    /// <exception cref="StoreRefusedException">They must be made first; the message says how.</exception>
    public static async Task CheckAsync(string connection, CancellationToken cancel)
    {
        await using var session = new NpgsqlConnection(connection + ";Pooling=false");
        await session.OpenAsync(cancel).ConfigureAwait(false);
        int applied;
        try
        {
            applied = await AppliedAsync(session, cancel).ConfigureAwait(false);
        }
        catch (PostgresException missing) when (missing.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName)
        {
            applied = 0;
        }

        if (applied < Scripts.Count)
        {
            throw new StoreRefusedException($"the tables of Orleans in the schema `{new NpgsqlConnectionStringBuilder(connection).SearchPath}` are {(applied == 0 ? "not there" : "of an older version")}: make them with `orc store migrate --orleans postgres`");
        }
    }

    private static string In(NpgsqlConnectionStringBuilder built)
    {
        (built.ApplicationName, built.Enlist, built.Timezone) = ("orchestrator orleans", false, "UTC");
        return built.ConnectionString;
    }

    private static async Task<int> AppliedAsync(NpgsqlConnection session, CancellationToken cancel)
    {
        using var command = new NpgsqlCommand("SELECT coalesce(max(number), 0) FROM orleans_script", session);
        return (int)(await command.ExecuteScalarAsync(cancel).ConfigureAwait(false))!;
    }

    private static async Task RunAsync(NpgsqlConnection session, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, session);
        await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }

    private static List<string> Load()
    {
        var assembly = Assembly.GetExecutingAssembly();
        return [.. assembly.GetManifestResourceNames().Where(name => name.StartsWith("orleans/", StringComparison.Ordinal)).Order(StringComparer.Ordinal).Select(name =>
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            return reader.ReadToEnd();
        })];
    }
}
