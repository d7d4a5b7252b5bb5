using NodaTime;
using NodaTime.Extensions;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Policies;

/// <summary>Local times at which nothing goes out: nights, days off, holidays; right through daylight saving.</summary>
public sealed class QuietHours
{
    private readonly QuietHoursDefinition definition;
    private readonly LocalTime from;
    private readonly LocalTime to;

    public QuietHours(QuietHoursDefinition definition)
    {
        this.definition = definition;
        from = LocalTime.FromTicksSinceMidnight(definition.From.Ticks);
        to = LocalTime.FromTicksSinceMidnight(definition.To.Ticks);
    }

    /// <summary>The instant at which the quiet time that <paramref name="now"/> falls into ends, or null if it is not quiet now.</summary>
    public DateTimeOffset? EndsAt(DateTimeOffset now, DateTimeZone zone)
    {
        if (!IsQuiet(LocalOf(now, zone)))
        {
            return null;
        }

        // Whether it is quiet can change at midnight, at the two times of day, and where the zone's clocks jump. At most as many days as holidays are strung together.
        var at = Instant.FromDateTimeOffset(now);
        for (var step = 0; step < 2_000; step++)
        {
            at = NextBoundary(at, zone);
            if (!IsQuiet(at.InZone(zone).LocalDateTime))
            {
                return at.ToDateTimeOffset();
            }
        }

        // Every day of more than a year is off: ask again then.
        return at.ToDateTimeOffset();
    }

    private Instant NextBoundary(Instant after, DateTimeZone zone)
    {
        var interval = zone.GetZoneInterval(after);
        var next = interval.HasEnd ? interval.End : Instant.MaxValue;
        var date = after.InZone(zone).Date;
        for (var day = 0; day < 2; day++, date = date.PlusDays(1))
        {
            next = Earlier(next, date.AtMidnight(), after, zone);
            next = Earlier(next, date.At(from), after, zone);
            next = Earlier(next, date.At(to), after, zone);
        }

        return next;
    }

    /// <summary>A local time that the clocks show twice counts twice; one that they skip is when they jump, which is a boundary by itself.</summary>
    private static Instant Earlier(Instant next, LocalDateTime local, Instant after, DateTimeZone zone)
    {
        var mapped = zone.MapLocal(local);
        if (mapped.Count > 0 && mapped.First().ToInstant() is var first && first > after && first < next)
        {
            next = first;
        }

        return mapped.Count > 1 && mapped.Last().ToInstant() is var last && last > after && last < next ? last : next;
    }

    private bool IsQuiet(LocalDateTime local)
    {
        var day = local.DayOfWeek.ToDayOfWeek();
        if (definition.DaysOff.Contains(day) || definition.Holidays.Contains(local.Date.ToDateOnly()) || IsHoliday(local.Date))
        {
            return true;
        }

        var time = local.TimeOfDay;
        return from < to ? time >= from && time < to : time >= from || time < to;
    }

    private bool IsHoliday(LocalDate date)
    {
        foreach (var calendar in definition.Calendars)
        {
            if (HolidayCalendars.Includes(calendar, date.ToDateOnly()))
            {
                return true;
            }
        }

        return false;
    }

    private static LocalDateTime LocalOf(DateTimeOffset instant, DateTimeZone zone) => Instant.FromDateTimeOffset(instant).InZone(zone).LocalDateTime;
}
