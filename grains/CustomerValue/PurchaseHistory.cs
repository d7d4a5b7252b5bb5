using System.Collections.Immutable;

namespace Orchestrator.Grains.CustomerValue;

/// <summary>
/// What an account bought, as far as its value depends on it: kept with each purchase, never counted again. The order of arrival makes no difference within the
/// <see cref="DaysKept"/> latest days with a purchase; an older one that comes late counts as a day of its own.
/// </summary>
/// <param name="FirstAt">The first purchase.</param>
/// <param name="FirstAmount">What was spent on the day of it, minor units.</param>
/// <param name="LastAt">The latest purchase.</param>
/// <param name="Count">All purchases.</param>
/// <param name="Total">What was spent in all, minor units.</param>
/// <param name="Periods">Days with a purchase: several on one day are one occasion, as the model wants it.</param>
/// <param name="Days">The latest of these days (UTC, since 0001-01-01), ascending.</param>
public sealed record PurchaseHistory(DateTimeOffset FirstAt, double FirstAmount, DateTimeOffset LastAt, long Count, double Total, long Periods, ImmutableArray<int> Days)
{
    /// <summary>How many days are remembered one by one.</summary>
    public const int DaysKept = 128;

    /// <summary>Days with a purchase after the first.</summary>
    public long Repeats => Periods - 1;

    /// <summary>Mean spend of a day with a repeat purchase; what was spent on the first without one.</summary>
    public double MeanSpend => Repeats > 0 ? (Total - FirstAmount) / Repeats : FirstAmount;

    public static PurchaseHistory First(DateTimeOffset at, double amount) => new(at, amount, at, 1, amount, 1, [DayOf(at)]);

    public PurchaseHistory Add(DateTimeOffset at, double amount)
    {
        var day = DayOf(at);
        var place = Days.BinarySearch(day);
        var known = place >= 0;
        return this with
        {
            FirstAt = at < FirstAt ? at : FirstAt,
            FirstAmount = day == DayOf(FirstAt) ? FirstAmount + amount : at < FirstAt ? amount : FirstAmount,
            LastAt = at > LastAt ? at : LastAt,
            Count = Count + 1,
            Total = Total + amount,
            Periods = known ? Periods : Periods + 1,
            Days = known ? Days : Bounded(Days.Insert(~place, day)),
        };
    }

    /// <summary>Both as one.</summary>
    public PurchaseHistory Merge(PurchaseHistory other)
    {
        var (early, late) = FirstAt <= other.FirstAt ? (this, other) : (other, this);
        return new PurchaseHistory(
            early.FirstAt,
            DayOf(early.FirstAt) == DayOf(late.FirstAt) ? early.FirstAmount + late.FirstAmount : early.FirstAmount,
            LastAt > other.LastAt ? LastAt : other.LastAt,
            Count + other.Count,
            Total + other.Total,
            Periods + other.Periods - Days.Intersect(other.Days).Count(),
            Bounded([.. Days.Union(other.Days).Order()]));
    }

    private static ImmutableArray<int> Bounded(ImmutableArray<int> days) => days.Length > DaysKept ? days.RemoveRange(0, days.Length - DaysKept) : days;

    private static int DayOf(DateTimeOffset at) => (int)(at.UtcTicks / TimeSpan.TicksPerDay);
}
