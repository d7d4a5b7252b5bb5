using System.Collections.Immutable;

namespace Orchestrator.Grains.Survivorship;

/// <summary>Which of two values stays when two who have one each become one.</summary>
public enum Survival
{
    /// <summary>The one of the later event time.</summary>
    Newest,

    /// <summary>The one of the earlier event time.</summary>
    Oldest,

    /// <summary>The newest that is not absent and not an empty text.</summary>
    NonEmpty,

    /// <summary>Both added up; amounts of different currencies are not: then the newest stays.</summary>
    Add,
}

/// <summary>What a playbook says of merges beyond "the newest stays"; sorted by name.</summary>
public sealed record SurvivorshipDefinition(ImmutableArray<SurvivalRule> Account, ImmutableArray<SurvivalRule> Contact)
{
    public static readonly SurvivorshipDefinition Newest = new([], []);
}

/// <param name="Attribute">Declared in the playbook.</param>
public readonly record struct SurvivalRule(string Attribute, Survival Rule);
