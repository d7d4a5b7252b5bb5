using System.Diagnostics;
using System.Globalization;
using Orchestrator.Bench.EndToEnd;
using Orchestrator.Bench.WhatIf;
using Orchestrator.Load;
using Orchestrator.Protos.Rpc;

namespace Orchestrator.Bench.Deciding;

/// <summary>How long does publishing a large playbook take, over gRPC and through a real silo, and how much more does a signal cost where there are more plays?</summary>
/// <remarks>
/// Publishing: the time that the caller waits, parsing, compiling, checking and storing included; the first is the silo's first large playbook, before anything is compiled. A signal: CPU of the process
/// for reading it from the journal, judging and comparing, as a what-if does; the same plays a stage at first, then all at one stage, where every play is a candidate. There one play in five is open
/// to nearly everybody and nothing limits messages, so with more plays more is offered at each signal and more is in hand with each account; the last rows have a limit as real playbooks do, so
/// that few and many plays lead to about as many offers, and what is left is what it costs to look at more plays.
/// </remarks>
static class PlaysBenchmark
{
    const int FewPlays = 10;
    const string Limit = "contact-policy: {caps: [{per: contact, at-most: 3, rolling: 7d}], over-cap: next-best}\n";
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task<int> RunAsync(Sizes sizes)
    {
        Console.WriteLine("How long does a publish take, as the caller sees it?");
        Console.WriteLine("plays | stages | publish | ms | silo CPU ms");
        var (plays, stages) = (sizes.ManyPlays, Math.Min(60, sizes.ManyPlays));
        await using (var silo = await SiloUnderTest.StartAsync(FewPlays, 1))
        {
            for (var n = 1; n <= sizes.Runs; n++)
            {
                var (milliseconds, cpu) = await PublishAsync(silo, string.Create(CultureInfo.InvariantCulture, $"# Number {n}.\n{CanonicalPlaybook.Text(plays, stages)}"));
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{plays} | {stages} | {(n == 1 ? "the first" : $"number {n}")} | {milliseconds:0} | {cpu:0}"));
            }
        }

        Console.WriteLine("How much CPU does a signal cost?");
        Console.WriteLine("plays | stages | messages to a person | us/signal | times the first | offers a signal | decisions (checksum)");
        foreach (var (few, many, at, limit) in new[] { (FewPlays, plays, stages, ""), (FewPlays, plays, 1, ""), (FewPlays, plays, 1, Limit) })
        {
            var first = Measure(few, at == 1 ? 1 : Math.Min(few, at), limit, sizes);
            foreach (var (count, row) in new[] { (few, first), (plays / 10, Measure(Math.Max(1, plays / 10), Math.Min(at, Math.Max(1, plays / 10)), limit, sizes)), (many, Measure(many, at, limit, sizes)) })
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{count} | {row.Stages} | {(limit.Length == 0 ? "any" : "3 a week")} | {1e6 / row.PerSecond:0.0} | {first.PerSecond / row.PerSecond:0.00} | {(double)row.Offers / row.Signals:0.00} | {row.Decisions}"));
            }
        }

        return 0;
    }

    /// <summary>The time of one publish; refused while accounts meet the one before, it waits.</summary>
    public static async Task<(double Milliseconds, double CpuMilliseconds)> PublishAsync(SiloUnderTest silo, string text)
    {
        using var client = silo.Connect();
        var until = Stopwatch.GetTimestamp() + (long)(Patience.TotalSeconds * Stopwatch.Frequency);
        while (true)
        {
            var (began, cpu) = (Stopwatch.GetTimestamp(), silo.Process.Cost);
            try
            {
                await client.Playbooks.Publish(new() { Text = text, File = "canonical.yaml" }, new());
                return (Stopwatch.GetElapsedTime(began).TotalMilliseconds, silo.Process.Cost.Since(cpu).CpuSeconds * 1000);
            }
            catch (RpcException refused) when (refused.Code == StatusCode.FailedPrecondition && Stopwatch.GetTimestamp() < until)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200));
            }
        }
    }

    static WhatIfBenchmark.Row Measure(int plays, int stages, string limit, Sizes sizes)
    {
        var playbook = Recording.Canonical(plays, stages, limit);
        var recording = Recording.Of(playbook, accounts: Math.Max(10, sizes.Accounts / 20), signals: (int)(sizes.Rate * sizes.Seconds), TimeSpan.FromSeconds(30));
        WhatIfBenchmark.Measure(recording, playbook, null, plays, stages);
        var rows = Enumerable.Range(0, sizes.Runs).Select(_ => WhatIfBenchmark.Measure(recording, playbook, null, plays, stages)).OrderBy(r => r.Seconds).ToList();
        return rows[rows.Count / 2];
    }
}
