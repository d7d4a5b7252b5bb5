using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Standings;

namespace Orchestrator.Grains.BuyingGroups;

/// <summary>Counts what people do for the engagement of their buying group, with the signal itself and not a day later.</summary>
internal static class GroupEngagement
{
    /// <param name="facts">As of before the signal, with the signal at hand.</param>
    public static ActivityPoints? PointsOf(CompiledGroupEngagement engagement, string type, Facts facts) =>
        engagement.Points.TryGetValue(type, out var points) && (points.When is not { } when || when.Holds(facts)) ? points : null;

    /// <summary>Counts one activity, unless that day has left the window or the activity has counted often enough on it.</summary>
    public static void Record(TurnBuilder turn, CompiledGroupEngagement engagement, ActivityPoints points, string type, string contact, DateTimeOffset time)
    {
        var day = BuyingGroup.DayOf(time);
        var oldest = BuyingGroup.DayOf(turn.Now) - engagement.WindowDays + 1;
        var counted = turn.Account.Standing?.Activity.GetValueOrDefault(contact)?.CountOf(type, day) ?? 0;
        if (day >= oldest && counted < engagement.CapPerActivityDay)
        {
            turn.Add(new AccountEvent.OfStanding(new StandingEvent.Engaged(contact, type, day, points.Points, oldest)));
        }
    }
}
