using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Grains.Scores;

/// <summary>
/// Activity in the latest window against the one before, per unit of time; told apart by a property (topic), the highest counts.
/// With nothing before, one occurrence before is assumed, so that a first burst is finite. 0 = nothing in the latest window; 1 = as before.
/// </summary>
public static class Momentum
{
    public static double Of(Account account, string score, TimeSpan window, TimeSpan versus, DateTimeOffset now)
    {
        double highest = 0;
        var at = now.UtcTicks;
        var (from, earlier) = (Instants.Back(at, window), Instants.Back(at, window + versus));
        foreach (var tally in account.Tallies)
        {
            if (Belongs(tally.Name, score))
            {
                var later = tally.Recent.CountAfter(from);
                var latest = later - tally.Recent.CountAfter(at);
                var before = tally.Recent.CountAfter(earlier) - later;
                highest = Math.Max(highest, latest / window.TotalDays / (Math.Max(1, before) / versus.TotalDays));
            }
        }

        return highest;
    }

    /// <summary>The earliest instant after <paramref name="now"/> at which an occurrence leaves or enters one of the windows.</summary>
    public static DateTimeOffset? NextChange(Account account, string score, TimeSpan window, TimeSpan versus, DateTimeOffset now)
    {
        var next = long.MaxValue;
        foreach (var tally in account.Tallies)
        {
            if (Belongs(tally.Name, score))
            {
                next = Math.Min(next, Math.Min(tally.NextChange(window, now.UtcTicks), tally.NextChange(window + versus, now.UtcTicks)));
            }
        }

        return next < long.MaxValue ? new DateTimeOffset(next, TimeSpan.Zero) : null;
    }

    private static bool Belongs(string tally, string score) =>
        tally.StartsWith(score, StringComparison.Ordinal) && (tally.Length == score.Length || tally[score.Length] == '|');
}
