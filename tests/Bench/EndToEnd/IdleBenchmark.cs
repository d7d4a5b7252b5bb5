using System.Diagnostics;
using System.Globalization;
using Orchestrator.Bench.Harness;

namespace Orchestrator.Bench.EndToEnd;

/// <summary>What do accounts cost that nothing happens to: in memory, on disk, at a restart, and when they wake?</summary>
static class IdleBenchmark
{
    public static async Task<int> RunAsync(Sizes sizes)
    {
        Console.WriteLine("What do idle accounts cost in memory and on disk, how soon does a silo with many serve after a restart, and how fast do they wake from snapshots?");
        await using var silo = await SiloUnderTest.StartAsync(sizes.Plays, sizes.Stages);
        var many = sizes.ManyAccounts;
        var empty = silo.Process.Cost;

        // One signal for each account in turn, one person each; then the same again after the restart, to wake every one.
        var filled = await Generator.RunAsync(silo.GrpcPort, sizes.Rate, Math.Max(1, many / sizes.Rate), many, many, "--sequential", "--warm-up", "0", "--drain", "600");
        var full = silo.Process.Cost;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"made {filled.Recorded:N0} at {filled.Achieved:N0}/s"));
        var watch = Stopwatch.StartNew();
        await silo.Process.DisposeAsync();
        var stopped = watch.Elapsed;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"stopped in {stopped.TotalSeconds:0.00} s"));
        watch.Restart();
        await silo.RestartAsync();
        await silo.RecordOneAsync("acc-000000", "first-after-restart");
        var first = watch.Elapsed;
        var restarted = silo.Process.Cost;
        var woken = await Generator.RunAsync(silo.GrpcPort, sizes.Rate * 4, Math.Max(1, many / (sizes.Rate * 4)), many, many, "--sequential", "--warm-up", "0", "--drain", "600", "--seed", "2");
        var awake = silo.Process.Cost;
        void Line(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
        Line($"accounts {many:N0} with one person each; made at {filled.Achieved:N0}/s, exactly once: {filled.ExactlyOnce}");
        Line($"resident MB: empty {empty.ResidentBytes / 1e6:N0}, after making all {full.ResidentBytes / 1e6:N0} ({(full.ResidentBytes - empty.ResidentBytes) / (double)many:N0} B an account), after restart {restarted.ResidentBytes / 1e6:N0}, all woken {awake.ResidentBytes / 1e6:N0}");
        Line($"written to disk: {full.WrittenBytes / (double)many:N0} B an account; stopping took {stopped.TotalSeconds:0.00} s");
        Line($"restart: first signal acknowledged {first.TotalSeconds:0.00} s after the process was started");
        Line($"waking: {woken.Achieved:N0} signals/s, each waking one account and one person; offered {woken.Offered:N0}/s, exactly once: {woken.ExactlyOnce}");
        return filled.ExactlyOnce && woken.ExactlyOnce ? 0 : 1;
    }
}
