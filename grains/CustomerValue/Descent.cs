namespace Orchestrator.Grains.CustomerValue;

/// <summary>When a number that never rises as time passes meets a threshold, to the tick.</summary>
/// <remarks>
/// Halves the time between an instant before and one after until they are neighbours: about 70 evaluations, of a pure function, so every machine gets the same.
/// Where rounding makes the number flicker around the threshold it is one of the ticks of the flicker; the account is judged then and asks again.
/// </remarks>
internal static class Descent
{
    /// <summary>What happens later is never.</summary>
    private static readonly long Longest = TimeSpan.FromDays(36_525).Ticks;

    /// <returns>The first instant after <paramref name="now"/> at which value - threshold has another sign than now; null = never.</returns>
    public static DateTimeOffset? FirstChange(Func<DateTimeOffset, double> valueAt, double threshold, DateTimeOffset now)
    {
        var sign = valueAt(now).CompareTo(threshold);
        if (sign < 0)
        {
            return null;
        }

        long same = 0;
        var other = TimeSpan.TicksPerHour;
        var end = Math.Min(Longest, DateTimeOffset.MaxValue.UtcTicks - now.UtcTicks);
        while (valueAt(now.AddTicks(Math.Min(other, end))).CompareTo(threshold) == sign)
        {
            if (other >= end)
            {
                return null;
            }

            (same, other) = (other, other * 4);
        }

        other = Math.Min(other, end);
        while (other - same > 1)
        {
            var middle = same + ((other - same) / 2);
            (same, other) = valueAt(now.AddTicks(middle)).CompareTo(threshold) == sign ? (middle, other) : (same, middle);
        }

        return now.AddTicks(other);
    }
}
