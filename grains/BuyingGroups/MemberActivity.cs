using System.Collections.Immutable;
using Orchestrator.Grains.Standings;

namespace Orchestrator.Grains.BuyingGroups;

/// <summary>What one person did lately, by day and activity.</summary>
/// <param name="Days">Sorted by day, then activity.</param>
public sealed record MemberActivity(ImmutableArray<DayActivity> Days)
{
    public static readonly MemberActivity None = new([]);

    /// <summary>How often an activity counted on a day.</summary>
    public int CountOf(string activity, int day)
    {
        var at = IndexOf(day, activity);
        return at >= 0 ? Days[at].Count : 0;
    }

    /// <summary>Points of the days in [<paramref name="from"/>, <paramref name="to"/>].</summary>
    public double PointsIn(int from, int to)
    {
        double sum = 0;
        foreach (var day in Days)
        {
            sum += day.Day >= from && day.Day <= to ? day.Points : 0;
        }

        return sum;
    }

    internal MemberActivity Add(StandingEvent.Engaged e)
    {
        var at = IndexOf(e.Day, e.Activity);
        var days = at >= 0
            ? Days.SetItem(at, Days[at] with { Count = Days[at].Count + 1, Points = Days[at].Points + e.Points })
            : Days.Insert(~at, new DayActivity(e.Day, e.Activity, 1, e.Points));
        return new MemberActivity(days[0].Day < e.Oldest ? days.RemoveAll(d => d.Day < e.Oldest) : days);
    }

    /// <summary>Both, as one person's. What both did on one day is added up: a cap that was reached in neither is not looked at again.</summary>
    internal MemberActivity Merge(MemberActivity other)
    {
        var days = Days;
        foreach (var day in other.Days)
        {
            var all = new MemberActivity(days);
            var at = all.IndexOf(day.Day, day.Activity);
            days = at >= 0 ? days.SetItem(at, days[at] with { Count = days[at].Count + day.Count, Points = days[at].Points + day.Points }) : days.Insert(~at, day);
        }

        return new MemberActivity(days);
    }

    private int IndexOf(int day, string activity)
    {
        for (var i = 0; i < Days.Length; i++)
        {
            var order = Days[i].Day != day ? Days[i].Day.CompareTo(day) : string.CompareOrdinal(Days[i].Activity, activity);
            if (order >= 0)
            {
                return order == 0 ? i : ~i;
            }
        }

        return ~Days.Length;
    }
}

/// <summary>One activity of one person on one day.</summary>
/// <param name="Day">UTC, days since 0001-01-01.</param>
/// <param name="Activity">The signal's type.</param>
/// <param name="Count">How often it counted; never above the cap.</param>
/// <param name="Points">Their sum.</param>
public readonly record struct DayActivity(int Day, string Activity, int Count, double Points);
