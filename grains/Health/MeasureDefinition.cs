using System.Collections.Immutable;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Health;

/// <summary>One of the measures of a health score, as the playbook says it. Which kind it is follows from its keys (see <see cref="HealthMeasure"/>).</summary>
/// <param name="Weight">Its part among the measures that are known, above 0.</param>
/// <param name="Milestones">Set: the share of these milestones that is reached.</param>
/// <param name="On">Signals that count, or that carry an opinion.</param>
/// <param name="Window">In which time they count; null: 30 days, or for ever for an opinion.</param>
/// <param name="Full">How many give full marks, or none if it is bad; null: as many as in the window before.</param>
/// <param name="Sum">A property to add up instead of counting; null: count.</param>
/// <param name="Bad">Fewer are better.</param>
/// <param name="Property">The property with the opinion; null: `score`.</param>
/// <param name="Of">The best opinion; null: 10, or as the kind of survey has it.</param>
public sealed record MeasureDefinition(
    string Id, SourcePosition At, double Weight, Reference? Milestones, ImmutableArray<Reference> On, TimeSpan? Window, double? Full, string? Sum, bool Bad, string? Property, double? Of);
