using System.Collections.Immutable;
using Orchestrator.Grains.Counts;

namespace Orchestrator.Grains.Playbooks;

/// <remarks>What it counts over all accounts.</remarks>
public sealed partial class Playbook
{
    /// <summary>In the order of the file; may be empty.</summary>
    public ImmutableArray<CompiledCount> Counts { get; init; } = [];

    /// <summary>In the order of the file; may be empty.</summary>
    public ImmutableArray<CompiledGoal> Goals { get; init; } = [];

    /// <summary>Whether some condition asks whether a goal is reached.</summary>
    public bool AsksGoals { get; init; }

    /// <summary>Whether it counts anything.</summary>
    public bool HasBoards => Counts.Length + Goals.Length > 0;
}

public sealed partial record PlaybookDefinition
{
    /// <summary>In the order of the file; may be empty.</summary>
    public ImmutableArray<CountDefinition> Counts { get; init; } = [];

    /// <summary>In the order of the file; may be empty.</summary>
    public ImmutableArray<GoalDefinition> Goals { get; init; } = [];
}
