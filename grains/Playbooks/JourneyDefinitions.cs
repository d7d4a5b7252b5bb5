using System.Collections.Immutable;
using Orchestrator.Grains.Stages;

namespace Orchestrator.Grains.Playbooks;

public enum StageKind
{
    /// <summary>Accounts may rest here.</summary>
    Inventory,

    /// <summary>A check on the way: accounts pass at once.</summary>
    Gate,

    /// <summary>Somebody must act within a time.</summary>
    Sla,

    /// <summary>No effort is made any more.</summary>
    EndOfEffort,
}

/// <summary>A place in the journey.</summary>
/// <param name="Accountable">The department that answers for it; null: nobody.</param>
/// <param name="Sla">Set exactly when the kind is <see cref="StageKind.Sla"/>.</param>
public sealed record StageDefinition(
    string Id, SourcePosition At, LocalizedText Title, StageKind Kind, Reference? Accountable, StageSla? Sla);

/// <summary>The time in which an account must leave a stage.</summary>
public sealed record StageSla(TimeSpan Within, SlaBreach Then);

public enum SlaBreach
{
    /// <summary>The next higher one is told.</summary>
    Escalate,

    /// <summary>Somebody else of the department gets it.</summary>
    Reassign,
}

/// <summary>The criterion that must hold to go from one stage to another.</summary>
/// <param name="From">Empty: from any stage but <paramref name="To"/>.</param>
/// <param name="When">Condition that must hold; null exactly when <paramref name="MovesAt"/> is set.</param>
/// <param name="MovesAt">Formula for the instant at which it happens.</param>
/// <param name="Reason">Formula for the text that is kept as the reason; null: the id says it all.</param>
/// <param name="AgreedBy">Departments without whose sign-off no publish is accepted; may be empty.</param>
public sealed record TransitionDefinition(
    string Id,
    SourcePosition At,
    ImmutableArray<Reference> From,
    Reference To,
    Expression? When,
    Expression? MovesAt,
    Expression? Reason,
    ImmutableArray<Reference> AgreedBy)
{
    /// <summary>How many of the deal's questions must be answered before it is gone through; 0: none.</summary>
    public int RequiresAnswers { get; init; }

    /// <summary>Whose word it takes, once the criterion holds; null: it moves by itself.</summary>
    public ConfirmDefinition? Confirm { get; init; }

    /// <summary>The codes that its reason may be; a computed reason that is none of them is `other`. Empty: the reason is any text.</summary>
    public ImmutableArray<string> Reasons { get; init; } = [];

    /// <summary>How it may be taken again; null: whenever its criterion holds and the account is elsewhere.</summary>
    public ReEntryDefinition? ReEntry { get; init; }
}

/// <summary>A person must confirm a transition.</summary>
/// <param name="By">The department that is asked.</param>
/// <param name="Within">How long it may take before it escalates.</param>
/// <param name="RejectTo">Where a no leads.</param>
/// <param name="Reasons">The only reasons for a no; empty: any.</param>
public sealed record ConfirmDefinition(SourcePosition At, Reference By, TimeSpan Within, Reference RejectTo, ImmutableArray<string> Reasons);
