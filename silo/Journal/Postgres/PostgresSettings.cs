using System.Text.RegularExpressions;
using Npgsql;

namespace Orchestrator.Silo.Journal.Postgres;

/// <summary>How this silo's sessions are set up: durability, time-outs and which schema. The user's connection string says where and who.</summary>
/// <remarks>What is set here wins over the connection string and over the server's defaults, so that a promise does not hang on somebody's configuration.</remarks>
public sealed partial class PostgresSettings
{
    /// <summary>Where the tables are if the connection string has no <c>Search Path</c>.</summary>
    public const string DefaultSchema = "orchestrator";

    private const int KeepAliveSeconds = 5;

    private readonly string _connection;

    /// <param name="connection">As Npgsql takes it: <c>Host=...;Database=...;Username=...;Password=...</c>. <c>Search Path</c> names the schema.</param>
    /// <exception cref="StoreRefusedException">It cannot be understood.</exception>
    public PostgresSettings(string connection)
    {
        try
        {
            var given = new NpgsqlConnectionStringBuilder(connection);
            Schema = string.IsNullOrEmpty(given.SearchPath) ? DefaultSchema : given.SearchPath;
            Place = $"{given.Host}:{given.Port}/{given.Database ?? given.Username}, schema {Schema}";
            UserOptions = given.Options ?? "";
        }
        catch (Exception e) when (e is ArgumentException or FormatException or KeyNotFoundException)
        {
            throw new StoreRefusedException($"the connection string of PostgreSQL cannot be understood: {e.Message}; expected for example `Host=db;Database=orchestrator;Username=orchestrator`", e);
        }
        if (!PlainName().IsMatch(Schema))
        {
            throw new StoreRefusedException($"the search path is `{Schema}`, expected one schema of lower-case letters, digits and underscores, such as `{DefaultSchema}`");
        }
        _connection = connection;
    }

    /// <summary>The schema that holds the tables.</summary>
    public string Schema { get; }

    /// <summary>Where the store is, for messages; without secrets.</summary>
    public string Place { get; }

    private string UserOptions { get; }

    /// <summary>A connection string for one kind of session.</summary>
    /// <param name="kind">Shown by the server beside the session.</param>
    /// <param name="sessions">Most sessions at once; 0 = not pooled.</param>
    /// <param name="statement">The server ends a longer statement.</param>
    /// <param name="lock">The server gives up waiting for a row; null = as long as the statement may take.</param>
    internal string For(string kind, int sessions, TimeSpan statement, TimeSpan? @lock = null)
    {
        var builder = new NpgsqlConnectionStringBuilder(_connection)
        {
            ApplicationName = $"orchestrator {kind}",
            SearchPath = Schema,
            Pooling = sessions > 0,
            // DISCARD ALL before each use would throw prepared statements away; nothing here leaves state in a session.
            NoResetOnClose = true,
            Multiplexing = false,
            Enlist = false,
            Timeout = 10,
            // The client waits longer than the server works, so that a slow statement ends with an answer.
            CommandTimeout = statement == TimeSpan.Zero ? 0 : (int)statement.TotalSeconds + 5,
            // After a time-out the connection is dropped: what became of the statement is asked for, not waited for.
            CancellationTimeout = -1,
            TcpKeepAlive = true,
            TcpKeepAliveTime = KeepAliveSeconds,
            TcpKeepAliveInterval = 2,
            MaxAutoPrepare = 0,
            Options = Options(statement, @lock),
        };
        if (sessions > 0)
        {
            (builder.MinPoolSize, builder.MaxPoolSize) = (0, sessions);
        }
        return builder.ConnectionString;
    }

    // The last one wins, so ours come after the user's.
    private string Options(TimeSpan statement, TimeSpan? @lock) => string.Join(
        " -c ",
        UserOptions.Trim(),
        "synchronous_commit=on",
        "default_transaction_isolation=read\\ committed",
        "default_transaction_read_only=off",
        $"statement_timeout={(long)statement.TotalMilliseconds}",
        $"lock_timeout={(long)(@lock ?? TimeSpan.Zero).TotalMilliseconds}",
        // Only backups and migrations hold a transaction across round trips, and those never lock a row of the fence.
        "idle_in_transaction_session_timeout=5000",
        // A silo that is gone must not leave a statement waiting for a lock that would then be taken for nobody.
        "client_connection_check_interval=2000",
        $"tcp_keepalives_idle={KeepAliveSeconds}",
        "tcp_keepalives_interval=2",
        "tcp_keepalives_count=3",
        "tcp_user_timeout=15000",
        "jit=off",
        "client_min_messages=warning",
        "timezone=UTC").Trim();

    [GeneratedRegex("^[a-z_][a-z0-9_]{0,62}$")]
    private static partial Regex PlainName();
}
