using System.Collections.Immutable;

namespace Orchestrator.Grains.Playbooks;

public enum PlayAudience
{
    /// <summary>Something for a person on the customer's side.</summary>
    Contact,

    /// <summary>Something for one of us to do.</summary>
    Owner,
}

public enum PlayClass
{
    Marketing,

    /// <summary>Part of a service that was asked for, such as an outage notice.</summary>
    Transactional,
}

/// <summary>Something that can be done.</summary>
/// <param name="Department">Who does it; always set when the audience is <see cref="PlayAudience.Owner"/>.</param>
/// <param name="Stages">Empty: at any stage.</param>
/// <param name="Roles">Empty: for any role, and for contacts without one.</param>
/// <param name="On">Signals that can trigger it; empty: any signal or timer.</param>
/// <param name="Goal">The signal that counts as success within <paramref name="Horizon"/>; null only for mandatory plays. Both are set or neither.</param>
/// <param name="Eligible">Hard condition; null: always.</param>
/// <param name="Applicable">Is it relevant now; null: always.</param>
/// <param name="Suitable">Is it decent now; null: always.</param>
/// <param name="Value">What success is worth; fixed 0 for a mandatory play that gives none.</param>
/// <param name="Cost">Minor units per action, at least 0.</param>
/// <param name="ValidFor">An action not delivered by then is never delivered.</param>
/// <param name="CoolDown">Time before it may be chosen again for the same person; null: none.</param>
/// <param name="Mandatory">True: not arbitrated, always sent when it applies.</param>
/// <param name="Purpose">Consent purpose that it needs; null: as its class says.</param>
/// <param name="SelfService">True: the person can do it without us.</param>
/// <param name="Treatments">At least one.</param>
public sealed record PlayDefinition(
    string Id,
    SourcePosition At,
    PlayAudience For,
    Reference? Department,
    ImmutableArray<Reference> Stages,
    ImmutableArray<Reference> Roles,
    ImmutableArray<Reference> On,
    Reference? Goal,
    TimeSpan? Horizon,
    Expression? Eligible,
    Expression? Applicable,
    Expression? Suitable,
    PlayValue Value,
    long Cost,
    TimeSpan ValidFor,
    TimeSpan? CoolDown,
    bool Mandatory,
    PlayClass Class,
    Reference? Purpose,
    bool SelfService,
    ImmutableArray<TreatmentDefinition> Treatments)
{
    /// <summary>True: it sells more to a customer, so it waits for the expansion phase.</summary>
    public bool Expansion { get; init; }

    /// <summary>True: it asks somebody to speak for us, so it is for promoters only.</summary>
    public bool Advocacy { get; init; }

    /// <summary>Working time of ours that one success of a self-service play saves; null: not told.</summary>
    public TimeSpan? Saves { get; init; }
}

/// <summary>What a play is worth when it reaches its goal.</summary>
public abstract record PlayValue
{
    private PlayValue() { }

    /// <summary>Minor units, at least 0.</summary>
    public sealed record Fixed(long MinorUnits) : PlayValue;

    /// <summary>A formula that gives minor units.</summary>
    public sealed record Computed(Expression Formula) : PlayValue;
}

/// <summary>One concrete content of a play on one channel. Its id is unique in the playbook.</summary>
/// <param name="When">Null: always.</param>
/// <param name="Content">
/// Text by `language/part`: `en/subject`, `ja/body`; steps count from 1: `en/step/1`. A text given without a language is in
/// <see cref="LocalizedText.DefaultLanguage"/>. Ordinal order; may be empty.
/// </param>
public sealed record TreatmentDefinition(
    string Id, SourcePosition At, Reference Channel, Expression? When, IReadOnlyDictionary<string, string> Content);
