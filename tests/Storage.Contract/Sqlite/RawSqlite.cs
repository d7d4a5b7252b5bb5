using SQLitePCL;

namespace Orchestrator.Storage.Contract.Tests.Sqlite;

/// <summary>Reaches into a store's file behind its back.</summary>
internal static class RawSqlite
{
    static RawSqlite() => Batteries_V2.Init();

    public static void Execute(string file, string sql)
    {
        var code = raw.sqlite3_open(file, out var database);
        using (database)
        {
            code = code == raw.SQLITE_OK ? raw.sqlite3_exec(database, sql) : code;
            if (code != raw.SQLITE_OK)
            {
                throw new InvalidOperationException(raw.sqlite3_errmsg(database).utf8_to_string());
            }
        }
    }
}
