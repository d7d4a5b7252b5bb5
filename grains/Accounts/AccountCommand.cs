using Orchestrator.Grains.BuyingGroups;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Dealings;
using Orchestrator.Grains.Customers;
using Orchestrator.Grains.Hierarchies;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Matching;
using Orchestrator.Grains.Lateness;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Scores;
using Orchestrator.Grains.Survivorship;
using Signal = Orchestrator.V1.Signal;

namespace Orchestrator.Grains.Accounts;

/// <summary>What an account can be asked to do. The account decides for its contacts too, in one order.</summary>
public abstract record AccountCommand : GrainCommand
{
    private AccountCommand(GrainKey target)
        : base(target)
    {
    }

    /// <summary>Take in a signal.</summary>
    /// <param name="Account">The account concerned.</param>
    /// <param name="Signal">As received; never changed.</param>
    /// <param name="BoundContact">The contact that the identity grain bound it to; empty if the account is to find out.</param>
    /// <param name="ReceivedAt">When the edge took it.</param>
    public sealed record Record(GrainKey Account, Signal Signal, string BoundContact, DateTimeOffset ReceivedAt) : AccountCommand(Account)
    {
        private string[]? names;

        /// <summary>The signal's identifiers, normalised, as keys (<see cref="PersonName"/>): asked for several times on the way, so worked out once.</summary>
        internal string[] Names => names ??= NamesOf(Signal);

        // What was worked out makes no difference.
        public bool Equals(Record? other) =>
            other is not null && Target == other.Target && Account == other.Account && Signal.Equals(other.Signal) && BoundContact == other.BoundContact && ReceivedAt == other.ReceivedAt;

        public override int GetHashCode() => unchecked((int)StableHash.Of(Signal.Id, BoundContact));

        private static string[] NamesOf(Signal signal)
        {
            var count = signal.Identifiers.Count;
            var names = count == 0 ? [] : new string[count];
            for (var i = 0; i < count; i++)
            {
                names[i] = PersonName.Normalise(signal.Identifiers[i].Kind, signal.Identifiers[i].Value).ToString();
            }

            return names;
        }
    }

    /// <summary>Time alone may have changed something at <paramref name="Due"/>.</summary>
    public sealed record Wake(GrainKey Account, DateTimeOffset Due) : AccountCommand(Account);

    /// <summary>What became of an action. Idempotent: the first settlement counts.</summary>
    public sealed record Settle(GrainKey Account, string ActionId, Settlement Settlement) : AccountCommand(Account);

    /// <summary>The best action for this person on this channel now.</summary>
    public sealed record Ask(GrainKey Account, string Contact, string Channel) : AccountCommand(Account);

    /// <summary>May we send something to this person on this channel?</summary>
    public sealed record Reserve(GrainKey Account, string Contact, string RequestId, string Channel, string Purpose, bool Transactional, TimeSpan Hold) : AccountCommand(Account);

    /// <summary>It was sent (<paramref name="Sent"/>) or not.</summary>
    public sealed record EndReservation(GrainKey Account, string Reservation, bool Sent) : AccountCommand(Account);

    /// <summary>A person known here provisionally turned out to be a contact elsewhere: hand over what is known.</summary>
    public sealed record MoveOut(GrainKey Account, string Contact, GrainKey To) : AccountCommand(Account)
    {
        /// <summary>People asked for it: both are known.</summary>
        public bool Known { get; init; }
    }

    /// <summary>What a rule of the matching knows of a person here who has no company.</summary>
    /// <param name="Accounts">Of which the same is known; may be empty.</param>
    public sealed record Sought(GrainKey Account, string Contact, string Rule, IReadOnlyList<string> Accounts) : AccountCommand(Account);

    /// <summary>Somebody's word on where a person of this account belongs.</summary>
    /// <param name="To">Where they belong; of no meaning otherwise.</param>
    /// <param name="Belongs">False: they do not belong here.</param>
    public sealed record Override(GrainKey Account, string Contact, string To, bool Belongs, string By, string Reason) : AccountCommand(Account);

    /// <summary>This account is another one: all that it is joins there.</summary>
    /// <param name="Into">The account that carries on.</param>
    public sealed record MergeInto(GrainKey Account, string Into) : AccountCommand(Account);

    /// <summary>Take in what another account itself knew; its people come before it.</summary>
    public sealed record TakeIn(GrainKey Account, string From, IReadOnlyList<Score> Scores, IReadOnlyList<Tally> Tallies, AttributeSet Attributes, IReadOnlyList<Policies.Slot> Slots) : AccountCommand(Account)
    {
        public SeenSignals Seen { get; init; } = SeenSignals.None;

        /// <summary>Deals, owners, promises and the like; null: there were none.</summary>
        public AccountDealings? Dealings { get; init; }

        /// <summary>All that the other was, behind its people; null: told by an earlier release.</summary>
        public Account? Brought { get; init; }
    }

    /// <summary>Give back a whole account that was taken in. As <see cref="AccountParting"/> worked it out.</summary>
    /// <param name="From">The account that is to be one of its own again.</param>
    /// <param name="Mark">Of this account when it was worked out (<see cref="AccountParting.MarkOf"/>): it holds for that state only.</param>
    /// <param name="People">This account's, as they are without the other.</param>
    /// <param name="Gone">By contact of this account: who they are in the other.</param>
    /// <param name="Names">Identifiers, as <c>kind:value</c>, that mean people of the other account again.</param>
    public sealed record Part(
        GrainKey Account, string From, ulong Mark, Account Kept, IReadOnlyList<Contact> People, Account Restored, IReadOnlyList<Contact> RestoredPeople, IReadOnlyList<Parted> Gone, IReadOnlyList<string> Names) : AccountCommand(Account)
    {
        /// <summary>Accounts that became parts while both were one: each says itself of which of the two it is one.</summary>
        public IReadOnlyList<string> Doubtful { get; init; } = [];
    }

    /// <summary>Be an account of your own again.</summary>
    /// <param name="From">The account whose part you were.</param>
    /// <param name="State">Null: more people come behind.</param>
    public sealed record TakeBack(GrainKey Account, string From, IReadOnlyList<Contact> People, Account? State, IReadOnlyList<string> Names) : AccountCommand(Account)
    {
        /// <summary>Accounts that may be parts of this one.</summary>
        public IReadOnlyList<string> Doubtful { get; init; } = [];

        /// <summary>Counts over all accounts at which the other counts no more: nothing counts twice on the way.</summary>
        public IReadOnlyList<string> Boards { get; init; } = [];
    }

    /// <summary>Goes wherever this person's signals are forwarded to, behind them, and tells the identity when it is where they end.</summary>
    public sealed record Follow(GrainKey Account, string Contact, GrainKey Identity, ulong Marker) : AccountCommand(Account);

    /// <summary>The department has room: the action may go out.</summary>
    /// <param name="Owner">Whose hands it is in; empty: nobody's in particular.</param>
    public sealed record Grant(GrainKey Account, string Action, string Owner) : AccountCommand(Account);

    /// <summary>The department has no room.</summary>
    /// <param name="Waits">It will tell when it has; false: too many wait.</param>
    public sealed record Refuse(GrainKey Account, string Action, string Department, bool Waits) : AccountCommand(Account);

    /// <summary>A department that refused has room now.</summary>
    public sealed record TellRoom(GrainKey Account, string Department) : AccountCommand(Account);

    /// <summary>A number that is counted over all accounts is reached.</summary>
    /// <param name="Until">Until when that holds; null: for good.</param>
    public sealed record TellBoard(GrainKey Account, string Board, long Level, DateTimeOffset? Until) : AccountCommand(Account);

    /// <summary>Take in what another account knew of this person.</summary>
    public sealed record MoveIn(GrainKey Account, string Contact, GrainKey From, Contact State, IReadOnlyList<Score> Scores, IReadOnlyList<Tally> Tallies) : AccountCommand(Account)
    {
        /// <summary>The id window of the account left.</summary>
        public SeenSignals Seen { get; init; } = SeenSignals.None;

        /// <summary>What counts for the engagement of a buying group.</summary>
        public MemberActivity Activity { get; init; } = MemberActivity.None;

        /// <summary>The person works for this company now: its account is named, and so are they.</summary>
        public bool ChangesEmployer { get; init; }

        /// <summary>The last signal of each type, by time, of somebody who was not known: stages are judged by them here.</summary>
        public IReadOnlyList<Signal> Latest { get; init; } = [];

        /// <summary>The account left was known from history only: nothing is decided because of the move.</summary>
        public bool BackFill { get; init; }

        /// <summary>What people have said about where the person belongs.</summary>
        public IReadOnlyList<MatchOverride> Overrides { get; init; } = [];

        /// <summary>What the account left had reached as a customer, if it was nothing but this person; null = nothing.</summary>
        public Customer? Customer { get; init; }

        /// <summary>People asked for it: the names mean the person here from now on.</summary>
        public bool Known { get; init; }

        /// <summary>What the account left kept of the person.</summary>
        public PersonBrought Brought { get; init; } = PersonBrought.None;
    }

    /// <summary>Give back what was another's before they became part of this contact. As <see cref="Unmerging"/> worked it out.</summary>
    /// <param name="Contact">Who took the other in.</param>
    /// <param name="MergedAt">Sequence of the frame in which they became one.</param>
    /// <param name="SignalCount">Of the account when it was worked out: it holds for that state only.</param>
    /// <param name="Mark">Of the contact when it was worked out (<see cref="Unmerging.MarkOf"/>).</param>
    public sealed record Unmerge(GrainKey Account, string Contact, GrainKey Other, long MergedAt, long SignalCount, ulong Mark, Contact Kept, Contact Restored, AccountSums? Own, SignalPosts? Since) : AccountCommand(Account);

    /// <summary>Take back somebody who had become part of another contact.</summary>
    public sealed record Reinstate(GrainKey Account, string Contact, GrainKey From, Contact State, SignalPosts? Since) : AccountCommand(Account)
    {
        /// <summary>The id window of the account that they come back from.</summary>
        public SeenSignals Seen { get; init; } = SeenSignals.None;
    }

    /// <summary>An account came by word of mouth of this one.</summary>
    /// <param name="Contact">Who of it; empty = the account as a whole.</param>
    /// <param name="Referred">The account that came.</param>
    /// <param name="At">When it came.</param>
    public sealed record CreditReferral(GrainKey Account, string Contact, string Referred, DateTimeOffset At) : AccountCommand(Account);

    /// <summary>These other accounts have the same of a kind by which companies are compared.</summary>
    /// <param name="Accounts">Sorted.</param>
    public sealed record Alike(GrainKey Account, string Kind, IReadOnlyList<string> Accounts) : AccountCommand(Account)
    {
        /// <summary>Besides those known already.</summary>
        public bool Adds { get; init; }

        /// <summary>The value that they have in common; empty where it is none of the account's own, or told by an earlier release.</summary>
        public string Value { get; init; } = "";
    }

    /// <summary>Somebody says that another account is another company.</summary>
    public sealed record DismissTwin(GrainKey Account, string Other, string By, string Reason) : AccountCommand(Account);

    /// <summary>Become what you would be if your signals had come in the order in which they happened. As <see cref="InOrder"/> worked it out.</summary>
    /// <param name="SignalCount">Of the account when it was worked out, like the two after it: it holds for that state only.</param>
    /// <param name="Since">From when on it was judged anew.</param>
    public sealed record Correct(GrainKey Account, long SignalCount, string StageWas, DateTimeOffset StageSinceWas, DateTimeOffset Since, Rederived Found) : AccountCommand(Account)
    {
        /// <summary>Of the account and of the people concerned when it was worked out (<see cref="LatenessTurn.MarkOf"/>). 0: an earlier release did, which knew of no rooms.</summary>
        public ulong Mark { get; init; }
    }

    /// <summary>What another account of the same person says, or the identifier that knows them.</summary>
    public sealed record OfMembership(GrainKey Account, string Contact, Memberships.MembershipMessage Message) : AccountCommand(Account);

    /// <summary>A version was published: find your place in it.</summary>
    public sealed record Adopt(GrainKey Account) : AccountCommand(Account);

    /// <summary>What another account of the same group of companies says.</summary>
    public sealed record OfFamily(GrainKey Account, FamilyMessage Message) : AccountCommand(Account);
}

/// <summary>What became of a leased action.</summary>
public abstract record Settlement
{
    private Settlement()
    {
    }

    /// <summary>Who says so, as the tool that settles knows them; may be empty.</summary>
    public string By { get; init; } = "";

    public sealed record Done(string Outcome, string Note) : Settlement;

    /// <summary>Give it to somebody again after a while.</summary>
    /// <param name="Attempt">How many times it has been delivered.</param>
    public sealed record Retry(TimeSpan Delay, int Attempt, string Reason) : Settlement;

    public sealed record Reject(string Reason) : Settlement;

    public sealed record Declined(string Reason, TimeSpan? Snooze) : Settlement;
}
