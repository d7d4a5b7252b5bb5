using System.Diagnostics;
using System.Globalization;
using Orchestrator.Grains.Decisions;

namespace Orchestrator.Bench.Deciding;

/// <summary>How long does deciding alone take, after the turn has begun, at 10, 50, 190 and 500 candidates, and does a rejected candidate allocate?</summary>
/// <remarks>One thread. Singles are timed one by one, the timer's own 20 to 30 ns included; the mean is of the same calls in batches of 1,000.</remarks>
public static class DecideBenchmark
{
    public sealed record Row(int Candidates, double P50, double P99, double Mean, double MeanRejecting, double BytesChosen, double BytesRejected, long Checksum);

    public static int Run()
    {
        Console.WriteLine("How long does deciding alone take after the turn has begun, and what does it allocate?");
        Console.WriteLine("candidates | p50 us | p99 us | mean us | mean us, all rejected | bytes, one chosen | bytes, all rejected | finalists in all (checksum)");
        foreach (var (plays, calls) in new[] { (10, 400_000), (50, 150_000), (190, 60_000), (500, 60_000) })
        {
            // The median of five rounds: a neighbour on the other core slows one, seldom three.
            var rows = Enumerable.Range(0, 5).Select(_ => Measure(plays, calls)).ToList();
            double Median(Func<Row, double> of) => rows.Select(of).Order().ElementAt(rows.Count / 2);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{plays} | {Median(r => r.P50):0.00} | {Median(r => r.P99):0.00} | {Median(r => r.Mean):0.00} | {Median(r => r.MeanRejecting):0.00} | {Median(r => r.BytesChosen):0} | {Median(r => r.BytesRejected):0} | {rows[0].Checksum}"));
        }

        return 0;
    }

    public static Row Measure(int plays, int calls)
    {
        var scene = new DecideScene(plays);
        long checksum = 0;
        for (var i = 0; i < Math.Min(calls, 30_000); i++)
        {
            Count(scene.Decide((ulong)i), ref checksum);
            scene.RejectAll();
        }

        checksum = 0;
        var ticks = new long[calls];
        for (var i = 0; i < calls; i++)
        {
            var from = Stopwatch.GetTimestamp();
            var choice = scene.Decide((ulong)i);
            ticks[i] = Stopwatch.GetTimestamp() - from;
            Count(choice, ref checksum);
        }

        Array.Sort(ticks);
        var (mean, bytes) = InBatches(calls, i => scene.Decide((ulong)i));
        var (meanRejecting, rejectedBytes) = InBatches(calls, _ => scene.RejectAll());
        double Microseconds(double share) => ticks[Math.Min(calls - 1, (int)(share * calls))] * 1e6 / Stopwatch.Frequency;
        return new(plays, Microseconds(0.5), Microseconds(0.99), mean, meanRejecting, bytes, rejectedBytes, checksum);
    }

    /// <summary>Median over batches of the mean of a batch, and the bytes that one call allocates.</summary>
    static (double Microseconds, double Bytes) InBatches(int calls, Func<int, Choice> decide)
    {
        const int Batch = 1_000;
        var means = new List<double>();
        var before = 0L;
        var allocated = 0L;
        for (var b = 0; b < Math.Max(1, calls / Batch); b++)
        {
            before = GC.GetAllocatedBytesForCurrentThread();
            var from = Stopwatch.GetTimestamp();
            for (var i = 0; i < Batch; i++)
            {
                decide(i);
            }

            means.Add(Stopwatch.GetElapsedTime(from).TotalMicroseconds / Batch);
            allocated += GC.GetAllocatedBytesForCurrentThread() - before;
        }

        return (means.Order().ElementAt(means.Count / 2), (double)allocated / (Math.Max(1, calls / Batch) * Batch));
    }

    static void Count(in Choice choice, ref long checksum) => checksum += choice.Best?.OutOf ?? 0;
}
