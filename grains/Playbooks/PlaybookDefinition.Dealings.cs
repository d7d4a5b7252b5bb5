using System.Collections.Immutable;

namespace Orchestrator.Grains.Playbooks;

public sealed partial record PlaybookDefinition
{
    /// <summary>Null: the playbook knows no deals.</summary>
    public DealDefinition? Deal { get; init; }

    /// <summary>At most one for each transition; may be empty.</summary>
    public ImmutableArray<HandoffDefinition> Handoffs { get; init; } = [];

    /// <summary>Kinds of promises that are measured; may be empty.</summary>
    public ImmutableArray<PromiseDefinition> Promises { get; init; } = [];

    /// <summary>The ways that feedback may go; empty: none.</summary>
    public ImmutableArray<FeedbackDefinition> Feedback { get; init; } = [];
}
