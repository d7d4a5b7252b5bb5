using System.Collections.Immutable;
using System.Diagnostics;
using Orchestrator.Grains.BuyingGroups;
using Orchestrator.Grains.DataQuality;
using Orchestrator.Grains.Hierarchies;
using Orchestrator.Grains.Journeys;
using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Grains.Standings;

/// <summary>
/// Where an account stands beside its one stage: its buying groups, who left, its other journeys, and its place among accounts. Absent for accounts whose
/// playbook asks for none of it.
/// </summary>
public sealed record AccountStanding
{
    public static readonly AccountStanding Empty = new();

    /// <summary>What counts for the engagement of the buying group, by contact id.</summary>
    public ImmutableSortedDictionary<string, MemberActivity> Activity { get; init; } = Of<MemberActivity>();

    /// <summary>By role: the number of the account's signal with which somebody last took it.</summary>
    public ImmutableSortedDictionary<string, long> Joined { get; init; } = Of<long>();

    /// <summary>Roles held for some offerings only; sorted.</summary>
    public ImmutableArray<OfferingRole> OfferingRoles { get; init; } = [];

    /// <summary>Whom the condition of an offering's group lets in; sorted.</summary>
    public ImmutableArray<OfferingMember> OfferingMembers { get; init; } = [];

    /// <summary>Who left, by contact id.</summary>
    public ImmutableSortedDictionary<string, Departure> Left { get; init; } = Of<Departure>();

    /// <summary>Where the account stands in journeys beside the main one, by journey; one that is absent is at its start.</summary>
    public ImmutableSortedDictionary<string, JourneyPlace> Journeys { get; init; } = Of<JourneyPlace>();

    /// <summary>How it entered journeys, and what waits; null: no journey says anything about it.</summary>
    public EntryBook? Entries { get; init; }

    /// <summary>Null: neither part of another account nor has it parts.</summary>
    public Family? Family { get; init; }

    /// <summary>By contact id: equal for people who are suspected to be one.</summary>
    public ImmutableSortedDictionary<string, ulong> Likeness { get; init; } = Of<ulong>();

    /// <summary>Other accounts that may be the same company; null: nothing was ever heard of any.</summary>
    public AccountTwins? Twins { get; init; }

    /// <param name="standing">Null: nothing of the kind has happened yet.</param>
    /// <param name="event">What happened.</param>
    /// <param name="signals">How many signals the account has taken in.</param>
    public static AccountStanding Evolve(AccountStanding? standing, StandingEvent @event, long signals)
    {
        var now = standing ?? Empty;
        return @event switch
        {
            StandingEvent.Engaged e => now with { Activity = now.Activity.SetItem(e.Contact, now.ActivityOf(e.Contact).Add(e)) },
            StandingEvent.ActivityBrought e => now with { Activity = now.Activity.SetItem(e.Contact, now.ActivityOf(e.Contact).Merge(e.Activity)) },
            StandingEvent.RoleFilled e => now with { Joined = now.Joined.SetItem(e.Role, signals) },
            StandingEvent.OfferingRoleSet e => now with { OfferingRoles = Set(now.OfferingRoles, new OfferingRole(e.Contact, e.Role, e.Offering), e.Assigned, OfferingRole.Compare) },
            StandingEvent.MemberJudged e => now with { OfferingMembers = Set(now.OfferingMembers, new OfferingMember(e.Contact, e.Offering), e.Belongs, OfferingMember.Compare) },
            StandingEvent.PersonLeft e => now.Without(e.Contact) with { Left = now.Left.SetItem(e.Contact, new Departure(e.Reason, e.At, e.To)) },
            StandingEvent.PersonReturned e => now with { Left = now.Left.Remove(e.Contact) },
            StandingEvent.JourneyEntered e => now with { Journeys = now.Journeys.SetItem(e.Step.Journey, e.Step.Place) },
            StandingEvent.OfEntry e => e.Contact.Length > 0 ? now : now with { Entries = EntryBook.Evolve(now.Entries, e.Event) },
            StandingEvent.ParentNamed or StandingEvent.ParentConfirmed or StandingEvent.ParentRefused or StandingEvent.BranchCounted or StandingEvent.BranchLeft =>
                now with { Family = Family.Evolve(now.Family ?? Family.None, @event) },
            StandingEvent.Likened e => now with { Likeness = e.Likeness == 0 ? now.Likeness.Remove(e.Contact) : now.Likeness.SetItem(e.Contact, e.Likeness) },
            StandingEvent.TwinsHeard or StandingEvent.TwinDismissed => now with { Twins = AccountTwins.Evolve(now.Twins, @event) },
            _ => throw new UnreachableException(),
        };
    }

    /// <summary>Whether the person was with this company and is not any more.</summary>
    public bool HasLeft(string contact) => Left.ContainsKey(contact);

    /// <summary>Two contacts are one person now, or one went elsewhere (<paramref name="to"/> is null).</summary>
    internal AccountStanding Move(string contact, string? to)
    {
        var others = Without(contact) with { Left = Left.Remove(contact) };
        if (to is null || !Activity.TryGetValue(contact, out var activity))
        {
            return others;
        }

        return others with { Activity = Activity.Remove(contact).SetItem(to, ActivityOf(to).Merge(activity)) };
    }

    internal static ImmutableSortedDictionary<string, T> Of<T>() => None<T>.Map;

    private MemberActivity ActivityOf(string contact) => Activity.GetValueOrDefault(contact) ?? MemberActivity.None;

    private AccountStanding Without(string contact) => this with
    {
        Activity = Activity.Remove(contact),
        Likeness = Likeness.Remove(contact),
        OfferingRoles = OfferingRoles.RemoveAll(r => r.Contact == contact),
        OfferingMembers = OfferingMembers.RemoveAll(m => m.Contact == contact),
    };

    private static ImmutableArray<T> Set<T>(ImmutableArray<T> all, T one, bool present, Comparison<T> order) =>
        present == all.Contains(one) ? all : present ? all.Add(one).Sort(order) : all.Remove(one);

    private static class None<T>
    {
        public static readonly ImmutableSortedDictionary<string, T> Map = ImmutableSortedDictionary.Create<string, T>(StringComparer.Ordinal);
    }
}

/// <summary>How somebody left.</summary>
/// <param name="Reason">As the signal said; may be empty.</param>
/// <param name="To">Who they are where they are now; null = nobody knows.</param>
public sealed record Departure(string Reason, DateTimeOffset At, GrainKey? To);
