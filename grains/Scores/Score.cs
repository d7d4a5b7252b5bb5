using System.Collections.Immutable;

namespace Orchestrator.Grains.Scores;

/// <summary>
/// A sum of points that decays by half every half-life, exact at any instant and independent of the order in which points arrive
/// (forward decay: Cormode et al. 2009; DECISIONING.md 3.8).
/// </summary>
/// <param name="Name">The playbook's score.</param>
/// <param name="Sum">The value at <paramref name="At"/>.</param>
/// <param name="At">The latest event time that contributed.</param>
/// <param name="HalfLife">Zero = does not decay.</param>
/// <param name="Day">Day number (UTC, since 0001-01-01) of <paramref name="Today"/>.</param>
/// <param name="Today">Points given on that day, for the cap per day.</param>
public readonly record struct Score(string Name, double Sum, DateTimeOffset At, TimeSpan HalfLife, int Day, double Today)
{
    /// <summary>For how many days before the latest one the cap per day is kept: as long as signal ids are.</summary>
    public const int DaysKept = 7;

    /// <summary>400 years: what happens later is never.</summary>
    private static readonly TimeSpan LongestForecast = TimeSpan.FromDays(146_100);

    /// <summary>Days before <see cref="Day"/> that got points, oldest first. Kept for people only: the cap is theirs.</summary>
    public ImmutableArray<DayPoints> Earlier { get; init; } = [];

    /// <summary>Value at an instant, which may lie before <see cref="At"/> (then it is the decayed sum extrapolated back).</summary>
    public double ValueAt(DateTimeOffset now) => Sum * Factor(now - At, HalfLife);

    /// <summary>With these points added.</summary>
    /// <param name="keepDays">Whether earlier days are kept.</param>
    public Score Post(double points, DateTimeOffset at, TimeSpan halfLife, bool keepDays = false)
    {
        var day = (int)(at.UtcTicks / TimeSpan.TicksPerDay);
        var today = day == Day ? Today + points : day > Day ? points : Today;
        var newest = day > Day ? day : Day;
        var earlier = !keepDays || day == Day ? Earlier : DayPoints.Add(Earlier, day > Day ? new DayPoints(Day, Today) : new DayPoints(day, points), newest);
        // A changed half-life decays from the last contribution on; what decayed before stays as it was.
        return at >= At
            ? this with { Sum = (Sum * Factor(at - At, halfLife)) + points, At = at, HalfLife = halfLife, Day = newest, Today = today, Earlier = earlier }
            : this with { Sum = Sum + (points * Factor(At - at, halfLife)), HalfLife = halfLife, Day = newest, Today = today, Earlier = earlier };
    }

    /// <summary>Both sums as of the later of the two instants. Commutative and, up to rounding, associative.</summary>
    public Score Merge(Score other)
    {
        var (early, late) = At <= other.At ? (this, other) : (other, this);
        var day = Math.Max(late.Day, early.Day);
        var days = late.Earlier;
        foreach (var one in early.Earlier.Append(new DayPoints(early.Day, early.Today)).Append(new DayPoints(late.Day, late.Today)))
        {
            days = DayPoints.Add(days, one, day + 1);
        }

        return late with { Sum = late.Sum + early.ValueAt(late.At), Day = day, Today = DayPoints.Of(days, day), Earlier = days.RemoveAll(d => d.Day == day) };
    }

    /// <summary>
    /// The earliest instant after <paramref name="now"/> at which the sign of value - threshold differs from the one now, or null if it never does:
    /// first to zero or past it, then, from exact equality, past it. Negative sums rise to zero as positive ones fall.
    /// </summary>
    public DateTimeOffset? FallsTo(double threshold, DateTimeOffset now)
    {
        var value = ValueAt(now);
        if (HalfLife <= TimeSpan.Zero || value == 0 || (threshold != 0 && (double.Sign(threshold) != double.Sign(value) || Math.Abs(value) < Math.Abs(threshold))))
        {
            return null;
        }

        // Halving a number often enough makes it zero: the smallest double is 2^-1074.
        var halvings = threshold == 0 ? Math.Log2(Math.Abs(value)) + 1076 : Math.Log2(value / threshold);
        var ticks = HalfLife.Ticks * halvings;
        if (ticks > LongestForecast.Ticks)
        {
            return null;
        }

        return FirstChange(now, value.CompareTo(threshold), threshold, (long)ticks);
    }

    /// <summary>The first tick at which the sign is another one; the estimate may be off by what doubles cannot tell apart.</summary>
    private DateTimeOffset FirstChange(DateTimeOffset now, int sign, double threshold, long estimate)
    {
        var margin = 8 + (estimate >> 44);
        var same = Math.Max(0, estimate - margin);
        while (same > 0 && ValueAt(now.AddTicks(same)).CompareTo(threshold) != sign)
        {
            same = Math.Max(0, same - (margin *= 2));
        }

        margin = 8 + (estimate >> 44);
        var other = estimate + margin;
        while (ValueAt(now.AddTicks(other)).CompareTo(threshold) == sign)
        {
            same = other;
            other += margin *= 2;
        }

        while (other - same > 1)
        {
            var middle = same + ((other - same) / 2);
            (same, other) = ValueAt(now.AddTicks(middle)).CompareTo(threshold) == sign ? (middle, other) : (same, middle);
        }

        return now.AddTicks(other);
    }

    /// <summary>Points still allowed on the day of <paramref name="at"/> under a cap per day.</summary>
    public double Room(double capPerDay, DateTimeOffset at)
    {
        var day = (int)(at.UtcTicks / TimeSpan.TicksPerDay);
        return Math.Max(0, capPerDay - (day == Day ? Today : DayPoints.Of(Earlier, day)));
    }

    private static double Factor(TimeSpan age, TimeSpan halfLife) =>
        halfLife <= TimeSpan.Zero ? 1 : Math.Pow(2, -(double)age.Ticks / halfLife.Ticks);
}

/// <summary>Points of one day (number since 0001-01-01, UTC).</summary>
public readonly record struct DayPoints(int Day, double Points)
{
    /// <summary>With these points at their day; days too long before <paramref name="newest"/> leave.</summary>
    internal static ImmutableArray<DayPoints> Add(ImmutableArray<DayPoints> days, DayPoints added, int newest)
    {
        var kept = days.RemoveAll(d => d.Day == added.Day || d.Day < newest - Score.DaysKept);
        if (added.Day < newest - Score.DaysKept)
        {
            return kept;
        }

        var at = 0;
        while (at < kept.Length && kept[at].Day < added.Day)
        {
            at++;
        }

        return kept.Insert(at, added with { Points = added.Points + Of(days, added.Day) });
    }

    /// <summary>Points of a day; 0 if there were none.</summary>
    internal static double Of(ImmutableArray<DayPoints> days, int day)
    {
        foreach (var one in days)
        {
            if (one.Day == day)
            {
                return one.Points;
            }
        }

        return 0;
    }
}

/// <summary>Points given to a score: a journaled result.</summary>
public readonly record struct ScorePost(string Score, double Points, TimeSpan HalfLife, DateTimeOffset At);
