using System.Collections.Immutable;
using System.Globalization;
using Orchestrator.Grains.Policies;

namespace Orchestrator.Grains.Playbooks.Reading;

/// <summary>The contact policy.</summary>
internal static class ContactPolicyBinding
{
    static readonly ConsentDefinition NoConsent = new([], []);

    public static readonly ContactPolicyDefinition Default = new([], OverCap.NextBest, null, [], [], [], [], NoConsent);

    public static ContactPolicyDefinition ContactPolicy(Field field)
    {
        var section = field.Section(SectionKind.ContactPolicy);
        var policy = new ContactPolicyDefinition(
            section.Many<CapDefinition>("caps", caps => [.. caps.Items("a list of caps").Select(Cap)]),
            section.Optional(
                "over-cap",
                word => word.Choice(("next-best", OverCap.NextBest), ("wait", OverCap.Wait), ("skip", OverCap.Skip)),
                OverCap.NextBest),
            section.Optional("quiet-hours", QuietHours),
            section.Many<RestDefinition>("rest-after", rests => [.. rests.Items("a list of rests").Select(Rest)]),
            section.Many<Expression>("suppress-when", list => [.. OneOrMany(list).Select(condition => condition.Expression())]),
            section.Many<PlayClass>("exempt", list => [.. OneOrMany(list).Select(PlayBinding.Class).Distinct()]),
            section.Many<Reference>("exclusions", list => [.. OneOrMany(list).Select(name => Declared(name, NameKind.Exclusion))]),
            section.Optional("consent", Consent, NoConsent));
        section.Close();
        return policy;
    }

    static ImmutableArray<Field> OneOrMany(Field field) => field.IsText ? [field] : field.Items();

    static Reference Declared(Field field, NameKind kind) => new(field.Declares(kind), field.At);

    static CapDefinition Cap(Field field)
    {
        var section = field.Section(SectionKind.Cap);
        var per = section.Required("per", word => word.Choice(("contact", CapScope.Contact), ("account", CapScope.Account)), CapScope.Contact);
        var channel = section.Optional<Reference?>("channel", name => name.Name(NameKind.Channel), absent: null);
        var atMost = (int)section.Required("at-most", count => count.Whole(0, 1_000_000), 0);
        var rolling = section.Optional("rolling");
        var calendar = section.Optional("calendar");
        if (rolling is null == (calendar is null) && field.IsMap)
        {
            field.Refuse("a cap needs either `rolling` (a duration) or `calendar` (day, week or month)");
        }

        CapWindow window = calendar is null
            ? new CapWindow.Rolling(rolling?.Duration() ?? TimeSpan.FromDays(1))
            : new CapWindow.Calendar(calendar.Choice(("day", CalendarUnit.Day), ("week", CalendarUnit.Week), ("month", CalendarUnit.Month)));
        var cap = new CapDefinition(field.At, per, channel, atMost, window, section.Many("segments", names => names.Names(NameKind.Segment)));
        section.Close();
        return cap;
    }

    static QuietHoursDefinition QuietHours(Field field)
    {
        var section = field.Section(SectionKind.QuietHours);
        var from = section.Required("from", Clock, default);
        var to = section.Required("to", Clock, new TimeOnly(1, 0));
        if (from == to)
        {
            field.Refuse("`from` and `to` are the same time; quiet hours have a beginning and an end");
        }

        var holidays = section.Optional("holidays", Holidays, ([], []));
        var quiet = new QuietHoursDefinition(
            field.At,
            from,
            to,
            section.Many<DayOfWeek>("days-off", days => [.. OneOrMany(days).Select(Day).Distinct().OrderBy(day => ((int)day + 6) % 7)]),
            holidays.Dates)
        {
            Calendars = holidays.Calendars,
        };
        section.Close();
        return quiet;
    }

    static TimeOnly Clock(Field field)
    {
        const string Expected = "a time of day such as \"20:00\"";
        if (field.Words(Expected) is { } text)
        {
            if (TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time))
            {
                return time;
            }

            field.Refuse($"expected {Expected}, found {field.Found()}");
        }

        return default;
    }

    static DayOfWeek Day(Field field) => field.Choice(
        ("mon", DayOfWeek.Monday), ("tue", DayOfWeek.Tuesday), ("wed", DayOfWeek.Wednesday), ("thu", DayOfWeek.Thursday),
        ("fri", DayOfWeek.Friday), ("sat", DayOfWeek.Saturday), ("sun", DayOfWeek.Sunday));

    /// <summary>Dates, names of calendars, or both: a company has holidays of its own beside those of its country.</summary>
    static (ImmutableArray<DateOnly> Dates, ImmutableArray<HolidayCalendar> Calendars) Holidays(Field field)
    {
        var items = field.IsText ? [field] : field.Items("the name of a calendar, or a list of dates");
        var named = items.Where(item => item.IsText && item.Text() is [var first, ..] && char.IsAsciiLetter(first)).ToList();
        return ([.. items.Except(named).Select(Date).Distinct().Order()], [.. named.Select(Calendar).Distinct()]);
    }

    static HolidayCalendar Calendar(Field field)
    {
        if (!HolidayCalendars.TryFind(field.Text(), out var calendar))
        {
            field.Refuse($"unknown holiday calendar {field.Found()}; known calendars: {string.Join(", ", HolidayCalendars.Names)}; for others give the dates, such as [2026-01-01, 2026-12-25]");
        }

        field.Needs("holidays by name", level: 2);
        return calendar;
    }

    static DateOnly Date(Field field)
    {
        const string Expected = "a date such as 2026-01-01";
        if (field.Words(Expected) is { } text)
        {
            if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
            {
                return date;
            }

            field.Refuse($"expected {Expected}, found {field.Found()}");
        }

        return default;
    }

    static RestDefinition Rest(Field field)
    {
        var section = field.Section(SectionKind.RestAfter);
        var rest = new RestDefinition(
            field.At,
            section.Required("outcome", word => word.Id(), ""),
            (int)section.Required("times", count => count.Whole(1, 1_000), 1),
            section.Required("within", time => time.Duration(), TimeSpan.FromDays(1)),
            section.Required("rest", time => time.Duration(), TimeSpan.FromDays(1)));
        section.Close();
        return rest;
    }

    static ConsentDefinition Consent(Field field)
    {
        var section = field.Section(SectionKind.Consent);
        var consent = new ConsentDefinition(
            section.Many<Reference>("purposes", list => [.. OneOrMany(list).Select(name => Declared(name, NameKind.Purpose))]),
            section.Many("double-opt-in", list => list.Names(NameKind.Channel)));
        section.Close();
        return consent;
    }
}
