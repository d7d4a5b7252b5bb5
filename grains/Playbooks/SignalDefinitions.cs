using System.Collections.Immutable;
using Orchestrator.Grains.Survivorship;

namespace Orchestrator.Grains.Playbooks;

public enum PropertyType
{
    /// <summary>Written `string`.</summary>
    Text,

    /// <summary>Written `int`; 64 bits.</summary>
    Whole,

    /// <summary>Written `double`.</summary>
    Number,

    /// <summary>Written `bool`.</summary>
    Flag,
    Timestamp,
    Duration,

    /// <summary>Minor units of the playbook's currency.</summary>
    Money,
}

/// <summary>One typed value of a signal, account or contact.</summary>
/// <param name="Optional">True: may be absent (written with a trailing `?`).</param>
public sealed record PropertyDefinition(string Name, SourcePosition At, PropertyType Type, bool Optional);

/// <summary>What is known of accounts and contacts besides what signals tell.</summary>
public sealed record AttributeSchemas(ImmutableArray<PropertyDefinition> Account, ImmutableArray<PropertyDefinition> Contact)
{
    /// <summary>What stays of them when two become one, where it is not the newest.</summary>
    public SurvivorshipDefinition Survive { get; init; } = SurvivorshipDefinition.Newest;
}

/// <summary>A kind of signal that is accepted.</summary>
/// <param name="At">(0, 0) for a built-in signal that the playbook does not declare.</param>
/// <param name="Observed">True: a machine saw it; false: a person says so.</param>
/// <param name="By">Departments that may assert it; empty: any.</param>
public sealed record SignalDefinition(
    string Id, SourcePosition At, bool Observed, ImmutableArray<Reference> By, ImmutableArray<PropertyDefinition> Properties)
{
    /// <summary>Signals that the Orchestrator itself raises; a playbook may name them without declaring them.</summary>
    public static readonly ImmutableArray<SignalDefinition> BuiltIn =
    [
        new("incident.declared", default, Observed: true, [], [new PropertyDefinition("incident", default, PropertyType.Text, Optional: true)]),
        new("incident.resolved", default, Observed: true, [], [new PropertyDefinition("incident", default, PropertyType.Text, Optional: true)]),
        new("contact.joined", default, Observed: true, [], [new("role", default, PropertyType.Text, Optional: true), new("offering", default, PropertyType.Text, Optional: true), new("also", default, PropertyType.Flag, Optional: true)]),
        new("contact.left", default, Observed: true, [], [new("reason", default, PropertyType.Text, Optional: true)]),
        new("contact.moved", default, Observed: true, [], [new("to", default, PropertyType.Text, Optional: false)]),
        new(BuiltInSignals.ExpansionTriggered, default, Observed: true, [], [new PropertyDefinition("trigger", default, PropertyType.Text, Optional: false)]),
    ];
}
