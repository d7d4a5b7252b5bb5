using System.Collections.Immutable;
using Orchestrator.Grains.Expansion;
using Orchestrator.Grains.Milestones;

namespace Orchestrator.Grains.Customers;

/// <summary>What a playbook says about the time after the contract, apart from scores and plays.</summary>
public sealed record CustomerDefinition
{
    public static readonly CustomerDefinition None = new();

    /// <summary>In the order of the file; may be empty.</summary>
    public ImmutableArray<MilestoneSetDefinition> Milestones { get; init; } = [];

    /// <summary>Null: it does not tell creation from expansion.</summary>
    public ExpansionDefinition? Expansion { get; init; }
}
