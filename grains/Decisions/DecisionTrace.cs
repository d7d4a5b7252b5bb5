using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Stages;

namespace Orchestrator.Grains.Decisions;

/// <summary>What a decision looked at, in full: filled only when a decision is explained.</summary>
public sealed class DecisionTrace
{
    private readonly List<TracedCandidate> candidates = [];

    /// <summary>In the order considered.</summary>
    public IReadOnlyList<TracedCandidate> Candidates => candidates;

    internal void Removed(string play, string treatment, string channel, string contact, RemovedAt at, string by, DateTimeOffset? notBefore = null) =>
        candidates.Add(new TracedCandidate(play, treatment, channel, contact, at, by, null, notBefore));

    internal void Kept(string play, string treatment, string channel, string contact, Factors factors) =>
        candidates.Add(new TracedCandidate(play, treatment, channel, contact, null, "", factors, null));

    /// <summary>Every clause of a condition in one line.</summary>
    internal static string Describe(IReadOnlyList<Clause> clauses) =>
        string.Join("; ", clauses.Select(c => $"`{c.Text}` is {(c.Held ? "true" : "false")}{(c.Values.Length > 0 ? $" ({c.Values})" : "")}"));
}

/// <summary>One candidate treatment for one person.</summary>
/// <param name="RemovedAt">Null if it reached arbitration.</param>
/// <param name="Factors">Set if it reached arbitration.</param>
public sealed record TracedCandidate(
    string Play, string Treatment, string Channel, string Contact, RemovedAt? RemovedAt, string RemovedBy, Factors? Factors, DateTimeOffset? NotBefore);

/// <summary>The step that removed a candidate, in the order of deciding.</summary>
public enum RemovedAt
{
    Stage,
    Role,
    Trigger,
    Open,
    CoolDown,
    Eligible,
    Applicable,
    Suitable,
    BuyerPaced,
    Treatment,
    Consent,
    Exclusion,
    Suppression,
    QuietHours,
    Cap,
    Rest,
    PeoplePerWeek,
    Capacity,
    Experiment,
    HoldOut,
    Arbitration,
}
