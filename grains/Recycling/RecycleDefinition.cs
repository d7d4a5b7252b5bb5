using System.Collections.Immutable;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Recycling;

/// <summary>The line that makes the model circular, as its text says it; what it leaves out is inferred by <see cref="RecyclePool"/>.</summary>
/// <param name="Sources">Stages from which accounts are recycled; never empty.</param>
/// <param name="Stage">The pool; null: the one stage to which every source leads.</param>
/// <param name="CoolDowns">By reason code.</param>
/// <param name="Default">The cool-down of all other reasons.</param>
/// <param name="WakeOn">Once the cool-down is over, any of these opens the pool; empty: the end of the cool-down does.</param>
/// <param name="Attempts">How often an account may be recycled; null: as often as it takes.</param>
/// <param name="Then">Where it goes instead of being recycled once more; null: the one end-of-effort stage.</param>
/// <param name="Yield">Stages in which a recycled account counts as won back; empty: those to which transitions lead from the pool.</param>
/// <param name="AcquisitionCost">What a new lead costs, minor currency units.</param>
public sealed record RecycleDefinition(
    SourcePosition At,
    ImmutableArray<Reference> Sources,
    Reference? Stage,
    ImmutableArray<CoolDown> CoolDowns,
    TimeSpan Default,
    ImmutableArray<Expression> WakeOn,
    int? Attempts,
    Reference? Then,
    ImmutableArray<Reference> Yield,
    long AcquisitionCost);

/// <summary>How long an account is left alone that was recycled for a reason.</summary>
public sealed record CoolDown(string Reason, TimeSpan For);
