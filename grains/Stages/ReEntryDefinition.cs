using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Stages;

/// <summary>How an account may come by a transition again.</summary>
/// <param name="Rule">Whether at all, and whether it must have left first.</param>
/// <param name="CoolDown">How long not; zero: no such time.</param>
/// <param name="Since">From when that time counts.</param>
/// <param name="AtMost">How often in all; null: as often as it takes.</param>
/// <param name="Per">Formula for the business key (an order, a contract): each key is counted for itself. Null: all entries together.</param>
public sealed record ReEntryDefinition(SourcePosition At, ReEntryRule Rule, TimeSpan CoolDown, ReEntrySince Since, int? AtMost, Expression? Per);

public enum ReEntryRule
{
    /// <summary>Once it has left the stage that the transition led to.</summary>
    AfterExit,

    /// <summary>Once and not again.</summary>
    Never,

    /// <summary>Also while it is in the stage: that begins anew.</summary>
    AnyTime,
}

public enum ReEntrySince
{
    /// <summary>When it last entered.</summary>
    Start,

    /// <summary>When it last left.</summary>
    End,
}
