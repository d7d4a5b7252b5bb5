using System.Collections.Immutable;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Expansion;

/// <summary>Where value creation turns into value expansion, and what then makes a deal.</summary>
/// <param name="When">Holds in the expansion phase; may not ask about one person.</param>
/// <param name="Triggers">In the order of the file; may be empty.</param>
public sealed record ExpansionDefinition(SourcePosition At, Expression When, ImmutableArray<TriggerDefinition> Triggers);

/// <summary>A sign that a customer in the expansion phase is ready to buy more.</summary>
/// <param name="When">May not ask about one person.</param>
/// <param name="Signal">What is sent to the account itself when it holds: the signal that opens a deal and sets sales to work.</param>
/// <param name="CoolDown">How long it rests after it fired.</param>
public sealed record TriggerDefinition(string Id, SourcePosition At, Expression When, Reference Signal, TimeSpan CoolDown);
