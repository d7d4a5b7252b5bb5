using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Policies;
using Orchestrator.Grains.Provenance;
using Orchestrator.Grains.Scores;
using Orchestrator.Grains.Standings;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Grains.Contacts;

/// <summary>A fact about a person in one account.</summary>
public abstract record ContactEvent : GrainEvent
{
    private ContactEvent()
    {
    }

    public sealed record Opened(IReadOnlyList<PersonName> Identifiers, DateTimeOffset At) : ContactEvent;

    /// <param name="At">The signal's own time.</param>
    public sealed record Signalled(DateTimeOffset At, IReadOnlyList<ScorePost> Scores) : ContactEvent;

    public sealed record AttributesSet(IReadOnlyDictionary<string, Value> Values, DateTimeOffset At) : ContactEvent
    {
        /// <summary>Null: a machine saw it, and no system put its name to it.</summary>
        public Origin? Origin { get; init; }
    }

    public sealed record RoleSet(string Role, bool Assigned, DateTimeOffset At) : ContactEvent;

    public sealed record ConsentSet(ConsentGiven Consent) : ContactEvent;

    public sealed record SlotTaken(Slot Slot) : ContactEvent;

    public sealed record SlotFreed(string Id) : ContactEvent;

    public sealed record PlayRested(string Play, DateTimeOffset Until, DateTimeOffset At) : ContactEvent;

    public sealed record IdentifierAdded(PersonName Name) : ContactEvent;

    /// <param name="RestUntil">The rest that it starts; <see cref="DateTimeOffset.MinValue"/> = none.</param>
    public sealed record OutcomeNoted(string Outcome, DateTimeOffset At, DateTimeOffset RestUntil) : ContactEvent;

    public sealed record Moved(GrainKey To, DateTimeOffset At) : ContactEvent;

    /// <summary>A merge was undone: the person as they are without the other.</summary>
    public sealed record Restored(Contact State, DateTimeOffset At) : ContactEvent;

    public sealed record Absorbed(Contact Other, DateTimeOffset At) : ContactEvent
    {
        /// <summary>The attributes of which, by the playbook's word, not the newest stays: what stays of them.</summary>
        public AttributeSet Survivors { get; init; } = AttributeSet.None;

        /// <summary>Which rules of survivorship (<see cref="Survivorship.MergeRules"/>): 0 = as the first release had them.</summary>
        public int Rules { get; init; }
    }

    /// <summary>What would be otherwise if signals had come in the order in which they happened: words on consent and scores, only those that differ.</summary>
    public sealed record Corrected(IReadOnlyList<ConsentGiven> Consents, IReadOnlyList<Score> Scores) : ContactEvent
    {
        /// <summary>Of which journeys and ways into them count; null: as known.</summary>
        public PersonStanding? Standing { get; init; }

        /// <summary>When the person would have been met; null: as known.</summary>
        public DateTimeOffset? OpenedAt { get; init; }
    }

    /// <summary>Something about the other accounts to which the person belongs.</summary>
    public sealed record OfMembership(Memberships.MembershipEvent Event) : ContactEvent;

    /// <summary>What stands beside scores and roles: whether the person left, and journeys of their own.</summary>
    public sealed record OfStanding(PersonEvent Event) : ContactEvent;
}
