using System.Collections.Frozen;
using Orchestrator.Grains.Counts;
using Orchestrator.Grains.Customers;
using Orchestrator.Grains.CustomerValue;
using Orchestrator.Grains.DataQuality;
using Orchestrator.Grains.Dealings;
using Orchestrator.Grains.Deals;
using Orchestrator.Grains.Hierarchies;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.InFlight;
using Orchestrator.Grains.Journeys;
using Orchestrator.Grains.Lateness;
using Orchestrator.Grains.Memberships;
using Orchestrator.Grains.Milestones;
using Orchestrator.Grains.Recycling;
using Orchestrator.Grains.Stages;
using Orchestrator.Grains.Standings;
using Orchestrator.Grains.Support;

namespace Orchestrator.Grains.Survivorship;

/// <summary>
/// What stays of the rooms of an account, or of a contact, when two become one: for each property one rule, in the terms of <see cref="MergeRules"/>. A room, or a property of
/// one, that has no rule fails the build's tests, so that whoever adds one says what becomes of it in a merge.
/// </summary>
public static class RoomRules
{
    /// <summary>By room, then by property. Rooms are the states of which an account or a contact has at most one, and items of which two are joined property by property.</summary>
    public static FrozenDictionary<Type, FrozenDictionary<string, string>> All { get; } = new Dictionary<Type, FrozenDictionary<string, string>>
    {
        [typeof(Journey)] = Of(
            ("Recycle", "added up, as RecycleRecord says"), ("Entries", "all, as StageEntry says; ours stay last"), ("Reassignment", "with the stage"), ("FirstTouch", "with the stage"),
            ("Reason", "with the stage"), ("Open", "follows from the entries")),
        [typeof(Reassignment)] = Of(("Stage", "with the stage"), ("Department", "with the stage"), ("At", "with the stage")),
        [typeof(FirstTouch)] = Of(("Stage", "with the stage"), ("StageSince", "with the stage"), ("At", "with the stage")),
        [typeof(StageReason)] = Of(("Stage", "with the stage"), ("Code", "with the stage"), ("At", "with the stage")),
        [typeof(RecycleRecord)] = Of(
            ("Attempts", "added"), ("Returns", "added"), ("Saved", "added"), ("Stays", "of both, by time, the newest; the last of an account that has moved stays last"), ("Last", "follows from the stays")),
        [typeof(StageEntry)] = Of(
            ("Transition", "by this and the key they are one"), ("Key", "by this and the transition they are one"), ("Count", "added"), ("EnteredAt", "the later"),
            ("LeftAt", "of a stage where the account does not come to stand: left")),
        [typeof(AccountDealings)] = Of(
            ("Deals", "all, as Deal says; of closed ones the newest"), ("Held", "ours: what waits for answers goes with the stage"), ("Owners", "all; of one department ours"),
            ("Returned", "ours: goes with the stage"), ("Notes", "all, the newest"), ("Promises", "all, each once; of settled ones the newest"), ("Insights", "about one thing the newest"),
            ("Full", "ours: theirs are asked again"), ("Feedback", "all, each once, the newest"), ("OpenDeals", "follows from the deals")),
        [typeof(Deal)] = Of(
            ("Id", "by this they are one"), ("OpenedAt", "of one that is closed the earlier; of one that is open when it was opened last"), ("Standing", "the later word"),
            ("ClosedAt", "with the standing"), ("Reason", "with the standing"), ("Amount", "the later word"), ("Currency", "with the amount"), ("AmountAt", "with the amount"),
            ("Answers", "of each question the newest"), ("FlaggedAt", "with the standing"), ("FlaggedBecause", "with the standing"), ("IsFlagged", "with the standing"), ("IsOpen", "follows from the standing")),
        [typeof(HeldTransition)] = Of(
            ("Transition", "ours"), ("Deal", "ours"), ("StageSince", "ours"), ("At", "ours"), ("Evidence", "ours"), ("Reason", "ours")),
        [typeof(Customer)] = Of(
            ("Milestones", "all, as MilestoneRun says"), ("Purchases", "added, as PurchaseHistory says"), ("Answers", "all, the newest"), ("Contract", "the later"),
            ("ExpandingSince", "the earlier"), ("Triggers", "of each the later"), ("Referrer", "who referred first"), ("Referrals", "all, each once, the newest"), ("ReferralCount", "added"),
            ("SelfService", "of each play added")),
        [typeof(MilestoneRun)] = Of(
            ("Set", "by this they are one"), ("StartedAt", "the earlier"), ("Reached", "of either, at the earlier instant"), ("Alerted", "of either: nobody is told twice")),
        [typeof(PurchaseHistory)] = Of(
            ("FirstAt", "the earlier"), ("FirstAmount", "of the earlier; of one day added"), ("LastAt", "the later"), ("Count", "added"), ("Total", "added"),
            ("Periods", "days of either, each once as far as days are remembered"), ("Days", "of either, the latest"), ("Repeats", "follows from the days"), ("MeanSpend", "follows from the sums")),
        [typeof(Contract)] = Of(("SignedAt", "of the later contract"), ("Amount", "of the later contract"), ("RenewsAt", "of the later contract")),
        [typeof(Advocacy.Referrer)] = Of(("By", "of the first"), ("At", "of the first")),
        [typeof(AccountStanding)] = Of(
            ("Activity", "goes with each person"), ("Joined", "ours"), ("OfferingRoles", "go with each person"), ("OfferingMembers", "go with each person"), ("Left", "all; of somebody in both ours"),
            ("Journeys", "of each the place entered last"), ("Entries", "all, as EntryBook says"), ("Family", "the parent of ours, the parts of both, as Family says"),
            ("Likeness", "goes with each person"), ("Twins", "ours, as AccountTwins says")),
        [typeof(EntryBook)] = Of(
            ("Entries", "all, as StageEntry says; open if either is"), ("Waiting", "of each journey who waits longest"), ("Refused", "of each journey the latest"),
            ("Holds", "held if either did: nothing is entered twice"), ("Ticks", "the later")),
        [typeof(Family)] = Of(
            ("Parent", "ours"), ("Since", "ours"), ("Confirmed", "ours"), ("Refused", "ours"), ("Children", "ours; theirs follow, each by its own word")),
        [typeof(AccountTwins)] = Of(("By", "ours without the one that joined; heard anew"), ("Dismissed", "ours without the one that joined")),
        [typeof(AccountHistory)] = Of(
            ("SettlesAt", "ours"), ("Latest", "ours; theirs come with each person"), ("Parted", "of both; of one name ours"), ("PartedAccounts", "of both, without the one that joined"),
            ("Merging", "ours"), ("Overrides", "of both")),
        [typeof(FlightState)] = Of(("Version", "ours"), ("Pinned", "ours")),
        [typeof(SupportState)] = Of(("Tickets", "all open ones, each once, the most severe first if there are too many"), ("Incidents", "all, each once")),
        [typeof(AccountBoards)] = Of(("On", "ours; theirs are left before ours are joined"), ("Told", "of each the highest number, of equals the later")),
        [typeof(LatenessState)] = Of(
            ("Pending", "ours: what waits to be put right was about the way that ends"), ("Since", "ours"), ("Due", "ours"), ("Attempts", "ours"), ("Corrections", "of both, ours last"),
            ("LateSignals", "added"), ("ChangedDecisions", "added"), ("DoneInError", "added")),
        [typeof(PersonStanding)] = Of(
            ("LeftAt", "who has left has left: told by a fact of its own"), ("Journeys", "of each the place entered last"), ("Entries", "all, as EntryBook says")),
        [typeof(Membership)] = Of(
            ("Home", "none where either is a home; else ours, else theirs, but never oneself"), ("Seeks", "ours"), ("Others", "of both, without oneself"), ("Held", "ours"),
            ("IsMember", "follows from the home")),
    }.ToFrozenDictionary();

    private static FrozenDictionary<string, string> Of(params (string Property, string Rule)[] rules) => rules.ToFrozenDictionary(r => r.Property, r => r.Rule, StringComparer.Ordinal);
}
