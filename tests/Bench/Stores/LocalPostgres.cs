using System.Globalization;
using Npgsql;
using Orchestrator.Bench.Harness;

namespace Orchestrator.Bench.Stores;

/// <summary>A PostgreSQL server on this machine, named by ORCHESTRATOR_POSTGRES, and what it uses.</summary>
sealed class LocalPostgres
{
    const string Variable = "ORCHESTRATOR_POSTGRES";

    readonly string place;
    readonly int main;

    LocalPostgres(string place, int main) => (this.place, this.main) = (place, main);

    /// <exception cref="ArgumentException">The variable names no server.</exception>
    public static string Place => Environment.GetEnvironmentVariable(Variable) ?? throw new ArgumentException($"expected {Variable} to name a local server, found nothing");

    public static async Task<LocalPostgres> FindAsync(string place)
    {
        var folder = (string)(await AskAsync(place, "SHOW data_directory"))!;
        return new LocalPostgres(place, int.Parse(File.ReadLines(Path.Combine(folder, "postmaster.pid")).First(), CultureInfo.InvariantCulture));
    }

    /// <summary>A connection string to an empty schema of this name.</summary>
    public async Task<string> NewPlaceAsync(string schema)
    {
        await AskAsync(place, $"DROP SCHEMA IF EXISTS {schema} CASCADE");
        return $"{place};Search Path={schema}";
    }

    /// <summary>Bytes of write-ahead log written so far by the whole server.</summary>
    public async Task<long> WalAsync() => (long)(await AskAsync(place, "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint"))!;

    /// <summary>CPU seconds of all of the server's processes so far, those included that have ended.</summary>
    public double CpuSeconds()
    {
        double ticks = 0;
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var process) && Stat(process) is { } fields && (process == main || fields[1] == main.ToString(CultureInfo.InvariantCulture)))
            {
                // 11 and 12: user and kernel time; 13 and 14: those of children that have ended, which are the main process's.
                ticks += fields[11..(process == main ? 15 : 13)].Sum(field => double.Parse(field, CultureInfo.InvariantCulture));
            }
        }

        return ticks / ProcessCost.TicksPerSecond;
    }

    /// <summary>The fields behind the name, or null if the process has just ended.</summary>
    static string[]? Stat(int process)
    {
        try
        {
            var stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/stat"));
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null;
        }
    }

    static async Task<object?> AskAsync(string place, string sql)
    {
        await using var connection = new NpgsqlConnection(place + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
