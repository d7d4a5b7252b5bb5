namespace Orchestrator.Grains.Policies;

/// <summary>Japan's public holidays from 2000 to 2099; before and after, none is known.</summary>
/// <remarks>
/// Source: Act on National Holidays (Act No. 178 of 1948) as amended, articles 2 and 3, with its special acts for 2019 (accession), 2020 and 2021 (Olympic Games).
/// The days of the equinoxes are announced each February for the year after; until then they are those of the approximation in "Shin Koyomi Benricho" (Hydrographic
/// Department), which holds from 1980 to 2099. A later act may change what is said here: then this is a matter of a release, or of dates given in the playbook.
/// </remarks>
public static class JapaneseHolidays
{
    private const int FirstYear = 2000;
    private const int LastYear = 2099;

    public static bool Includes(DateOnly date) => IsNational(date) || IsSubstitute(date) || IsBetween(date);

    /// <summary>Article 2: the days that have a name.</summary>
    private static bool IsNational(DateOnly date)
    {
        var (year, month, day) = (date.Year, date.Month, date.Day);
        return year is >= FirstYear and <= LastYear && month switch
        {
            1 => day == 1 || IsMonday(date, 2),
            2 => day == 11 || (day == 23 && year >= 2020),
            3 => day == Equinox(20.8431, year),
            4 => day == 29,
            5 => day is 3 or 5 || (day == 4 && year >= 2007) || (day == 1 && year == 2019),
            7 => IsMarineDay(date) || (year, day) is (2020, 24) or (2021, 23),
            8 => day == MountainDay(year),
            9 => day == Equinox(23.2488, year) || (year < 2003 ? day == 15 : IsMonday(date, 3)),
            10 => (year is not (2020 or 2021) && IsMonday(date, 2)) || (year == 2019 && day == 22),
            11 => day is 3 or 23,
            12 => day == 23 && year < 2019,
            _ => false,
        };
    }

    private static bool IsMarineDay(DateOnly date) => date.Year switch
    {
        < 2003 => date.Day == 20,
        2020 => date.Day == 23,
        2021 => date.Day == 22,
        _ => IsMonday(date, 3),
    };

    private static int MountainDay(int year) => year switch
    {
        < 2016 => 0,
        2020 => 10,
        2021 => 8,
        _ => 11,
    };

    /// <summary>Article 3, paragraph 2: for one that falls on a Sunday, the next day that has no name; before 2007 only the Monday.</summary>
    private static bool IsSubstitute(DateOnly date)
    {
        if (IsNational(date))
        {
            return false;
        }

        for (var before = date.AddDays(-1); IsNational(before); before = before.AddDays(-1))
        {
            if (before.DayOfWeek == DayOfWeek.Sunday)
            {
                return true;
            }

            if (date.Year < 2007)
            {
                return false;
            }
        }

        return false;
    }

    /// <summary>Article 3, paragraph 3: a day between two that have a name; before 2007 not a Sunday.</summary>
    private static bool IsBetween(DateOnly date) =>
        date.Year is >= FirstYear and <= LastYear && (date.Year >= 2007 || date.DayOfWeek != DayOfWeek.Sunday) && !IsNational(date) && IsNational(date.AddDays(-1)) && IsNational(date.AddDays(1));

    private static bool IsMonday(DateOnly date, int number) => date.DayOfWeek == DayOfWeek.Monday && (date.Day + 6) / 7 == number;

    private static int Equinox(double ofYear1980, int year) => (int)(ofYear1980 + (0.242194 * (year - 1980))) - ((year - 1980) / 4);
}
