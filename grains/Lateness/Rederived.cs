using Orchestrator.Grains.Policies;
using Orchestrator.Grains.Requests;
using Orchestrator.Grains.Scores;
using Orchestrator.Grains.Stages;
using Orchestrator.Grains.Standings;

namespace Orchestrator.Grains.Lateness;

/// <summary>What an account would be, and what would have been decided for it, had its signals come in the order in which they happened.</summary>
public sealed record Rederived
{
    /// <summary>Why that cannot be said; empty: it can.</summary>
    public string Undetermined { get; init; } = "";

    public string Stage { get; init; } = "";

    public DateTimeOffset StageSince { get; init; }

    /// <summary>The transition; empty: it never left its first stage.</summary>
    public string StageBy { get; init; } = "";

    public bool SlaBreached { get; init; }

    /// <summary>Of the transition; empty where there is none.</summary>
    public IReadOnlyList<Clause> Evidence { get; init; } = [];

    public string Reason { get; init; } = "";

    /// <summary>The account's, only those that differ from what they are.</summary>
    public IReadOnlyList<Score> Scores { get; init; } = [];

    /// <summary>Only those who differ.</summary>
    public IReadOnlyList<RederivedPerson> People { get; init; } = [];

    /// <summary>What can be taken back first, then by instant; at most <see cref="LatenessState.MostChanged"/>.</summary>
    public IReadOnlyList<ChangedDecision> Changed { get; init; } = [];

    /// <summary>How many there are beyond those.</summary>
    public int Unlisted { get; init; }

    /// <summary>When the account would have been met; null: as known.</summary>
    public DateTimeOffset? OpenedAt { get; init; }

    /// <summary>When people would have been heard of last; only those who differ, such as who would not have left meanwhile.</summary>
    public IReadOnlyList<HeardOf> Heard { get; init; } = [];

    /// <summary>Only those that differ, in the order of <see cref="Room"/>.</summary>
    public IReadOnlyList<RederivedRoom> Rooms { get; init; } = [];

    /// <summary>All questions to our own people that would be open.</summary>
    public IReadOnlyList<WouldAsk> Asks { get; init; } = [];

    /// <summary>The account that it would be part of, empty: none; null: as known.</summary>
    public string? Parent { get; init; }

    /// <summary>What would have counted towards goals and did not.</summary>
    public IReadOnlyList<MissedOutcome> Outcomes { get; init; } = [];

    /// <summary>What stays as it came although it would be otherwise, in words.</summary>
    public IReadOnlyList<string> Stays { get; init; } = [];

    public static Rederived No(string why) => new() { Undetermined = why };
}

/// <param name="Roles">All that they would have, sorted.</param>
/// <param name="Consents">Their words that would be others.</param>
/// <param name="Scores">Only those that differ.</param>
public sealed record RederivedPerson(string Contact, IReadOnlyList<string> Roles, IReadOnlyList<ConsentGiven> Consents, IReadOnlyList<Score> Scores)
{
    /// <summary>Of which journeys and ways into them count; null: as known.</summary>
    public PersonStanding? Standing { get; init; }

    /// <summary>What differs in those, in words.</summary>
    public IReadOnlyList<string> Changes { get; init; } = [];

    /// <summary>When the person would have been met; null: as known.</summary>
    public DateTimeOffset? OpenedAt { get; init; }

    /// <summary>That they would have left the company and are not known to; null: as known.</summary>
    public WouldLeave? Left { get; init; }

    /// <summary>When they came back, who are taken for gone; null: as known.</summary>
    public DateTimeOffset? ReturnedAt { get; init; }
}

/// <param name="At">The latest event time.</param>
public readonly record struct HeardOf(string Contact, DateTimeOffset At);

/// <param name="Reason">May be empty.</param>
public sealed record WouldLeave(string Reason, DateTimeOffset At);

/// <summary>A question to our own people that would be open.</summary>
/// <param name="Since">When it would have been asked.</param>
/// <param name="Until">When its time would be over.</param>
public sealed record WouldAsk(Request Request, string Department, string Owner, string Reason, DateTimeOffset Since, DateTimeOffset Until)
{
    /// <summary>What nobody answered, however far it was escalated; null: only that something was overdue.</summary>
    public Request? Unanswered => Root(Request) is Request.Escalation ? null : Root(Request);

    /// <summary>Whether both ask the same, however far either was escalated.</summary>
    public bool IsSame(Request other) => Root(Request) is var mine && Root(other) is var theirs && mine.Kind == theirs.Kind && mine.Subject == theirs.Subject;

    private static Request Root(Request request) => request is Request.Escalation { Of: { } unanswered } ? Root(unanswered) : request;
}

/// <summary>An outcome that would have counted towards a goal.</summary>
/// <param name="Key">By which it counts once.</param>
public sealed record MissedOutcome(string Board, string Key, double Amount, DateTimeOffset At);
