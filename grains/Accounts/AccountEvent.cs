using Orchestrator.Grains.Customers;
using Orchestrator.Grains.Dealings;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.InFlight;
using Orchestrator.Grains.Lateness;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Policies;
using Orchestrator.Grains.Provenance;
using Orchestrator.Grains.Scores;
using Orchestrator.Grains.Stages;
using Orchestrator.Grains.Support;
using Orchestrator.Grains.Standings;
using Signal = Orchestrator.V1.Signal;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Grains.Accounts;

/// <summary>A fact about an account.</summary>
public abstract record AccountEvent : GrainEvent
{
    private AccountEvent()
    {
    }

    public sealed record Opened(bool Provisional, string Stage, DateTimeOffset At) : AccountEvent;

    /// <summary>A signal and what follows from it without a choice. Points and tallies are results: they are never computed again.</summary>
    public sealed record SignalRecorded(
        Signal Signal,
        string Contact,
        DateTimeOffset At,
        IReadOnlyList<ScorePost> Scores,
        IReadOnlyList<TallyPost> Tallies,
        int PlaybookVersion,
        ulong IdHash,
        uint ContentHash,
        long Sequence) : AccountEvent;

    public sealed record AttributesSet(IReadOnlyDictionary<string, Value> Values, DateTimeOffset At) : AccountEvent
    {
        /// <summary>Null: a machine saw it, and no system put its name to it.</summary>
        public Origin? Origin { get; init; }
    }

    public sealed record ContactJoined(string Contact, IReadOnlyList<PersonName> Identifiers, DateTimeOffset At) : AccountEvent;

    public sealed record ContactLeft(string Contact, GrainKey To, DateTimeOffset At) : AccountEvent;

    public sealed record RoleSet(string Contact, string Role, bool Assigned) : AccountEvent;

    public sealed record StageEntered(string From, string To, string Transition, DateTimeOffset At, IReadOnlyList<Clause> Evidence, int PlaybookVersion, string Reason) : AccountEvent;

    public sealed record SlaBreached(string Stage, DateTimeOffset At) : AccountEvent;

    /// <param name="SlotTaken">It counts against the account's caps.</param>
    public sealed record ActionOffered(OpenAction Action, bool SlotTaken) : AccountEvent;

    /// <param name="SlotKept">A message went out, so the cap slot stays taken; otherwise it is free again.</param>
    public sealed record ActionEnded(string Id, EndedHow How, string Outcome, DateTimeOffset At, bool SlotKept) : AccountEvent
    {
        /// <summary>Who said so; empty if nobody did, or it was not said.</summary>
        public string By { get; init; } = "";
    }

    public sealed record ActionReturned(string Id, int Attempt, DateTimeOffset NotBefore, string Reason) : AccountEvent;

    public sealed record Woken(DateTimeOffset Due, DateTimeOffset At, int PlaybookVersion) : AccountEvent;

    /// <summary>Doing nothing was the decision.</summary>
    public sealed record NoneDecided(NoneReason Reason) : AccountEvent;

    public sealed record Asked(string Contact, string Channel, DateTimeOffset At, int PlaybookVersion) : AccountEvent;

    public sealed record Reserved(Reservation Reservation) : AccountEvent;

    public sealed record ReservationEnded(string Id, bool Confirmed, DateTimeOffset At) : AccountEvent;

    public sealed record Forwarded(string Account, DateTimeOffset At) : AccountEvent;

    /// <summary>What another account knew of a person who moved here.</summary>
    public sealed record Absorbed(string Contact, GrainKey From, IReadOnlyList<Score> Scores, IReadOnlyList<Tally> Tallies, DateTimeOffset At) : AccountEvent
    {
        /// <summary>The id window of the account left, so that a signal sent again after the move is still known.</summary>
        public SeenSignals Seen { get; init; } = SeenSignals.None;

        /// <summary>Messages to the person before the move; they count against the caps of this account too.</summary>
        public IReadOnlyList<Slot> Slots { get; init; } = [];

        /// <summary>What the account left had reached as a customer, if it was nothing but this person; null = nothing.</summary>
        public Customer? Customer { get; init; }
    }

    /// <summary>Something was held back by time only: it is decided again then.</summary>
    /// <param name="Contact">Empty: the account as a whole.</param>
    /// <param name="Signal">The signal that triggered it; null where none is needed.</param>
    public sealed record Deferred(string Contact, Signal? Signal, DateTimeOffset Until) : AccountEvent;

    /// <summary>Who belongs to the account.</summary>
    public sealed record OfHistory(Identities.HistoryEvent Event) : AccountEvent;

    /// <summary>A play for the account as a whole rests; those for people rest at the person.</summary>
    public sealed record PlayRested(string Play, DateTimeOffset Until, DateTimeOffset At) : AccountEvent;

    /// <summary>A fact about its way through the stages.</summary>
    public sealed record OfJourney(JourneyEvent Event) : AccountEvent;
    /// <summary>An action is in somebody's hands: the department has room for it, or it went over from somebody else.</summary>
    /// <param name="Owner">Whose hands it is in; empty: nobody's in particular.</param>
    public sealed record ActionGranted(string Id, string Owner) : AccountEvent;

    /// <summary>Something about what we and the account have in hand with each other.</summary>
    public sealed record OfDealings(DealingsEvent Event) : AccountEvent;

    /// <summary>Something happened to it as a customer.</summary>
    public sealed record OfCustomer(CustomerEvent Event) : AccountEvent;

    /// <summary>What stands beside the stage: buying group, journeys, hierarchy.</summary>
    public sealed record OfStanding(StandingEvent Event) : AccountEvent;

    /// <summary>Something about what support has open with it.</summary>
    public sealed record OfSupport(SupportEvent Event) : AccountEvent;

    /// <summary>Something about what is counted over all accounts.</summary>
    public sealed record OfBoard(Counts.AccountBoardEvent Event) : AccountEvent;

    /// <summary>Which version of the playbook it goes by.</summary>
    public sealed record OfFlight(FlightEvent Event) : AccountEvent;

    /// <summary>Something about the other accounts of one of its people; kept with the person.</summary>
    public sealed record OfMembership(string Contact, Memberships.MembershipEvent Event) : AccountEvent;

    /// <summary>Something about signals that came late.</summary>
    public sealed record OfLateness(LatenessEvent Event) : AccountEvent;
}

/// <summary>How an action ended. Stored: never renumber.</summary>
public enum EndedHow
{
    Done = 1,
    Rejected = 2,
    Declined = 3,
    Expired = 4,
    Revoked = 5,
}
