using System.Collections.Immutable;
using System.Globalization;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Playbooks.Reading;
using Orchestrator.Grains.Policies;

namespace Orchestrator.Grains.Journeys;

/// <summary>Ways into journeys beside the main one, and groups of those that compete.</summary>
internal static class EntryBinding
{
    private const int EveryDay = 0b111_1111;

    public static ImmutableArray<JourneyGroupDefinition> Groups(Field field) =>
    [
        .. field.Declared(NameKind.JourneyGroup).Select(entry =>
        {
            var section = entry.Section(SectionKind.JourneyGroup);
            var title = section.Optional("title", text => text.Localized(), LocalizedText.Empty);
            var atMost = (int)section.Optional("at-most", count => count.Whole(1, 100), absent: 1);
            var conflict = section.Optional("on-conflict", word => word.Choice(("keep", OnConflict.Keep), ("displace", OnConflict.Displace), ("queue", OnConflict.Queue)), OnConflict.Keep);
            var displaced = section.Optional("displaced");
            var waits = displaced?.Choice(("leave", false), ("wait", true)) ?? false;
            if (displaced is not null && conflict != OnConflict.Displace)
            {
                displaced.RefuseKey("`displaced` needs `on-conflict: displace`; nobody is displaced otherwise");
            }

            var most = section.Optional("wait-at-most");
            if (most is not null && conflict != OnConflict.Queue && !waits)
            {
                most.RefuseKey("`wait-at-most` needs `on-conflict: queue` or `displaced: wait`; nobody waits otherwise");
            }

            var group = new JourneyGroupDefinition(entry.Key, entry.KeyAt, title, atMost, conflict, waits, most?.Duration());
            section.Close();
            return group;
        }),
    ];

    /// <summary>What a journey says about how it is entered.</summary>
    /// <param name="section">Of the journey.</param>
    /// <param name="journey">What has been read of it.</param>
    /// <param name="known">Reads a stage of the journey.</param>
    public static SideJourneyDefinition Read(Section section, SideJourneyDefinition journey, Func<Field, string> known)
    {
        var ends = section.Many<string>("ends", names => names.IsText ? [known(names)] : [.. names.Items("a stage or a list of stages").Select(known)]);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return journey with
        {
            Ends = ends,
            Group = section.Optional<Reference?>("group", name => name.Name(NameKind.JourneyGroup), absent: null),
            Priority = (int)section.Optional("priority", priority => priority.Whole(-1_000_000, 1_000_000), absent: 0),
            ReEntry = section.Optional("re-entry", ReEntryBinding.ReEntry),
            Entries = section.Many<JourneyEntryDefinition>("enter", all => [.. all.Items("a list of entries").Select(item => Entry(item, journey.Start, ends, known, seen))]),
        };
    }

    static JourneyEntryDefinition Entry(Field field, string start, ImmutableArray<string> ends, Func<Field, string> known, HashSet<string> seen)
    {
        var section = field.Section(SectionKind.JourneyEntry);
        var id = section.Required("id", name => name.Id(), "");
        if (id.Length > 0 && !seen.Add(id))
        {
            field.Refuse($"duplicate entry `{id}` in this journey");
        }

        var to = section.Required("to", known, "");
        if (to.Length > 0 && (to == start || ends.Contains(to)))
        {
            field.Refuse($"entry `{id}` leads to `{to}`, where nobody is under way; expected a stage that is neither the start nor one of `ends`");
        }

        var by = section.Many<EntryWay>("by", words => words.IsText ? [Way(words)] : [.. words.Items("api, manual or both").Select(Way)]);
        var on = section.Many("on", names => names.Names(NameKind.Signal));
        var when = section.Optional("when", condition => condition.Expression());
        var schedule = section.Optional("schedule", Schedule);
        var ways = (on.IsEmpty ? 0 : 1) + (schedule is null ? 0 : 1) + (by.IsEmpty ? 0 : 1);
        if (field.IsMap && (ways > 1 || (ways == 0 && when is null)))
        {
            field.Refuse("an entry needs one of `on` (signals), `schedule` (local times), `by` (api, manual) or `when` alone (a condition that becomes true)");
        }

        section.Close();
        return new JourneyEntryDefinition(id, field.At, to, on, when, schedule, by.Contains(EntryWay.Api), by.Contains(EntryWay.Manual));
    }

    static EntryWay Way(Field field) => field.Choice(("api", EntryWay.Api), ("manual", EntryWay.Manual));

    static EntryScheduleDefinition Schedule(Field field)
    {
        var section = field.Section(SectionKind.EntrySchedule);
        var at = section.Required("at", Clock, default);
        var days = section.Many<int>("days", all => all.IsText ? [Day(all)] : [.. all.Items("a list of days such as [mon, thu]").Select(Day)]);
        var dates = section.Many<DateOnly>("dates", all => all.IsText ? [Date(all)] : [.. all.Items("a list of dates").Select(Date)]);
        if (!days.IsEmpty && !dates.IsEmpty)
        {
            field.Refuse("a schedule has either `days` or `dates`, not both");
        }

        var holidays = section.Many<HolidayCalendar>("not-on-holidays", all => all.IsText ? [Calendar(all)] : [.. all.Items("a list of countries").Select(Calendar)]);
        section.Close();
        return new EntryScheduleDefinition(field.At, at, days.IsEmpty ? EveryDay : days.Aggregate(0, (mask, day) => mask | day), [.. dates.Distinct().Order()], holidays);
    }

    static int Day(Field field) => 1 << (int)field.Choice(
        ("mon", DayOfWeek.Monday), ("tue", DayOfWeek.Tuesday), ("wed", DayOfWeek.Wednesday), ("thu", DayOfWeek.Thursday), ("fri", DayOfWeek.Friday), ("sat", DayOfWeek.Saturday), ("sun", DayOfWeek.Sunday));

    static TimeOnly Clock(Field field)
    {
        const string Expected = "a time of day such as \"09:00\"";
        if (field.Words(Expected) is not { } text)
        {
            return default;
        }

        if (!TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time))
        {
            field.Refuse($"expected {Expected}, found {field.Found()}");
        }

        return time;
    }

    static DateOnly Date(Field field)
    {
        const string Expected = "a date such as 2026-04-01";
        if (field.Words(Expected) is not { } text)
        {
            return default;
        }

        if (!DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) || date.Year is < 1900 or > 2999)
        {
            field.Refuse($"expected {Expected}, from 1900 to 2999, found {field.Found()}");
        }

        return date;
    }

    static HolidayCalendar Calendar(Field field)
    {
        var expected = $"a country whose public holidays are known, one of {string.Join(", ", HolidayCalendars.Names)}";
        if (field.Words(expected) is { } name && !HolidayCalendars.TryFind(name, out _))
        {
            field.Refuse($"expected {expected}, found {field.Found()}");
        }

        return HolidayCalendar.Japan;
    }
}
