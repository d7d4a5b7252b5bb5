namespace Orchestrator.Grains.Journeys;

/// <summary>How somebody came to enter a journey. Stored: never renumber.</summary>
public enum EntryWay
{
    /// <summary>A transition of the journey.</summary>
    Transition = 0,
    Signal = 1,
    Segment = 2,
    Schedule = 3,
    Api = 4,
    Manual = 5,
}

/// <summary>A fact about the ways into journeys, of an account or of a person.</summary>
public abstract record EntryEvent
{
    private EntryEvent()
    {
    }

    /// <summary>Under way from now on.</summary>
    /// <param name="Entry">The entry, or the transition.</param>
    /// <param name="Key">The business key; empty where the journey has none.</param>
    /// <param name="By">Who asked for it; empty unless somebody did.</param>
    /// <param name="Resumed">It goes on after it was displaced, so it is no further entry.</param>
    public sealed record Entered(string Journey, string Entry, string Key, DateTimeOffset At, EntryWay Way, string By, bool Resumed) : EntryEvent;

    /// <summary>Not under way any more.</summary>
    /// <param name="Reason">Why arbitration ended it; empty: it came to its end.</param>
    public sealed record Left(string Journey, DateTimeOffset At, string Reason) : EntryEvent
    {
        /// <summary>Two who were under way turned out to be one.</summary>
        public bool ByMerge { get; init; }
    }

    /// <summary>It waits until a place in its group is free.</summary>
    /// <param name="Reason">What stands before it.</param>
    public sealed record Waits(WaitingEntry Entry, string Reason) : EntryEvent;

    public sealed record Refused(string Journey, string Entry, DateTimeOffset At, string Reason) : EntryEvent;

    /// <summary>It does not wait any more.</summary>
    public sealed record Dropped(string Journey, DateTimeOffset At, string Reason) : EntryEvent;

    /// <summary>The condition of an entry by segment turned out so; only changes are kept.</summary>
    public sealed record Judged(string Journey, string Entry, bool Holds) : EntryEvent;

    /// <summary>Times of a schedule up to this instant have been dealt with.</summary>
    public sealed record Ticked(string Journey, string Entry, DateTimeOffset At) : EntryEvent;
}

/// <summary>An entry that waits for a free place.</summary>
/// <param name="To">Where it begins, or goes on.</param>
/// <param name="Since">Since when it waits.</param>
/// <param name="Resumes">It was under way before and was displaced.</param>
public sealed record WaitingEntry(string Journey, string Entry, string To, string Key, DateTimeOffset Since, EntryWay Way, string By, bool Resumes);

/// <summary>Why somebody was not let into a journey.</summary>
public sealed record RefusedEntry(string Journey, string Entry, DateTimeOffset At, string Reason);
