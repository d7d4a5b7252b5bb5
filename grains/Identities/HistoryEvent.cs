using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Matching;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Policies;
using Orchestrator.Grains.Scores;

namespace Orchestrator.Grains.Identities;

/// <summary>A fact about who belongs to an account, other than joining and leaving.</summary>
public abstract record HistoryEvent
{
    private HistoryEvent()
    {
    }

    /// <summary>Two who had become one are two again: this account, or this contact of it, gives back what was the other's.</summary>
    /// <param name="Contact">Who stays.</param>
    /// <param name="Other">Who leaves again; of this account or another.</param>
    /// <param name="MergedAt">Sequence of the frame in which they had become one.</param>
    /// <param name="Names">By which the other is known, as <c>kind:value</c>: signals that still come here go on to them.</param>
    /// <param name="Roles">Of who stays, sorted.</param>
    /// <param name="Own">What is the account's own, without the other's part; null = the other is of this account too, so all of it stays.</param>
    public sealed record Unmerged(string Contact, GrainKey Other, long MergedAt, IReadOnlyList<string> Names, IReadOnlyList<string> Roles, AccountSums? Own, DateTimeOffset At) : HistoryEvent;

    /// <summary>A rule of the matching found accounts for a person who has none: to the only one they go, of several none is theirs.</summary>
    /// <param name="Accounts">At least one.</param>
    public sealed record Matched(string Contact, string Rule, IReadOnlyList<string> Accounts, DateTimeOffset At) : HistoryEvent;

    /// <summary>Somebody said where a person belongs.</summary>
    public sealed record Overridden(MatchOverride Said) : HistoryEvent;

    /// <summary>What was said of a person elsewhere came here with them.</summary>
    public sealed record Remembered(IReadOnlyList<MatchOverride> Said) : HistoryEvent;

    /// <summary>Another account turned out to be this one: what it knew itself, apart from its people.</summary>
    /// <param name="Attributes">The other's.</param>
    /// <param name="Survivors">The attributes of which, by the playbook's word, not the newest stays: what stays of them.</param>
    /// <param name="Slots">Messages that count against caps here too.</param>
    public sealed record TookIn(string From, IReadOnlyList<Score> Scores, IReadOnlyList<Tally> Tallies, AttributeSet Attributes, AttributeSet Survivors, IReadOnlyList<Slot> Slots, DateTimeOffset At) : HistoryEvent
    {
        /// <summary>The other's id window.</summary>
        public SeenSignals Seen { get; init; } = SeenSignals.None;

        /// <summary>All that the other was, behind its people: then nothing but this and the survivors is told. Null: told by an earlier release.</summary>
        public Account? Brought { get; init; }
    }

    /// <summary>The account begins to leave for the one that it is: what it was up to here is what undoing the merge gives back.</summary>
    public sealed record MergeBegan(string Into, DateTimeOffset At) : HistoryEvent;

    /// <summary>A whole account that had been taken in is one of its own again.</summary>
    /// <param name="From">The other one.</param>
    /// <param name="State">This account without it.</param>
    /// <param name="Names">By which the other's people are known, and who they are there.</param>
    public sealed record AccountParted(string From, Account State, IReadOnlyList<Parted> Names, DateTimeOffset At) : HistoryEvent;

    /// <summary>This account, which had been merged, is one of its own again.</summary>
    /// <param name="From">The one whose part it was.</param>
    public sealed record AccountRestored(string From, Account State, DateTimeOffset At) : HistoryEvent;

    /// <summary>Somebody who had become part of another contact is back, with what was theirs.</summary>
    /// <param name="Contact">Who is back.</param>
    /// <param name="From">Whose part they had been.</param>
    /// <param name="Names">By which they are known, as <c>kind:value</c>.</param>
    /// <param name="Roles">Sorted.</param>
    /// <param name="Since">What they did while they were part of the other; null = it is in this account's sums already.</param>
    /// <param name="Slots">Messages that count on both sides.</param>
    public sealed record Reinstated(string Contact, GrainKey From, IReadOnlyList<string> Names, IReadOnlyList<string> Roles, SignalPosts? Since, IReadOnlyList<Slot> Slots, DateTimeOffset LastSignalAt, DateTimeOffset At) : HistoryEvent
    {
        /// <summary>The other account's id window, so that a signal sent again is known on both sides.</summary>
        public SeenSignals Seen { get; init; } = SeenSignals.None;
    }
}

/// <summary>What an account adds up from signals.</summary>
public sealed record AccountSums(IReadOnlyList<Score> Scores, IReadOnlyList<Tally> Tallies, long SignalCount, DateTimeOffset LastSignalAt);

/// <summary>What some signals added.</summary>
public sealed record SignalPosts(IReadOnlyList<ScorePost> Scores, IReadOnlyList<TallyPost> Tallies, long Signals, DateTimeOffset LastSignalAt);

/// <summary>A name whose signals go to somebody else from here: they still come because of an earlier merge.</summary>
/// <param name="Name">As <c>kind:value</c>.</param>
public readonly record struct Parted(string Name, GrainKey To);
