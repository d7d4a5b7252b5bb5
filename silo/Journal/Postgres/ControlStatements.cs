using Npgsql;

namespace Orchestrator.Silo.Journal.Postgres;

/// <summary>Take-overs, settings and the feature level, on a session beside the appends, so that they do not wait behind one. Each is one statement that commits by itself.</summary>
internal sealed class ControlStatements(PostgresSession session) : IAsyncDisposable
{
    // The store's row is locked with it, so that the level cannot rise between the look at it and the take-over.
    private const string TakeOver =
        """
        WITH allowed AS MATERIALIZED (SELECT level FROM store WHERE level <= $4 FOR SHARE)
        UPDATE fence SET epoch = epoch + 1, owner = $3, backend = $5, backend_start = $6 FROM allowed
        WHERE partition = $1 AND epoch = $2 RETURNING epoch, next_sequence
        """;

    private const string Terminate =
        """
        SELECT pg_terminate_backend(a.pid) FROM fence f JOIN pg_stat_activity a ON a.pid = f.backend AND a.backend_start = f.backend_start
        WHERE f.partition = $1 AND f.epoch = $2 AND a.pid <> pg_backend_pid()
        """;

    private const string Raise =
        "UPDATE store SET level = $1 WHERE level < $1 AND NOT EXISTS (SELECT 1 FROM silo WHERE lease_until > clock_timestamp() AND level < $1)";

    public bool IsOpen => session.IsOpen;

    /// <param name="appending">The session that appends for the new owner.</param>
    /// <returns>The epoch taken and the next sequence; null if somebody was faster, or the level is too high.</returns>
    /// <exception cref="PostgresException">55P03: the row was locked for longer than the session waits.</exception>
    public async Task<(long Epoch, long Next)?> TakeOverAsync(int partition, long seenEpoch, string owner, int level, int appending, DateTime appendingStart)
    {
        using var command = Command(TakeOver, partition, seenEpoch, owner, level, appending, appendingStart);
        await using var row = await command.ExecuteReaderAsync(CancellationToken.None).ConfigureAwait(false);
        return await row.ReadAsync(CancellationToken.None).ConfigureAwait(false) ? (row.GetInt64(0), row.GetInt64(1)) : null;
    }

    /// <summary>Ends the session that last wrote for this epoch, if it is still the same one.</summary>
    /// <returns>Whether there was one to end.</returns>
    public async Task<bool> TerminateOwnerAsync(int partition, long epoch)
    {
        using var command = Command(Terminate, partition, epoch);
        return await command.ExecuteScalarAsync(CancellationToken.None).ConfigureAwait(false) is true;
    }

    public async Task<bool> WriteSettingAsync(string name, byte[] value)
    {
        using var command = Command("INSERT INTO setting VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value);
        return await command.ExecuteNonQueryAsync(CancellationToken.None).ConfigureAwait(false) == 1;
    }

    /// <returns>False if there is one already.</returns>
    public async Task<bool> AddSettingAsync(string name, byte[] value)
    {
        using var command = Command("INSERT INTO setting VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", name, value);
        return await command.ExecuteNonQueryAsync(CancellationToken.None).ConfigureAwait(false) == 1;
    }

    /// <returns>False if it was there already, or a living silo could not read it.</returns>
    public async Task<bool> RaiseLevelAsync(int level)
    {
        using var command = Command(Raise, level);
        return await command.ExecuteNonQueryAsync(CancellationToken.None).ConfigureAwait(false) == 1;
    }

    public ValueTask DisposeAsync() => session.DisposeAsync();

    private NpgsqlCommand Command(string sql, params object[] parameters)
    {
        var command = new NpgsqlCommand(sql, session.Connection);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        }
        return command;
    }
}
