using System.Collections.Frozen;
using System.Collections.Immutable;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Recycling;

/// <summary>The recycle section, ready to decide with.</summary>
/// <param name="Stage">The pool.</param>
/// <param name="Then">Where an account goes that was recycled often enough; empty: attempts are not limited.</param>
/// <param name="CoolDowns">By reason code.</param>
/// <param name="WakeOn">Empty: the end of the cool-down opens the pool.</param>
/// <param name="Yield">Stages in which a recycled account counts as won back.</param>
public sealed record CompiledRecycle(
    RecycleDefinition Definition, string Stage, string Then, FrozenDictionary<string, TimeSpan> CoolDowns, ImmutableArray<Condition> WakeOn, FrozenSet<string> Yield)
{
    /// <summary>How long an account is left alone that was recycled for this reason.</summary>
    public TimeSpan CoolDownOf(string reason) => CoolDowns.TryGetValue(reason, out var time) ? time : Definition.Default;

    /// <summary>
    /// The stay in the pool that is not open yet; null: the account is elsewhere, or was awoken, or stood there before there was a pool.
    /// </summary>
    internal RecycleStay? ClosedFor(Account account) =>
        account.Stage == Stage && account.Journey?.Recycle.Last is { AwokenAt: null } last && last.At == account.StageSince ? last : null;
}
