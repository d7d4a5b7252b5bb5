using Orchestrator.Grains.BuyingGroups;
using Orchestrator.Grains.Hierarchies;
using Orchestrator.Grains.Journeys;
using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Grains.Standings;

/// <summary>A fact about where an account stands beside its stage.</summary>
public abstract record StandingEvent
{
    private StandingEvent()
    {
    }

    /// <summary>One more activity of a person counts for the engagement of the buying group: a result, never computed again.</summary>
    /// <param name="Activity">The signal's type.</param>
    /// <param name="Day">UTC, days since 0001-01-01.</param>
    /// <param name="Points">Above zero.</param>
    /// <param name="Oldest">Activity of days before this one has left the window for good.</param>
    public sealed record Engaged(string Contact, string Activity, int Day, double Points, int Oldest) : StandingEvent;

    /// <summary>What a person did before they moved here counts here.</summary>
    public sealed record ActivityBrought(string Contact, MemberActivity Activity) : StandingEvent;

    /// <summary>Somebody took a role with the signal at hand.</summary>
    public sealed record RoleFilled(string Role, string Contact) : StandingEvent;

    /// <summary>A role is held for one offering only, or no longer for it.</summary>
    public sealed record OfferingRoleSet(string Offering, string Role, string Contact, bool Assigned) : StandingEvent;

    /// <summary>The condition for members of an offering's group was judged anew for a person.</summary>
    public sealed record MemberJudged(string Offering, string Contact, bool Belongs) : StandingEvent;

    /// <summary>Somebody is no longer with this company.</summary>
    /// <param name="At">When, as the signal says.</param>
    /// <param name="To">Who they are where they are now; null = nobody knows.</param>
    public sealed record PersonLeft(string Contact, string Reason, DateTimeOffset At, GrainKey? To) : StandingEvent;

    /// <summary>Somebody who had left is with this company again.</summary>
    public sealed record PersonReturned(string Contact, DateTimeOffset At) : StandingEvent;

    /// <summary>The account entered a stage of a journey beside the main one.</summary>
    public sealed record JourneyEntered(JourneyStep Step) : StandingEvent;

    /// <summary>How the account, or a person of it, enters journeys. What is about a person is kept at the person; here it is told.</summary>
    /// <param name="Contact">Empty: the account itself.</param>
    public sealed record OfEntry(string Contact, EntryEvent Event) : StandingEvent;

    /// <summary>The account says which account it is a part of; not counted there before that is known to be no circle.</summary>
    /// <param name="Parent">Empty: none any more.</param>
    public sealed record ParentNamed(string Parent, DateTimeOffset At) : StandingEvent;

    /// <summary>There is no circle: the account counts at its parent from now on.</summary>
    public sealed record ParentConfirmed(string Parent) : StandingEvent;

    /// <summary>The account stays without a parent.</summary>
    public sealed record ParentRefused(string Parent, string Reason) : StandingEvent;

    /// <summary>An account that is part of this one, with all below it, stands so now.</summary>
    public sealed record BranchCounted(string Child, Branch Branch) : StandingEvent;

    /// <summary>An account is no longer a part of this one.</summary>
    public sealed record BranchLeft(string Child) : StandingEvent;

    /// <summary>What a person is compared by, to find people who are one, is this now.</summary>
    /// <param name="Likeness">Equal for those who are suspected; 0 = like nobody.</param>
    public sealed record Likened(string Contact, ulong Likeness) : StandingEvent;

    /// <summary>These other accounts have the same of a kind by which companies are compared.</summary>
    /// <param name="Accounts">Sorted; empty = none any more.</param>
    public sealed record TwinsHeard(string Kind, IReadOnlyList<string> Accounts) : StandingEvent;

    /// <summary>Somebody says that the other account is another company.</summary>
    public sealed record TwinDismissed(string Account, string By, string Reason, DateTimeOffset At) : StandingEvent;
}
