using System.Collections.Immutable;

namespace Orchestrator.Grains.Contrasts;

/// <summary>What tells those who succeeded from the others.</summary>
public abstract record ContrastOutcome
{
    private ContrastOutcome()
    {
    }

    /// <summary>They reached milestones within a time; the others had that time and did not.</summary>
    /// <param name="Milestones">All of these.</param>
    /// <param name="Within">After the set's clock started.</param>
    public sealed record Reached(string Set, ImmutableArray<string> Milestones, TimeSpan Within) : ContrastOutcome;

    /// <summary>They went through one transition; the others through another one. The latest of both counts.</summary>
    public sealed record Moved(ImmutableArray<string> Succeeded, ImmutableArray<string> Failed) : ContrastOutcome;

    /// <summary>Promoters (9, 10) against detractors (0 to 6), by the latest answer to a net promoter question.</summary>
    public sealed record Promoted : ContrastOutcome;
}
