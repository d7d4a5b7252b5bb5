namespace Orchestrator.Load;

/// <summary>Finds the highest rate that is sustained: steps up until answers lag, then halves the gap.</summary>
public static class MaxRate
{
    const double Step = 1.3;
    const int Refinements = 3;

    /// <summary>Steps from the options' rate. Every run gets ids of its own.</summary>
    /// <param name="options">Its rate is where to begin, its seconds the length of one run.</param>
    /// <param name="seen">Told about each run.</param>
    /// <returns>The best sustained run, or null if not even the first was.</returns>
    public static async Task<LoadReport?> FindAsync(LoadOptions options, Action<LoadReport> seen)
    {
        LoadReport? best = null;
        double? tooMuch = null;
        var rate = options.Rate;
        var refined = 0;
        for (var run = 0; refined <= Refinements; run++)
        {
            var report = await new LoadRun(options with { Rate = rate, Run = $"{options.Run}-{run}" }).RunAsync().ConfigureAwait(false);
            seen(report);
            if (IsSustained(report))
            {
                best = report;
            }
            else
            {
                tooMuch = rate;
            }

            if (tooMuch is not { } limit)
            {
                rate *= Step;
                continue;
            }

            if (best is null)
            {
                return null;
            }

            rate = (best.Offered + limit) / 2;
            refined++;
        }

        return best;
    }

    /// <summary>All answered, the slowest hundredth within a second, and no backlog that outlives a second.</summary>
    public static bool IsSustained(LoadReport report) =>
        report.ExactlyOnce && report.Abandoned == 0 && report.P99 <= 1000 && report.DrainSeconds <= 1 && report.Achieved >= 0.97 * report.Offered;
}
