using System.Diagnostics;
using System.Globalization;
using Orchestrator.Simulation.Planting;
using Orchestrator.Simulation.Scenarios;

namespace Orchestrator.Simulation.Worlds;

/// <summary>The command line: <c>--seeds N --from N --jobs N</c> for volume, <c>--seed N [--trace]</c> for one run again, <c>--planted Name</c> or <c>--scenario Name</c> with either.</summary>
internal static class Volume
{
    /// <summary>So that of a run that was stopped by hand it is known how far it came.</summary>
    private const int ToldEvery = 250;

    public static int Run(string[] args)
    {
        var planted = Option(args, "--planted") is { } bug ? Enum.Parse<PlantedBug>(bug) : PlantedBug.None;
        var scenario = Option(args, "--scenario") is { } story ? Stories.Named(story) : null;
        if (Option(args, "--seed") is { } again)
        {
            var verdict = Runner.Once(ulong.Parse(again, CultureInfo.InvariantCulture), planted, args.Contains("--trace") ? Console.Out : null, scenario);
            Console.WriteLine(verdict.Broken is null ? $"seed {again} holds: {verdict.Steps} steps, {verdict.Time}, hash {verdict.Hash:x16}\n{verdict.Tally}" : verdict.ToString());
            return verdict.Broken is null ? 0 : 1;
        }

        if (args[0] == "--planted-all")
        {
            foreach (var one in Enum.GetValues<PlantedBug>().Where(b => b != PlantedBug.None))
            {
                var found = Until(one, 2_000);
                Console.WriteLine($"{one,-24} {found?.Worlds.ToString(CultureInfo.InvariantCulture) ?? "survived",8} {found?.Verdict.Scenario?.Name,-32} {found?.Verdict.Broken!.Invariant,-12} {found?.Verdict.Broken!.How.Split('\n')[0]}");
            }

            return 0;
        }

        var from = ulong.Parse(Option(args, "--from") ?? "1", CultureInfo.InvariantCulture);
        var count = int.Parse(Option(args, "--seeds") ?? "100", CultureInfo.InvariantCulture);
        var jobs = int.Parse(Option(args, "--jobs") ?? "1", CultureInfo.InvariantCulture);
        var began = Stopwatch.GetTimestamp();
        var (broken, tally) = Many(from, count, jobs, planted, args.Contains("--once"), Console.Out, scenario);
        var cpu = Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count} seeds from {from}: {broken.Count} broken; {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s, {cpu:0.0} s of CPU, {count / cpu:0.0} seeds a CPU second"));
        Console.WriteLine(tally);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"memory held at the end: {GC.GetTotalMemory(forceFullCollection: true) / 1048576.0:0.0} MiB"));
        return broken.Count == 0 ? 0 : 1;
    }

    /// <summary>Runs many seeds on so many threads, each twice unless <paramref name="once"/>; tells of each that breaks.</summary>
    public static (List<Verdict> Broken, Tally Tally) Many(ulong from, int count, int jobs, PlantedBug planted, bool once, TextWriter told, Scenario? scenario = null)
    {
        var next = -1;
        var gate = new Lock();
        var broken = new List<Verdict>();
        var slowest = (Seed: 0UL, Rested: TimeSpan.Zero);
        var tally = default(Tally);
        var done = 0;
        var threads = Enumerable.Range(0, jobs).Select(_ => new Thread(() =>
        {
            while (Interlocked.Increment(ref next) is var i && i < count)
            {
                var seed = from + (ulong)i;
                var verdict = once || planted != PlantedBug.None ? Runner.Once(seed, planted, scenario: scenario) : Runner.Twice(seed, scenario);
                lock (gate)
                {
                    tally += verdict.Tally;
                    if (++done % ToldEvery == 0)
                    {
                        told.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{done} of {count} run, {broken.Count + (verdict.Broken is null ? 0 : 1)} broken, {DateTime.UtcNow:HH:mm:ss}"));
                    }

                    slowest = verdict.Rested > slowest.Rested ? (seed, verdict.Rested) : slowest;
                    if (verdict.Broken is { } how)
                    {
                        broken.Add(verdict);
                        told.WriteLine($"seed {seed} broke {how.Invariant}: {how.How.Split('\n')[0]}");
                    }
                }
            }
        }, maxStackSize: 16 * 1024 * 1024)).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        told.WriteLine(string.Create(CultureInfo.InvariantCulture, $"slowest to rest: seed {slowest.Seed} after {slowest.Rested.TotalSeconds:0.0} s"));
        return (broken, tally);
    }

    /// <summary>Runs worlds with a bug until one breaks: seeds from 1, and where a story leads to the bug, each of them in the story too.</summary>
    /// <param name="most">Worlds in all.</param>
    /// <returns>What broke and the number of worlds run; null if none of so many broke.</returns>
    public static (Verdict Verdict, int Worlds)? Until(PlantedBug planted, int most)
    {
        var story = Stories.For(planted);
        for (var worlds = 1; worlds <= most; worlds++)
        {
            var (seed, scenario) = story is null ? (worlds, null) : ((worlds + 1) / 2, worlds % 2 == 0 ? story : null);
            if (Runner.Once((ulong)seed, planted, scenario: scenario) is { Broken: not null } found)
            {
                return (found, worlds);
            }
        }

        return null;
    }

    private static string? Option(string[] args, string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;
}
