using NodaTime;
using NodaTime.Extensions;
using NodaTime.TimeZones;

namespace Orchestrator.Grains.Stages;

/// <summary>Instants given by a local clock and calendar, right through daylight saving.</summary>
/// <remarks>
/// A time of day that the clocks skip is as long after midnight as it would have been without the jump (02:30 becomes 03:30); one that they show twice is the first
/// of the two. A date that a zone never had is left out.
/// </remarks>
internal static class LocalTimes
{
    // Nobody plans for the last days that a calendar has, and some zones would be past them.
    private static readonly long LastTicks = DateTimeOffset.MaxValue.UtcTicks - (400 * TimeSpan.TicksPerDay);
    private static readonly long FirstTicks = 400 * TimeSpan.TicksPerDay;

    /// <summary>The first instant strictly after <paramref name="after"/> at which a zone's clock shows this time on one of these days.</summary>
    /// <param name="days">Bit i is set for the day i of <see cref="DayOfWeek"/>; at least one is.</param>
    /// <returns>Null beyond the calendar.</returns>
    public static DateTimeOffset? Next(DateTimeOffset after, LocalTime time, int days, DateTimeZone zone)
    {
        if (!IsPlannable(after))
        {
            return null;
        }

        var from = Instant.FromDateTimeOffset(after);
        // From the day before: a jump may have carried its time into today.
        var date = from.InZone(zone).Date.PlusDays(-1);
        for (var i = 0; i < 16; i++, date = date.PlusDays(1))
        {
            if ((days & (1 << (int)date.DayOfWeek.ToDayOfWeek())) != 0 && Resolve(date, time, zone) is { } at && at > from)
            {
                return at.ToDateTimeOffset();
            }
        }

        return null;
    }

    /// <summary>The local day of an instant, so many calendar days later (earlier if negative), at this time.</summary>
    public static DateTimeOffset? OnDay(DateTimeOffset of, long days, LocalTime time, DateTimeZone zone)
    {
        if (!IsPlannable(of) || Math.Abs(days) > 36_600)
        {
            return null;
        }

        var date = Instant.FromDateTimeOffset(of).InZone(zone).Date.PlusDays((int)days);
        return date.Year is > 2 and < 9_998 ? (Resolve(date, time, zone) ?? Resolve(date.PlusDays(1), time, zone))?.ToDateTimeOffset() : null;
    }

    /// <summary>The first anniversary of a local day, so many days later (earlier if negative), at this time, that is strictly after an instant.</summary>
    /// <remarks>29 February is celebrated on the 28th in years that have none.</remarks>
    public static DateTimeOffset? Anniversary(DateTimeOffset of, long days, LocalTime time, DateTimeZone zone, DateTimeOffset after)
    {
        if (!IsPlannable(of) || !IsPlannable(after) || Math.Abs(days) > 366)
        {
            return null;
        }

        var born = Instant.FromDateTimeOffset(of).InZone(zone).Date;
        var annual = new AnnualDate(born.Month, born.Day);
        var year = Math.Max(born.Year + 1, Instant.FromDateTimeOffset(after).InZone(zone).Year - 2);
        for (; ; year++)
        {
            var date = annual.InYear(year).PlusDays((int)days);
            if ((Resolve(date, time, zone) ?? Resolve(date.PlusDays(1), time, zone)) is { } at && at.ToDateTimeOffset() > after)
            {
                return at.ToDateTimeOffset();
            }
        }
    }

    /// <summary>The instant at which a zone's clock shows this time on a date; null: the zone never had that day.</summary>
    public static DateTimeOffset? OnDate(LocalDate date, LocalTime time, DateTimeZone zone) => Resolve(date, time, zone)?.ToDateTimeOffset();

    private static Instant? Resolve(LocalDate date, LocalTime time, DateTimeZone zone)
    {
        var resolved = zone.ResolveLocal(date.At(time), Resolvers.LenientResolver);
        return resolved.Date == date ? resolved.ToInstant() : null;
    }

    private static bool IsPlannable(DateTimeOffset instant) => instant.UtcTicks > FirstTicks && instant.UtcTicks < LastTicks;
}
