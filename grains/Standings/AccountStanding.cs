using System.Collections.Immutable;
using System.Diagnostics;
using Orchestrator.Grains.BuyingGroups;

namespace Orchestrator.Grains.Standings;

/// <summary>Where an account stands beside its one stage: how its buying group is engaged and who filled which role. Absent for accounts whose playbook asks for none of it.</summary>
public sealed record AccountStanding
{
    public static readonly AccountStanding Empty = new();

    /// <summary>What counts for the engagement of the buying group, by contact id.</summary>
    public ImmutableSortedDictionary<string, MemberActivity> Activity { get; init; } = Of<MemberActivity>();

    /// <summary>By role: the number of the account's signal with which somebody last took it.</summary>
    public ImmutableSortedDictionary<string, long> Joined { get; init; } = Of<long>();

    /// <param name="standing">Null: nothing of the kind has happened yet.</param>
    /// <param name="event">What happened.</param>
    /// <param name="signals">How many signals the account has taken in.</param>
    public static AccountStanding Evolve(AccountStanding? standing, StandingEvent @event, long signals)
    {
        var now = standing ?? Empty;
        return @event switch
        {
            StandingEvent.Engaged e => now with { Activity = now.Activity.SetItem(e.Contact, (now.Activity.GetValueOrDefault(e.Contact) ?? MemberActivity.None).Add(e)) },
            StandingEvent.RoleFilled e => now with { Joined = now.Joined.SetItem(e.Role, signals) },
            _ => throw new UnreachableException(),
        };
    }

    internal static ImmutableSortedDictionary<string, T> Of<T>() => None<T>.Map;

    private static class None<T>
    {
        public static readonly ImmutableSortedDictionary<string, T> Map = ImmutableSortedDictionary.Create<string, T>(StringComparer.Ordinal);
    }
}
