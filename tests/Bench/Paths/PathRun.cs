using System.Diagnostics;
using System.Globalization;
using Orchestrator.Load;
using Orchestrator.Silo.Partitions;

namespace Orchestrator.Bench.Paths;

/// <summary>What some seconds of signals took of this process.</summary>
/// <param name="Sent">Signals.</param>
/// <param name="Answered">Acknowledgements.</param>
/// <param name="Recorded">Of them, those that say so.</param>
/// <param name="Messages">In which they came.</param>
/// <param name="Commits">Transactions that made them durable.</param>
/// <param name="Microseconds">CPU of the process a signal.</param>
/// <param name="Bytes">Allocated a signal.</param>
/// <param name="Collections">Of the youngest generation, the first, the second.</param>
/// <param name="Paused">Share of the time for which collections stood everything still.</param>
/// <param name="Promoted">Bytes a signal that collections of the youngest generation and the first found alive: what they had to look at and move. Hardly depends on what else the machine does.</param>
sealed record PathRun(long Sent, long Answered, long Recorded, long Messages, long Commits, double Seconds, double Microseconds, double Bytes, (int Young, int First, int Second) Collections, double Paused, double Promoted, LatencyHistogram Latencies)
{
    public const string Header = "run | signals/s | CPU us/signal | bytes/signal | collections 0, 1, 2 | promoted bytes/signal | paused % | p50 ms | p99 ms | max ms | heap MB | signals a commit | answers a message";

    public static async Task<PathRun> OfAsync(SignalFeed feed, SiloRuntime silo, double seconds)
    {
        var (young, first, second) = (GC.CollectionCount(0), GC.CollectionCount(1), GC.CollectionCount(2));
        var (allocated, paused, cpu) = (GC.GetTotalAllocatedBytes(precise: true), GC.GetTotalPauseDuration(), Environment.CpuUsage.TotalTime);
        var commits = silo.Commits;
        using var promotions = new Promotions();
        var watch = Stopwatch.StartNew();
        var (sent, answered, recorded, messages, latencies) = await feed.RunAsync(seconds);
        var took = watch.Elapsed;
        return new(
            sent,
            answered,
            recorded,
            messages,
            silo.Commits - commits,
            took.TotalSeconds,
            (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / sent,
            (double)(GC.GetTotalAllocatedBytes(precise: true) - allocated) / sent,
            (GC.CollectionCount(0) - young, GC.CollectionCount(1) - first, GC.CollectionCount(2) - second),
            (GC.GetTotalPauseDuration() - paused) / took,
            (double)promotions.Bytes / sent,
            latencies);
    }

    public string Row(string name) => string.Create(CultureInfo.InvariantCulture,
        $"{name} | {Sent / Seconds:N0} | {Microseconds:0.0} | {Bytes:N0} | {Collections.Young}, {Collections.First}, {Collections.Second} | {Promoted:N0} | {100 * Paused:0.0} | {Latencies.Percentile(0.5) / 1e6:0.0} | {Latencies.Percentile(0.99) / 1e6:0.0} | {Latencies.MaxNanoseconds / 1e6:0} | {GC.GetTotalMemory(false) / 1e6:0} | {(double)Sent / Commits:0.0} | {(double)Answered / Messages:0.0}");
}
