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

        // The next boundary after which it is not quiet: the end of the night or midnight, on at most as many days as holidays can be strung together.
        var date = LocalOf(now, zone).Date;
        for (var day = 0; day < 400; day++)
        {
            foreach (var time in Boundaries())
            {
                var candidate = zone.AtLeniently(date.PlusDays(day).At(time)).ToDateTimeOffset().ToUniversalTime();
                if (candidate > now && !IsQuiet(LocalOf(candidate, zone)))
                {
                    return candidate;
                }
            }
        }

        // Every day of more than a year is off: ask again in a year.
        return now.AddDays(365);
    }

    /// <summary>In the order of the day: midnight (a day off may end there) and the end of the quiet hours.</summary>
    private LocalTime[] Boundaries() => [LocalTime.Midnight, to];

    private bool IsQuiet(LocalDateTime local)
    {
        var day = local.DayOfWeek.ToDayOfWeek();
        if (definition.DaysOff.Contains(day) || definition.Holidays.Contains(local.Date.ToDateOnly()))
        {
            return true;
        }

        var time = local.TimeOfDay;
        return from < to ? time >= from && time < to : time >= from || time < to;
    }

    private static LocalDateTime LocalOf(DateTimeOffset instant, DateTimeZone zone) => Instant.FromDateTimeOffset(instant).InZone(zone).LocalDateTime;
}
