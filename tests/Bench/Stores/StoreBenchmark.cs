using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Journal.Postgres;

namespace Orchestrator.Bench.Stores;

/// <summary>
/// What does a commit cost on PostgreSQL, by how many partitions and signals share it? Bodies of 200 random bytes a signal; one commit at a time, as fast as they
/// come; the server is local and named by ORCHESTRATOR_POSTGRES. WAL is that of the whole server, processor time that of the session that appends.
/// </summary>
static class StoreBenchmark
{
    const int SignalBytes = 200;
    static readonly (int Partitions, int Signals)[] Shapes = [(1, 1), (1, 100), (64, 1), (64, 10), (128, 4), (16, 64)];

    public static async Task<int> RunAsync(Sizes sizes)
    {
        var place = LocalPostgres.Place;
        await using var store = new PostgresStore(place);
        var partitions = (await store.OpenAsync(new StoreCreation(256, "bench"), CancellationToken.None)).Partitions;
        var rows = new PartitionRow[partitions];
        foreach (var row in await store.PartitionsAsync(CancellationToken.None))
        {
            rows[row.Partition] = (await store.TakeOverAsync(row.Partition, row.Epoch, "bench", CancellationToken.None))!;
        }

        Console.WriteLine("partitions x signals   commits/s   signals/s   p50 ms   p99 ms   server us/commit   server us/signal   silo us/signal   WAL B/signal");
        foreach (var shape in Shapes)
        {
            var runs = new List<Run>();
            for (var run = 0; run < sizes.Runs; run++)
            {
                runs.Add(await MeasureAsync(store, rows, shape, TimeSpan.FromSeconds(sizes.Seconds), place));
            }

            Print(shape, runs.OrderBy(run => run.ServerSeconds / run.Commits).ElementAt(runs.Count / 2));
        }

        return 0;
    }

    static async Task<Run> MeasureAsync(PostgresStore store, PartitionRow[] rows, (int Partitions, int Signals) shape, TimeSpan time, string place)
    {
        var body = new byte[shape.Signals * SignalBytes];
        new Random(7).NextBytes(body);
        for (var warm = 0; warm < 200; warm++)
        {
            await AppendAsync(store, rows, shape.Partitions, body, warm);
        }

        var (wal, backend) = await LookAsync(place);
        var (server, silo, times) = (Cpu(backend), Environment.CpuUsage.TotalTime, new List<double>());
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < time)
        {
            var begin = Stopwatch.GetTimestamp();
            await AppendAsync(store, rows, shape.Partitions, body, times.Count);
            times.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        }

        var seconds = clock.Elapsed.TotalSeconds;
        times.Sort();
        return new Run(times.Count, seconds, times[times.Count / 2], times[times.Count * 99 / 100], Cpu(backend) - server, (Environment.CpuUsage.TotalTime - silo).TotalSeconds, (await LookAsync(place)).Wal - wal);
    }

    static async Task AppendAsync(PostgresStore store, PartitionRow[] rows, int count, byte[] body, int round)
    {
        var at = DateTime.UtcNow.Ticks;
        var frames = new JournalAppend[count];
        for (var i = 0; i < count; i++)
        {
            var row = rows[(i + (round * count)) % rows.Length];
            frames[i] = new JournalAppend(row.Partition, row.Epoch, row.NextSequence, at, body);
            rows[row.Partition] = row with { NextSequence = row.NextSequence + 1 };
        }

        if (!Array.TrueForAll(await store.AppendAsync(new AppendBatch(frames, [], []), CancellationToken.None), accepted => accepted))
        {
            throw new InvalidOperationException("a frame was refused, although this process owns every partition");
        }
    }

    static async Task<(long Wal, int Backend)> LookAsync(string place)
    {
        await using var connection = new NpgsqlConnection(place + ";Pooling=false");
        await connection.OpenAsync();
        using var command = new NpgsqlCommand("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint, (SELECT max(pid) FROM pg_stat_activity WHERE application_name = 'orchestrator append')", connection);
        await using var row = await command.ExecuteReaderAsync();
        await row.ReadAsync();
        return (row.GetInt64(0), row.GetInt32(1));
    }

    // Fields 14 and 15 behind the name: user and system time in hundredths of a second.
    static double Cpu(int process)
    {
        var stat = File.ReadAllText($"/proc/{process}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (double.Parse(fields[11], CultureInfo.InvariantCulture) + double.Parse(fields[12], CultureInfo.InvariantCulture)) / Harness.ProcessCost.TicksPerSecond;
    }

    static void Print((int Partitions, int Signals) shape, Run run)
    {
        double signals = (double)run.Commits * shape.Partitions * shape.Signals;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{shape.Partitions,10} x {shape.Signals,-7} {run.Commits / run.Seconds,12:N0} {signals / run.Seconds,11:N0} {run.P50,8:F2} {run.P99,8:F2} {run.ServerSeconds * 1e6 / run.Commits,18:N0} {run.ServerSeconds * 1e6 / signals,18:F2} {run.SiloSeconds * 1e6 / signals,16:F2} {run.Wal / signals,14:N0}"));
    }

    sealed record Run(int Commits, double Seconds, double P50, double P99, double ServerSeconds, double SiloSeconds, long Wal);
}
