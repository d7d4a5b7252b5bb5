using Orchestrator.Grains.Accounts;

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
        foreach (var tally in account.Tallies)
        {
            if (Belongs(tally.Name, score))
            {
                var latest = tally.CountIn(window, now);
                var before = tally.CountIn(window + versus, now) - latest;
                highest = Math.Max(highest, latest / window.TotalDays / (Math.Max(1, before) / versus.TotalDays));
            }
        }

        return highest;
    }

    /// <summary>The earliest instant after <paramref name="now"/> at which an occurrence leaves or enters one of the windows.</summary>
    public static DateTimeOffset? NextChange(Account account, string score, TimeSpan window, TimeSpan versus, DateTimeOffset now)
    {
        DateTimeOffset? next = null;
        foreach (var tally in account.Tallies)
        {
            if (Belongs(tally.Name, score))
            {
                var latest = tally.NextChange(window, now);
                var both = tally.NextChange(window + versus, now);
                next = next is null || latest < next ? latest ?? next : next;
                next = next is null || both < next ? both ?? next : next;
            }
        }

        return next;
    }

    private static bool Belongs(string tally, string score) =>
        tally.StartsWith(score, StringComparison.Ordinal) && (tally.Length == score.Length || tally[score.Length] == '|');
}
