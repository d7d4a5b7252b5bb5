using System.Collections.Immutable;
using System.Diagnostics;
using Orchestrator.Grains.Milestones;

namespace Orchestrator.Grains.Customers;

/// <summary>What an account has reached as a customer. Null at accounts of which nothing of this is known.</summary>
public sealed record Customer
{
    public static readonly Customer New = new();

    /// <summary>In the order started.</summary>
    public ImmutableArray<MilestoneRun> Milestones { get; init; } = [];

    public static Customer Evolve(Customer customer, CustomerEvent @event) => @event switch
    {
        CustomerEvent.MilestonesStarted e => customer with { Milestones = customer.Milestones.Add(new MilestoneRun(e.Set, e.At, [], [])) },
        CustomerEvent.MilestoneReached e => customer with { Milestones = MilestoneRun.Replace(customer.Milestones, e.Set, r => r with { Reached = r.Reached.Add(new ReachedMilestone(e.Milestone, e.At, e.Signal)) }) },
        CustomerEvent.MilestoneOverdue e => customer with { Milestones = MilestoneRun.Replace(customer.Milestones, e.Set, r => r with { Alerted = r.Alerted.Add(e.Milestone) }) },
        _ => throw new UnreachableException(),
    };
}
