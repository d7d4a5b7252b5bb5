namespace Orchestrator.Grains.Policies;

/// <summary>A country's public holidays, computed by rule.</summary>
public enum HolidayCalendar
{
    /// <summary>See <see cref="JapaneseHolidays"/>.</summary>
    Japan,
}

/// <summary>The calendars that a playbook may name.</summary>
public static class HolidayCalendars
{
    /// <summary>By the country's code in ISO 3166-1, in lower case.</summary>
    public static bool TryFind(string name, out HolidayCalendar calendar)
    {
        calendar = HolidayCalendar.Japan;
        return name == "jp";
    }

    /// <summary>The names, sorted.</summary>
    public static IReadOnlyList<string> Names { get; } = ["jp"];

    public static bool Includes(HolidayCalendar calendar, DateOnly date) => calendar switch
    {
        HolidayCalendar.Japan => JapaneseHolidays.Includes(date),
    };
}
