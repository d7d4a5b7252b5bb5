using Orchestrator.Grains.Policies;
using Orchestrator.Grains.Scores;
using Orchestrator.Grains.Stages;

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

    public static Rederived No(string why) => new() { Undetermined = why };
}

/// <param name="Roles">All that they would have, sorted.</param>
/// <param name="Consents">Their words that would be others.</param>
/// <param name="Scores">Only those that differ.</param>
public sealed record RederivedPerson(string Contact, IReadOnlyList<string> Roles, IReadOnlyList<ConsentGiven> Consents, IReadOnlyList<Score> Scores);
