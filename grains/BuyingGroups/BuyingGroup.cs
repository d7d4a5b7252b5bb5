using Orchestrator.Grains.Accounts;

namespace Orchestrator.Grains.BuyingGroups;

/// <summary>What a buying group is worth: how many of its roles are filled, and how much its people do.</summary>
/// <remarks>
/// Completeness of a role is min(assigned / required, 1), of the group the mean over its required roles. Engagement of a person is the sum of points of the last
/// days, where each activity counts a few times a day at most; of the group the sum over its people, each times the share of their weightiest role.
/// Source: the published rules of Adobe Journey Optimizer B2B for completeness and engagement scores, which are recomputed daily there and after each signal here.
/// </remarks>
public static class BuyingGroup
{
    /// <summary>How many people have the role.</summary>
    public static int Assigned(Account account, CompiledBuyingGroup group, string role)
    {
        var assigned = 0;
        foreach (var (contact, link) in account.Contacts)
        {
            assigned += group.Has(account, contact, link, role) ? 1 : 0;
        }

        return assigned;
    }

    /// <summary>In [0, 1]; 1 for a role that nobody needs to fill.</summary>
    public static double Completeness(Account account, CompiledBuyingGroup group, GroupRole role) =>
        role.Required == 0 ? 1 : Math.Min(1, (double)Assigned(account, group, role.Id) / role.Required);

    /// <summary>In [0, 1]; 1 if no role is required.</summary>
    public static double Completeness(Account account, CompiledBuyingGroup group)
    {
        double sum = 0;
        var required = 0;
        foreach (var role in group.Roles)
        {
            if (role.Required > 0)
            {
                sum += Completeness(account, group, role);
                required++;
            }
        }

        return required == 0 ? 1 : sum / required;
    }

    /// <summary>Points of one person within the window, at least 0.</summary>
    public static double EngagementOf(Account account, string contact, CompiledGroupEngagement engagement, DateTimeOffset now) =>
        account.Standing?.Activity.GetValueOrDefault(contact) is { } activity ? activity.PointsIn(FirstDay(engagement, now), DayOf(now)) : 0;

    /// <summary>Points of the whole group within the window, at least 0; 0 where it is not measured.</summary>
    public static double Engagement(Account account, CompiledBuyingGroup group, DateTimeOffset now)
    {
        if (group.Engagement is not { } engagement || account.Standing is not { } standing)
        {
            return 0;
        }

        var (from, to) = (FirstDay(engagement, now), DayOf(now));
        double sum = 0;
        foreach (var (contact, activity) in standing.Activity)
        {
            if (account.Contacts.TryGetValue(contact, out var link) && ShareOf(account, contact, link, group) is var share and > 0)
            {
                sum += share * activity.PointsIn(from, to);
            }
        }

        return sum;
    }

    /// <summary>The earliest instant after <paramref name="now"/> at which a day leaves the window or begins to count; null = none does.</summary>
    public static DateTimeOffset? NextChange(Account account, CompiledBuyingGroup group, DateTimeOffset now)
    {
        if (group.Engagement is not { } engagement || account.Standing is not { } standing)
        {
            return null;
        }

        var (from, to) = (FirstDay(engagement, now), DayOf(now));
        var next = int.MaxValue;
        foreach (var (contact, activity) in standing.Activity)
        {
            if (!account.Contacts.TryGetValue(contact, out var link) || ShareOf(account, contact, link, group) <= 0)
            {
                continue;
            }

            foreach (var day in activity.Days)
            {
                // A clock of a sender may run ahead past midnight, so a day may still be to come.
                next = day.Day > to ? Math.Min(next, day.Day) : day.Day >= from ? Math.Min(next, day.Day + engagement.WindowDays) : next;
            }
        }

        return next == int.MaxValue ? null : new DateTimeOffset(next * TimeSpan.TicksPerDay, TimeSpan.Zero);
    }

    /// <summary>UTC, days since 0001-01-01.</summary>
    internal static int DayOf(DateTimeOffset at) => (int)(at.UtcTicks / TimeSpan.TicksPerDay);

    private static int FirstDay(CompiledGroupEngagement engagement, DateTimeOffset now) => DayOf(now) - engagement.WindowDays + 1;

    private static double ShareOf(Account account, string contact, ContactLink link, CompiledBuyingGroup group)
    {
        double share = 0;
        foreach (var role in group.Roles)
        {
            share = role.Share > share && group.Has(account, contact, link, role.Id) ? role.Share : share;
        }

        return share;
    }
}
