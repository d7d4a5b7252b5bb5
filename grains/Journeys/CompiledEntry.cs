using System.Collections.Immutable;
using NodaTime;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Policies;
using Orchestrator.Grains.Stages;

namespace Orchestrator.Grains.Journeys;

/// <summary>A way into a journey beside the main one.</summary>
public sealed record CompiledEntry(JourneyEntryDefinition Definition, Condition? When)
{
    public string Id => Definition.Id;

    /// <summary>The first instant strictly after <paramref name="after"/> at which the schedule lets somebody in; null: none, or none that can be planned.</summary>
    internal DateTimeOffset? NextTime(DateTimeOffset after, Facts facts)
    {
        // So many days in a row no calendar has as holidays.
        const int MostHolidays = 64;
        var schedule = Definition.Schedule!;
        var zone = PolicyGate.ZoneOf(facts);
        var time = LocalTime.FromTicksSinceMidnight(schedule.Time.Ticks);
        if (!schedule.Dates.IsEmpty)
        {
            foreach (var date in schedule.Dates)
            {
                if (!IsHoliday(schedule, date) && LocalTimes.OnDate(LocalDate.FromDateOnly(date), time, zone) is { } at && at > after)
                {
                    return at;
                }
            }

            return null;
        }

        var next = LocalTimes.Next(after, time, schedule.Days, zone);
        for (var i = 0; i < MostHolidays && next is { } at && IsHoliday(schedule, Instant.FromDateTimeOffset(at).InZone(zone).Date.ToDateOnly()); i++)
        {
            next = LocalTimes.Next(at, time, schedule.Days, zone);
        }

        return next;
    }

    private static bool IsHoliday(EntryScheduleDefinition schedule, DateOnly date) => schedule.Holidays.Any(calendar => HolidayCalendars.Includes(calendar, date));
}

/// <summary>Journeys that compete.</summary>
/// <param name="Journeys">The highest priority first, then in the order of the file; never empty.</param>
public sealed record CompiledGroup(JourneyGroupDefinition Definition, ImmutableArray<CompiledJourney> Journeys)
{
    public string Id => Definition.Id;
}
