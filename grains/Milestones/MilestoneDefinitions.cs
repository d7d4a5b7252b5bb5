using System.Collections.Immutable;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Milestones;

/// <summary>Milestones that together make one success, such as an onboarding: done only when all are reached.</summary>
/// <param name="From">The stages whose first entry starts the clock; never empty.</param>
/// <param name="Milestones">In the order of the file; never empty.</param>
public sealed record MilestoneSetDefinition(string Id, SourcePosition At, ImmutableArray<Reference> From, ImmutableArray<MilestoneDefinition> Milestones);

/// <summary>Something that a customer reaches once.</summary>
/// <param name="Id">Unique in the playbook, over all sets.</param>
/// <param name="When">Holds once it is reached; may not ask about one person.</param>
/// <param name="Within">Time after the start at which it is overdue; null: never.</param>
public sealed record MilestoneDefinition(string Id, SourcePosition At, Expression When, TimeSpan? Within);
