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
                ref readonly var recent = ref tally.RecentInPlace;
                var later = recent.CountAfter(from);
                var latest = later - recent.CountAfter(at);
                if (latest == 0)
                {
                    continue;
                }

                var before = recent.CountAfter(earlier) - later;
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

    // The character behind the name first: nearly all others fall by it.
    private static bool Belongs(string tally, string score) =>
        (tally.Length > score.Length ? tally[score.Length] == '|' : tally.Length == score.Length) && tally.StartsWith(score, StringComparison.Ordinal);
}
