using System.Globalization;
using Orchestrator.Load;

namespace Orchestrator.Bench.Harness;

/// <summary>One run of the generator against a server, with what both used.</summary>
/// <param name="ServerMicroseconds">CPU of the server per signal, warm-up included on both sides of the fraction.</param>
/// <param name="BytesPerSignal">Written by the server towards the disk, per signal.</param>
public sealed record Measured(LoadReport Load, double ServerMicroseconds, double ResidentMegabytes, double BytesPerSignal)
{
    public const string Header = "run | offered/s | durable/s | p50 ms | p99 ms | p99.9 ms | max ms | server us/signal | generator us/signal | server MB | disk B/signal | overloaded | exactly once";

    /// <summary>Drives the server at a rate for <paramref name="sizes"/> and reads what it used meanwhile.</summary>
    public static async Task<Measured> RunAsync(Child server, int port, double rate, Sizes sizes, params string[] more)
    {
        var before = server.Cost;
        var load = await Generator.RunAsync(port, rate, sizes.Seconds, sizes.Accounts, sizes.Contacts, more);
        var used = server.Cost.Since(before);
        return new(load, used.CpuSeconds * 1e6 / load.Sent, used.ResidentBytes / 1e6, (double)used.WrittenBytes / load.Sent);
    }

    /// <summary>The highest sustained rate by short runs, then the medians of whole ones a tenth below it; prints each.</summary>
    /// <returns>The runs; empty if not even the first rate was sustained.</returns>
    public static async Task<IReadOnlyList<Measured>> AtItsBestAsync(Child server, int port, Sizes sizes)
    {
        // Tiers of compilation and the store's first growth are none of what is asked.
        await Generator.RunAsync(port, sizes.Rate / 2, Math.Min(5, sizes.Seconds), sizes.Accounts, sizes.Contacts);
        var rate = sizes.Rate;
        if (sizes.FindMax)
        {
            var best = await Generator.RunAsync(port, sizes.Rate, Math.Min(4, sizes.Seconds), sizes.Accounts, sizes.Contacts, "--find-max", "--warm-up", "1");
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"highest rate sustained for {Math.Min(4, sizes.Seconds):0.#} s: {best.Offered:N0}/s"));
            rate = best.Offered * 0.9;
        }

        return await RunsAsync(server, port, rate, sizes);
    }

    /// <summary>Runs at one rate; prints each and their median.</summary>
    public static async Task<IReadOnlyList<Measured>> RunsAsync(Child server, int port, double rate, Sizes sizes, params string[] more)
    {
        var runs = new List<Measured>();
        Console.WriteLine(Header);
        for (var i = 1; i <= sizes.Runs; i++)
        {
            var run = await RunAsync(server, port, rate, sizes, more);
            runs.Add(run);
            Console.WriteLine(run.Row(i.ToString(CultureInfo.InvariantCulture)));
        }

        Console.WriteLine(MedianOf(runs).Row("median by durable/s"));
        return runs;
    }

    public static Measured MedianOf(IReadOnlyList<Measured> runs) => runs.OrderBy(run => run.Load.Achieved).ElementAt(runs.Count / 2);

    public string Row(string name) => string.Create(CultureInfo.InvariantCulture,
        $"{name} | {Load.Offered:N0} | {Load.Achieved:N0} | {Load.P50:0.00} | {Load.P99:0.00} | {Load.P999:0.00} | {Load.Max:0.0} | {ServerMicroseconds:0.0} | {Load.CpuMicrosecondsPerSignal:0.0} | {ResidentMegabytes:N0} | {BytesPerSignal:N0} | {Load.Overloaded} | {(Load.ExactlyOnce ? "yes" : "NO")}{(Load.FirstReason.Length > 0 ? $" ({Load.FirstReason})" : "")}");
}
