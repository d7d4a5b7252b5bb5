using System.Collections.Immutable;
using Orchestrator.Grains.Milestones;

namespace Orchestrator.Grains.Customers;

/// <summary>What a playbook says about the time after the contract.</summary>
public sealed record CustomerDefinition
{
    public static readonly CustomerDefinition None = new();

    /// <summary>In the order of the file; may be empty.</summary>
    public ImmutableArray<MilestoneSetDefinition> Milestones { get; init; } = [];
}
