using System.Diagnostics;
using System.Globalization;

namespace Orchestrator.Bench.Deciding;

/// <summary>Which sort of condition makes deciding slow? One playbook a sort: fifty plays that differ in nothing else.</summary>
static class PartsBenchmark
{
    static readonly string[] Conditions =
    [
        "true",
        "stage_days >= 1000.0",
        "signal.type == 'email.clicked'",
        "account.employees >= 100000",
        "account.industry in ['retail', 'health']",
        "score.engagement >= 100000.0",
        "score.fit in ['C', 'D']",
        "score.intent > 1000.0",
        "signals.count('page.viewed', '7d') >= 5000",
        "signals.count('product.used', {'feature': 'admin'}) > 5000",
    ];

    public static int Run()
    {
        Console.WriteLine("Which sort of condition makes deciding slow? Nanoseconds a candidate, 50 candidates that all fall by it.");
        Console.WriteLine("condition | ns a candidate");
        foreach (var condition in Conditions)
        {
            var scene = new DecideScene(50, condition);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{condition} | {Measure(scene):0.0}"));
        }

        return 0;
    }

    static double Measure(DecideScene scene)
    {
        const int Calls = 20_000;
        // Long enough in time for the compiler, which waits for a tenth of a second without news before it optimises.
        const int WarmUp = 1_000_000;
        for (var i = 0; i < WarmUp; i++)
        {
            scene.RejectAll();
        }

        return Enumerable.Range(0, 7).Select(_ =>
        {
            var from = Stopwatch.GetTimestamp();
            for (var i = 0; i < Calls; i++)
            {
                scene.RejectAll();
            }

            return Stopwatch.GetElapsedTime(from).TotalNanoseconds / Calls / scene.Plays;
        }).Min();
    }
}
