using System.Diagnostics;
using System.Globalization;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.WhatIf;
using Orchestrator.Load;
using Orchestrator.V1;
using Playbook = Orchestrator.Grains.Playbooks.Playbook;

namespace Orchestrator.Bench.WhatIf;

/// <summary>
/// How many recorded signals a second does one core replay? What does a signal cost with 500 plays instead of 10? How long does compiling take that a publish waits for?
/// </summary>
/// <remarks>One thread; frames are decoded from their bytes as they lie in the journal, nothing is read from a disk. CPU time of the thread, since the machine may be shared.</remarks>
static class WhatIfBenchmark
{
    public sealed record Row(int Plays, int Stages, long Signals, double Seconds, long Decisions, long Offers, double Shared, bool Differs)
    {
        public double PerSecond => Signals / Seconds;
    }

    public static int Run(Sizes sizes)
    {
        Console.WriteLine("How many recorded signals a second does one core replay, compared with what is recorded?");
        Console.WriteLine("plays | stages | draft, compared with | signals | signals/s of CPU | us/signal | turns replayed once | decisions (checksum)");
        foreach (var (plays, stages) in new[] { (10, 1), (sizes.Plays, sizes.Stages), (500, 60) })
        {
            var playbook = Recording.Canonical(plays, stages);
            var recording = Recording.Of(playbook, accounts: Math.Max(10, sizes.Accounts / 20), signals: (int)(sizes.Rate * sizes.Seconds), TimeSpan.FromSeconds(30));
            foreach (var (draft, against, what) in Comparisons(playbook, plays, stages))
            {
                // The compiler's own work would be most of a short run.
                Measure(recording, draft, against, plays, stages);
                var rows = Enumerable.Range(0, sizes.Runs).Select(_ => Measure(recording, draft, against, plays, stages)).OrderBy(r => r.Seconds).ToList();
                var row = rows[rows.Count / 2];
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{plays} | {stages} | {what} | {row.Signals} | {row.PerSecond:0} | {1e6 / row.PerSecond:0.0} | {row.Shared:0.00} | {row.Decisions}"));
            }
        }

        Console.WriteLine("How long does compiling take, which a publish waits for?");
        Console.WriteLine("plays | stages | ms");
        foreach (var (plays, stages) in new[] { (10, 1), (50, 10), (500, 60) })
        {
            var milliseconds = Enumerable.Range(0, Math.Max(3, sizes.Runs)).Select(_ => Compile(plays, stages)).Order().ElementAt(Math.Max(3, sizes.Runs) / 2);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{plays} | {stages} | {milliseconds:0}"));
        }

        return 0;
    }

    /// <summary>What people try out: nothing yet, another threshold or value of a play, another threshold of a transition too, and what every decision of every account depends on.</summary>
    static IEnumerable<(Playbook Draft, Playbook? Against, string What)> Comparisons(Playbook playbook, int plays, int stages)
    {
        yield return (playbook, null, "unchanged, the journal");
        yield return (Changed(plays, stages), playbook, "unchanged, the version before");
        yield return (Changed(plays, stages, ("'7d') >= 5\"", "'7d') >= 6\"")), playbook, "the threshold of a play, the version before");
        yield return (Changed(plays, stages, ("value: 637", "value: 639")), playbook, "the value of a play, the version before");
        if (stages > 2)
        {
            // The second transition's; the first is where nearly everybody passes.
            yield return (Changed(plays, stages, ("'7d') >= 5\"", "'7d') >= 6\""), (">= 25.0 &&", ">= 27.0 &&")), playbook, "the thresholds of a play and a transition, the version before");
        }

        yield return (Changed(plays, stages, ("half-life: 14d", "half-life: 13d")), playbook, "every score, the version before");
    }

    static Playbook Changed(int plays, int stages, params (string Was, string Becomes)[] changes)
    {
        var text = CanonicalPlaybook.Text(plays, stages);
        foreach (var (was, becomes) in changes)
        {
            text = text.Contains(was, StringComparison.Ordinal) ? text.Replace(was, becomes, StringComparison.Ordinal) : throw new InvalidOperationException($"the canonical playbook has no `{was}`");
        }

        return PlaybookCompiler.Compile(text, "changed.yaml", version: 2).Playbook!;
    }

    public static Row Measure(Recording recording, Playbook draft, Playbook? against, int plays, int stages)
    {
        var replay = new Replay(Recording.Tenant, 0, new ReplayWorld(Recording.Tenant, draft), against is null ? null : new ReplayWorld(Recording.Tenant, against), static _ => null, examples: 20, against is null ? null : Likeness.Of(draft, against));
        var began = CpuTime();
        for (var i = 0; i < recording.Frames.Count; i++)
        {
            replay.Take(RecordedFrame.Of(0, i + 1, StoredFrame.Parser.ParseFrom(recording.Frames[i])));
        }

        replay.End();
        return new Row(plays, stages, replay.Result.Signals, Math.Max(CpuTime() - began, 1e-6), replay.Result.After.Decisions, replay.Result.After.Offers.Values.Sum(), (double)replay.Shared / Math.Max(1, replay.Result.Turns), !replay.Result.IsEmpty);
    }

    public static double Compile(int plays, int stages)
    {
        var text = CanonicalPlaybook.Text(plays, stages);
        var began = Stopwatch.GetTimestamp();
        var compiled = PlaybookCompiler.Compile(text, "canonical.yaml", version: 1);
        return compiled.Playbook is null ? throw new InvalidOperationException(string.Join('\n', compiled.Diagnostics)) : Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }

    // Of the process: nothing else runs in it but the collector, whose work is part of the price.
    static double CpuTime()
    {
        using var process = Process.GetCurrentProcess();
        return process.TotalProcessorTime.TotalSeconds;
    }
}
