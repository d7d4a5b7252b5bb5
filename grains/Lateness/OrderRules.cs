using System.Collections.Frozen;
using Orchestrator.Grains.Customers;
using Orchestrator.Grains.Dealings;
using Orchestrator.Grains.Journeys;
using Orchestrator.Grains.Stages;
using Orchestrator.Grains.Standings;
using Orchestrator.Grains.Support;

namespace Orchestrator.Grains.Lateness;

/// <summary>
/// What becomes of each property of a state when signals come late: it is <i>corrected</i>, it is the <i>same</i> in whatever order they come, or it <i>stays</i> as it came, and why.
/// A property without a rule fails the build's tests, so that nothing that is added later is forgotten by corrections.
/// </summary>
public static class OrderRules
{
    public const string Corrected = "corrected";

    public const string Same = "same";

    public const string Stays = "stays";

    /// <summary>By state, by property: one of the three words, a colon, and why.</summary>
    public static FrozenDictionary<Type, FrozenDictionary<string, string>> All { get; } = new Dictionary<Type, FrozenDictionary<string, string>>
    {
        [typeof(Accounts.Account)] = Rules(
            ("Exists", "same: any signal opens it"),
            ("Provisional", "stays: an account is named when somebody names it"),
            ("ForwardedTo", "stays: two accounts are one from when that was found out"),
            ("Stage", "corrected: with the criterion that held"),
            ("StageSince", "corrected: with the stage"),
            ("StageBy", "corrected: with the stage"),
            ("SlaBreached", "corrected: with the stage; nobody is told now of what was overdue then"),
            ("OpenedAt", "corrected: where a late signal is the first"),
            ("Attributes", "same: each value has its own time, and the latest counts"),
            ("Contacts", "corrected: roles and who has left; the latest signal of each is the same"),
            ("Identifiers", "same: who has a name has it"),
            ("Scores", "corrected: caps and conditions depend on the order"),
            ("Tallies", "same: each signal counts at its own time"),
            ("LastSignalAt", "same: the latest event time"),
            ("SignalCount", "same: all count; a signal that would have gone elsewhere counts where it was taken, and is told of"),
            ("OpenActions", "stays: what was offered was offered; what would not have been is taken back, what our own people would still be asked they are asked, and what would have been offered is told of and not made up for"),
            ("Slots", "stays: what went out counts against caps, whether it would have or not; what is taken back frees its own"),
            ("Reservations", "stays: other systems hold them"),
            ("Seen", "stays: it knows signals by their arrival"),
            ("Ended", "stays: it knows what actions came to"),
            ("Deferrals", "stays: what is best is decided for now once more; nothing missed is released late"),
            ("Rests", "stays: a play rests since it was offered, also where the offer is taken back"),
            ("Journey", "corrected: by its own properties"),
            ("Dealings", "corrected: by its own properties"),
            ("Customer", "corrected: by its own properties"),
            ("Standing", "corrected: by its own properties"),
            ("History", "stays: who belongs where is known from when it was found out"),
            ("Flight", "stays: which version it goes by was decided when that was published"),
            ("Boards", "corrected: where it counts it says so at the end of the correction's turn, and what would have counted for goals is counted; what others told it stays, and so does what was counted"),
            ("Support", "corrected: by its own properties"),
            ("Lateness", "stays: it is what is known of late signals"),
            ("IsFlagged", "stays: follows from the open actions")),
        [typeof(Contacts.Contact)] = Rules(
            ("Exists", "same: any signal opens it"),
            ("OpenedAt", "corrected: where a late signal is the first"),
            ("Identifiers", "same: who has a name has it"),
            ("Roles", "corrected: the word that was said last counts"),
            ("Attributes", "same: each value has its own time, and the latest counts"),
            ("Scores", "corrected: caps and conditions depend on the order"),
            ("Consents", "corrected: a confirmation confirms what was said before it"),
            ("Slots", "stays: what went out counts against caps, whether it would have or not"),
            ("Rests", "stays: a play rests since it was offered"),
            ("Outcomes", "same: each has its own time"),
            ("RestUntil", "same: reckoned from the times of all outcomes"),
            ("LastSignalAt", "same: the latest event time"),
            ("SignalCount", "same: all count"),
            ("Membership", "stays: what other accounts said"),
            ("MovedTo", "stays: where somebody went is known from when it was found out"),
            ("Standing", "corrected: by its own properties"),
            ("IsFlagged", "stays: never")),
        [typeof(AccountDealings)] = Rules(
            ("Deals", "corrected: room Deals"),
            ("Held", "corrected: room Deals"),
            ("Owners", "corrected: room Owners"),
            ("Returned", "corrected: room Owners"),
            ("Notes", "corrected: room Insights"),
            ("Promises", "corrected: room Promises; that one was told to be broken stays on record beside what it is"),
            ("Insights", "corrected: room Insights"),
            ("Full", "stays: departments say whether they have room"),
            ("Feedback", "corrected: room Feedback"),
            ("OpenDeals", "corrected: follows from the deals")),
        [typeof(Customer)] = Rules(
            ("Milestones", "corrected: room Milestones; that one was told to be overdue stays on record"),
            ("Purchases", "corrected: room Customer"),
            ("Answers", "corrected: room Customer"),
            ("Contract", "corrected: room Customer"),
            ("ExpandingSince", "corrected: room Customer"),
            ("Triggers", "corrected: room Customer; the account tells itself nothing late"),
            ("Referrer", "corrected: room Customer; whoever brought it hears of it, whoever was told so before keeps it"),
            ("Referrals", "stays: other accounts say that they were brought"),
            ("ReferralCount", "stays: other accounts say that they were brought"),
            ("SelfService", "corrected: room Customer; of a play of which some decision would have been another, what was really tried and solved stays")),
        [typeof(AccountStanding)] = Rules(
            ("Activity", "corrected: room BuyingGroup"),
            ("Joined", "corrected: room BuyingGroup"),
            ("OfferingRoles", "corrected: room BuyingGroup"),
            ("OfferingMembers", "corrected: room BuyingGroup"),
            ("Left", "corrected: by the facts that a person left, or is back; where somebody went to another company, that stays as it came"),
            ("Journeys", "corrected: room Journeys"),
            ("Entries", "corrected: room Journeys"),
            ("Family", "corrected: the parent is named anew; what other accounts say stays"),
            ("Likeness", "same: follows from attributes"),
            ("Twins", "stays: identifiers of companies say who else has them")),
        [typeof(PersonStanding)] = Rules(
            ("LeftAt", "corrected: by the facts that a person left, or is back"),
            ("Journeys", "corrected: with the person"),
            ("Entries", "corrected: with the person")),
        [typeof(Journey)] = Rules(
            ("Recycle", "corrected: room Recycling"),
            ("Entries", "corrected: room Way"),
            ("Reassignment", "corrected: room Way"),
            ("FirstTouch", "corrected: room Way; what somebody of us did counts for the stay in the stage into which it fell"),
            ("Reason", "corrected: room Way"),
            ("Open", "corrected: follows from the entries")),
        [typeof(EntryBook)] = Rules(
            ("Entries", "corrected: room Journeys"),
            ("Waiting", "corrected: room Journeys"),
            ("Refused", "corrected: room Journeys"),
            ("Holds", "corrected: room Journeys"),
            ("Ticks", "corrected: room Journeys")),
        [typeof(SupportState)] = Rules(
            ("Tickets", "corrected: room Support"),
            ("Incidents", "corrected: room Support")),
    }.ToFrozenDictionary();

    private static FrozenDictionary<string, string> Rules(params (string Property, string Rule)[] rules) => rules.ToFrozenDictionary(r => r.Property, r => r.Rule, StringComparer.Ordinal);
}
