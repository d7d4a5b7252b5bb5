using Orchestrator.Grains.BuyingGroups;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Hierarchies;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Scores;
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
    public sealed record MoveOut(GrainKey Account, string Contact, GrainKey To) : AccountCommand(Account);

    /// <summary>Goes wherever this person's signals are forwarded to, behind them, and tells the identity when it is where they end.</summary>
    public sealed record Follow(GrainKey Account, string Contact, GrainKey Identity, ulong Marker) : AccountCommand(Account);

    /// <summary>Take in what another account knew of this person.</summary>
    public sealed record MoveIn(GrainKey Account, string Contact, GrainKey From, Contact State, IReadOnlyList<Score> Scores, IReadOnlyList<Tally> Tallies) : AccountCommand(Account)
    {
        /// <summary>The id window of the account left.</summary>
        public SeenSignals Seen { get; init; } = SeenSignals.None;

        /// <summary>What counts for the engagement of a buying group.</summary>
        public MemberActivity Activity { get; init; } = MemberActivity.None;

        /// <summary>The person works for this company now: its account is named, and so are they.</summary>
        public bool ChangesEmployer { get; init; }
    }

    /// <summary>What another account of the same group of companies says.</summary>
    public sealed record OfFamily(GrainKey Account, FamilyMessage Message) : AccountCommand(Account);
}

/// <summary>What became of a leased action.</summary>
public abstract record Settlement
{
    private Settlement()
    {
    }

    public sealed record Done(string Outcome, string Note) : Settlement;

    /// <summary>Give it to somebody again after a while.</summary>
    /// <param name="Attempt">How many times it has been delivered.</param>
    public sealed record Retry(TimeSpan Delay, int Attempt, string Reason) : Settlement;

    public sealed record Reject(string Reason) : Settlement;

    public sealed record Declined(string Reason, TimeSpan? Snooze) : Settlement;
}
