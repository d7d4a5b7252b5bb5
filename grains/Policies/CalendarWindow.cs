using NodaTime;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Policies;

/// <summary>The day, week (from Monday) or month that an instant falls into, in a zone.</summary>
/// <param name="From">The last tick before it: messages after it count.</param>
/// <param name="Next">When the next one begins.</param>
internal readonly record struct CalendarWindow(DateTimeOffset From, DateTimeOffset Next)
{
    public static CalendarWindow Of(CalendarUnit unit, DateTimeOffset now, DateTimeZone zone)
    {
        var today = Instant.FromDateTimeOffset(now).InZone(zone).Date;
        var (first, next) = unit switch
        {
            CalendarUnit.Day => (today, today.PlusDays(1)),
            CalendarUnit.Week => (today.PlusDays(1 - (int)today.DayOfWeek), today.PlusDays(8 - (int)today.DayOfWeek)),
            CalendarUnit.Month => (new LocalDate(today.Year, today.Month, 1), new LocalDate(today.Year, today.Month, 1).PlusMonths(1)),
        };
        return new(StartOf(first, zone).AddTicks(-1), StartOf(next, zone));
    }

    private static DateTimeOffset StartOf(LocalDate date, DateTimeZone zone) => zone.AtStartOfDay(date).ToInstant().ToDateTimeOffset();
}
