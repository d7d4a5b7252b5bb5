using System.Collections.Immutable;
using Orchestrator.Grains.Journeys;
using Orchestrator.Grains.Stages;

namespace Orchestrator.Grains.Playbooks;

/// <summary>Whose journey it is.</summary>
public enum JourneyOf
{
    Account,

    /// <summary>Each person of an account has it.</summary>
    Contact,
}

/// <summary>A journey beside the main one, such as the customer's own view of it.</summary>
/// <param name="Stages">In the order of the file; never empty.</param>
/// <param name="Start">Where everybody begins.</param>
/// <param name="Transitions">In the order of the file: of those that hold, the first wins.</param>
public sealed record SideJourneyDefinition(
    string Id, SourcePosition At, LocalizedText Title, JourneyOf Of, ImmutableArray<SideStageDefinition> Stages, string Start, ImmutableArray<SideTransitionDefinition> Transitions)
{
    /// <summary>Stages where nobody is under way any more; like the start, they take no place in the group.</summary>
    public ImmutableArray<string> Ends { get; init; } = [];

    /// <summary>Journeys that it competes with; null: none.</summary>
    public Reference? Group { get; init; }

    /// <summary>The higher goes first.</summary>
    public int Priority { get; init; }

    /// <summary>How it may be entered again, whatever the way in; null: whenever it is not under way.</summary>
    public ReEntryDefinition? ReEntry { get; init; }

    /// <summary>Ways in beside its transitions, in the order of the file; of those that ask at once the first counts. May be empty.</summary>
    public ImmutableArray<JourneyEntryDefinition> Entries { get; init; } = [];
}

/// <summary>A place in a journey beside the main one.</summary>
public sealed record SideStageDefinition(string Id, SourcePosition At, LocalizedText Title);

/// <param name="From">Empty: from any stage but <paramref name="To"/>.</param>
/// <param name="When">Condition that must hold; null exactly when <paramref name="MovesAt"/> is set.</param>
/// <param name="MovesAt">Formula for the instant at which it happens.</param>
/// <param name="Reason">Formula for the text that is kept as the reason; null: the id says it all.</param>
public sealed record SideTransitionDefinition(string Id, SourcePosition At, ImmutableArray<string> From, string To, Expression? When, Expression? MovesAt, Expression? Reason);

/// <summary>Something that a buying group decides on: the same people, seen through a part of the role template.</summary>
/// <param name="Interest">While it holds, the account is interested; null: always.</param>
/// <param name="Members">Who may belong to the group; null: everybody in one of its roles.</param>
/// <param name="Roles">In the order of the template; empty: all of them.</param>
/// <param name="Priority">The higher comes first.</param>
public sealed record OfferingDefinition(
    string Id, SourcePosition At, LocalizedText Title, Expression? Interest, Expression? Members, ImmutableArray<Reference> Roles, int Priority);

/// <summary>How well accounts, or people, must be known.</summary>
/// <param name="Attributes">In the order of the file; never empty.</param>
/// <param name="Alike">Attributes of people: who is the same in all of them is suspected to be one person. Empty: nobody is suspected.</param>
/// <param name="Weights">Of completeness, freshness and uniqueness in the score; at least one is above 0.</param>
public sealed record DataQualityDefinition(SourcePosition At, ImmutableArray<WatchedAttribute> Attributes, ImmutableArray<string> Alike, QualityWeights Weights)
{
    /// <summary>By what accounts are suspected to be one company; null: they are not.</summary>
    public DataQuality.TwinsDefinition? Twins { get; init; }
}

/// <param name="Complete">[0, 100].</param>
/// <param name="Fresh">[0, 100].</param>
/// <param name="Unique">[0, 100].</param>
public sealed record QualityWeights(double Complete, double Fresh, double Unique);

/// <summary>An attribute that should be known.</summary>
/// <param name="Weight">Above 0, against the other attributes.</param>
/// <param name="FreshFor">How long it stays fresh; null: for ever.</param>
public sealed record WatchedAttribute(string Name, SourcePosition At, double Weight, TimeSpan? FreshFor);

public sealed partial record PlaybookDefinition
{
    /// <summary>In the order of the file; may be empty.</summary>
    public ImmutableArray<SideJourneyDefinition> Journeys { get; init; } = [];

    /// <summary>Journeys that compete, in the order of the file; may be empty.</summary>
    public ImmutableArray<JourneyGroupDefinition> JourneyGroups { get; init; } = [];

    /// <summary>In the order of the file; may be empty.</summary>
    public ImmutableArray<OfferingDefinition> Offerings { get; init; } = [];

    /// <summary>Null: not measured.</summary>
    public DataQualityDefinition? AccountQuality { get; init; }

    /// <summary>Null: not measured.</summary>
    public DataQualityDefinition? ContactQuality { get; init; }
}
