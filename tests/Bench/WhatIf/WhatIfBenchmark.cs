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
    public sealed record Row(int Plays, int Stages, long Signals, double Seconds, long Decisions, long Offers, bool Differs)
    {
        public double PerSecond => Signals / Seconds;
    }

    public static int Run(Sizes sizes)
    {
        Console.WriteLine("How many recorded signals a second does one core replay, compared with what is recorded?");
        Console.WriteLine("plays | stages | compared with | signals | signals/s of CPU | us/signal | decisions (checksum)");
        foreach (var (plays, stages) in new[] { (10, 1), (sizes.Plays, sizes.Stages), (500, 60) })
        {
            var playbook = Recording.Canonical(plays, stages);
            var recording = Recording.Of(playbook, accounts: Math.Max(10, sizes.Accounts / 20), signals: (int)(sizes.Rate * sizes.Seconds), TimeSpan.FromSeconds(30));
            foreach (var against in new[] { null, playbook })
            {
                // The compiler's own work would be most of a short run.
                Measure(recording, playbook, against, plays, stages);
                var rows = Enumerable.Range(0, sizes.Runs).Select(_ => Measure(recording, playbook, against, plays, stages)).OrderBy(r => r.Seconds).ToList();
                var row = rows[rows.Count / 2];
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{plays} | {stages} | {(against is null ? "the journal" : "another replay")} | {row.Signals} | {row.PerSecond:0} | {1e6 / row.PerSecond:0.0} | {row.Decisions}"));
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

    public static Row Measure(Recording recording, Playbook draft, Playbook? against, int plays, int stages)
    {
        var replay = new Replay(Recording.Tenant, 0, new ReplayWorld(Recording.Tenant, draft), against is null ? null : new ReplayWorld(Recording.Tenant, against), static _ => null, examples: 20);
        var began = CpuTime();
        for (var i = 0; i < recording.Frames.Count; i++)
        {
            replay.Take(RecordedFrame.Of(0, i + 1, StoredFrame.Parser.ParseFrom(recording.Frames[i])));
        }

        replay.End();
        return new Row(plays, stages, replay.Result.Signals, Math.Max(CpuTime() - began, 1e-6), replay.Result.After.Decisions, replay.Result.After.Offers.Values.Sum(), !replay.Result.IsEmpty);
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
