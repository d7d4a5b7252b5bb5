using Orchestrator.Grains.Stages;

namespace Orchestrator.Grains.Customers;

/// <summary>A fact about an account as a customer.</summary>
public abstract record CustomerEvent
{
    private CustomerEvent()
    {
    }

    /// <summary>The clock of a set of milestones started.</summary>
    public sealed record MilestonesStarted(string Set, DateTimeOffset At) : CustomerEvent;

    /// <param name="StartedAt">When the set's clock had started: how long it took is readable from the fact alone.</param>
    /// <param name="Signal">Id of the signal at hand; empty = time did it.</param>
    /// <param name="Left">How many of the set are still to be reached; 0 = the set is done.</param>
    public sealed record MilestoneReached(string Set, string Milestone, DateTimeOffset At, DateTimeOffset StartedAt, string Signal, IReadOnlyList<Clause> Evidence, int Left) : CustomerEvent;

    /// <summary>The customer is stuck: the time for a milestone is over.</summary>
    /// <param name="At">When it was due.</param>
    public sealed record MilestoneOverdue(string Set, string Milestone, DateTimeOffset At) : CustomerEvent;
}
