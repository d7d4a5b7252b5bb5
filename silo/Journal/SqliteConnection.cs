using SQLitePCL;

namespace Orchestrator.Silo.Journal;

/// <summary>SQLite answered with an error code. Internal: callers of the store see the store's own exceptions.</summary>
internal sealed class SqliteFailure(int code, int extended, string message) : Exception($"{message} (sqlite code {extended})")
{
    /// <summary>Primary result code.</summary>
    public int Code { get; } = code;

    public int Extended { get; } = extended;

    public bool IsFull => Code == raw.SQLITE_FULL;

    public bool IsCorrupt => Code is raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB;

    public bool IsBusy => Code is raw.SQLITE_BUSY;
}

/// <summary>One SQLite connection. Used by one thread at a time.</summary>
internal sealed class SqliteConnection : IDisposable
{
    /// <summary>How long a lock of another process (a shell, a backup tool) is waited for, in milliseconds.</summary>
    private const int BusyTimeoutMs = 5_000;

    private readonly sqlite3 _handle;
    private readonly List<SqliteStatement> _statements = [];

    static SqliteConnection() => Batteries_V2.Init();

    public SqliteConnection(string path, int cacheKilobytes)
    {
        // NOMUTEX: each connection is used by one thread at a time, so SQLite need not lock around each call.
        var code = raw.sqlite3_open_v2(path, out _handle, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE | raw.SQLITE_OPEN_NOMUTEX, null);
        if (code != raw.SQLITE_OK)
        {
            var failure = Failure(code);
            _handle.Dispose();
            throw failure;
        }
        _ = raw.sqlite3_extended_result_codes(_handle, 1);
        _ = raw.sqlite3_busy_timeout(_handle, BusyTimeoutMs);
        // FULL: the WAL is synced at each commit. The fullfsync pair matters on macOS, where fsync alone does not reach the platter.
        // No automatic checkpoint: it would run inside a commit; see WalCheckpointer.
        Execute(
            "PRAGMA synchronous=FULL; PRAGMA fullfsync=ON; PRAGMA checkpoint_fullfsync=ON; PRAGMA wal_autocheckpoint=0; " +
            $"PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF; PRAGMA cache_size=-{cacheKilobytes}");
    }

    /// <summary>Rows changed by the last statement.</summary>
    public int Changes => raw.sqlite3_changes(_handle);

    /// <summary>True outside a transaction; some errors end one by themselves.</summary>
    public bool IsAutocommit => raw.sqlite3_get_autocommit(_handle) != 0;

    public SqliteStatement Prepare(string sql)
    {
        Check(raw.sqlite3_prepare_v3(_handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out var statement));
        var prepared = new SqliteStatement(this, statement);
        _statements.Add(prepared);
        return prepared;
    }

    public void Execute(string sql) => Check(raw.sqlite3_exec(_handle, sql));

    /// <summary>The first column of the first row as a number, or null if there is no row.</summary>
    public long? Scalar(string sql)
    {
        Check(raw.sqlite3_prepare_v2(_handle, sql, out var prepared));
        using var statement = new SqliteStatement(this, prepared);
        return statement.Step() ? statement.Long(0) : null;
    }

    /// <summary>Pages written to the WAL since the last call.</summary>
    public int PagesWritten()
    {
        const int CacheWrite = 9; // SQLITE_DBSTATUS_CACHE_WRITE
        return raw.sqlite3_db_status(_handle, CacheWrite, out var pages, out _, 1) == raw.SQLITE_OK ? pages : 0;
    }

    /// <summary>Copies WAL pages into the main file as far as no reader or writer is in the way.</summary>
    /// <returns>Pages in the WAL; and whether all of them are copied, so that the next commit starts the WAL again from its beginning.</returns>
    public (int WalPages, bool Complete) CheckpointPassive()
    {
        var code = raw.sqlite3_wal_checkpoint_v2(_handle, null, raw.SQLITE_CHECKPOINT_PASSIVE, out var pages, out var copied);
        if ((code & 0xFF) == raw.SQLITE_BUSY)
        {
            return (pages, false);
        }
        Check(code);
        return (pages, pages == copied);
    }

    /// <summary>Leaves the WAL as it is when this connection is the last to close; the next opening recovers from it.</summary>
    public void KeepWalOnClose()
    {
        const int NoCheckpointOnClose = 1006; // SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE
        _ = raw.sqlite3_db_config(_handle, NoCheckpointOnClose, 1, out _);
    }

    public void Check(int code)
    {
        if (code != raw.SQLITE_OK)
        {
            throw Failure(code);
        }
    }

    public SqliteFailure Failure(int code) => new(code & 0xFF, code, raw.sqlite3_errmsg(_handle).utf8_to_string());

    public void Dispose()
    {
        foreach (var statement in _statements)
        {
            statement.Dispose();
        }
        _handle.Dispose();
    }
}
