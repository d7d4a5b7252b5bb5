using Npgsql;

namespace Orchestrator.Silo.Journal.Postgres;

/// <summary>One session of the server, found fit for keeping promises when it was opened.</summary>
/// <param name="Connection">Open; owned.</param>
/// <param name="Backend">Its process on the server.</param>
/// <param name="BackendStart">When that began: a number alone may be given to another one later.</param>
internal sealed record PostgresSession(NpgsqlConnection Connection, int Backend, DateTime BackendStart) : IAsyncDisposable
{
    private const int LeastVersion = 15;

    private const string Asked =
        """
        SELECT current_setting('server_version_num')::int / 10000, current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit'),
               current_setting('server_encoding'), pg_is_in_recovery(), pg_backend_pid(), (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid())
        """;

    public bool IsOpen => Connection.State == System.Data.ConnectionState.Open;

    /// <exception cref="StoreRefusedException">The server is too old, is a standby, or is set up to lose what it acknowledged.</exception>
    public static async Task<PostgresSession> OpenAsync(NpgsqlDataSource source, string place, CancellationToken cancel)
    {
        var connection = await source.OpenConnectionAsync(cancel).ConfigureAwait(false);
        try
        {
            using var asking = new NpgsqlCommand(Asked, connection);
            await using var row = await asking.ExecuteReaderAsync(cancel).ConfigureAwait(false);
            await row.ReadAsync(cancel).ConfigureAwait(false);
            Refuse(place, row.GetInt32(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetString(4), row.GetBoolean(5));
            return new PostgresSession(connection, row.GetInt32(6), row.GetDateTime(7));
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public ValueTask DisposeAsync() => Connection.DisposeAsync();

    internal static void Refuse(string place, int version, string fsync, string fullPageWrites, string synchronousCommit, string encoding, bool standby)
    {
        if (version < LeastVersion)
        {
            throw new StoreRefusedException($"the PostgreSQL server at {place} has version {version}, expected {LeastVersion} or later");
        }
        if (standby)
        {
            throw new StoreRefusedException($"the PostgreSQL server at {place} is a standby, expected the primary");
        }
        foreach (var (name, value) in new[] { ("fsync", fsync), ("full_page_writes", fullPageWrites) })
        {
            if (value != "on")
            {
                throw new StoreRefusedException($"the PostgreSQL server at {place} has `{name} = {value}`, so a crash could lose what was acknowledged or damage it; set `{name} = on`");
            }
        }
        if (synchronousCommit is not ("on" or "remote_apply"))
        {
            throw new StoreRefusedException(
                $"the sessions at {place} have `synchronous_commit = {synchronousCommit}` although `on` was asked for when connecting, so a crash could lose what was acknowledged; " +
                "connect without a pooler that drops start-up options, or set it to `on`");
        }
        if (encoding != "UTF8")
        {
            throw new StoreRefusedException($"the database at {place} has the encoding `{encoding}`, expected `UTF8`");
        }
    }
}
