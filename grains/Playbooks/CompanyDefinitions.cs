using System.Collections.Immutable;

namespace Orchestrator.Grains.Playbooks;

/// <summary>Which side of the house a department works: nobody works both.</summary>
public enum Pool
{
    /// <summary>Wins customers.</summary>
    Hunter,

    /// <summary>Keeps and grows customers.</summary>
    Farmer,
}

/// <summary>A part of our company that owns stages and carries out actions.</summary>
/// <param name="Pool">Null: neither.</param>
/// <param name="Capacity">Null: unlimited.</param>
public sealed record DepartmentDefinition(string Id, SourcePosition At, LocalizedText Title, Pool? Pool, DepartmentCapacity? Capacity)
{
    /// <summary>Its people and teams, in the order of the file; empty: the playbook names none.</summary>
    public System.Collections.Immutable.ImmutableArray<OwnerDefinition> Owners { get; init; } = [];
}

/// <summary>A person or team of a department.</summary>
/// <param name="OpenActions">How much they can have in hand; null: what the department's capacity says for each.</param>
public sealed record OwnerDefinition(string Id, SourcePosition At, int? OpenActions);

/// <summary>How much a department can have in hand.</summary>
/// <param name="OpenActions">Actions not yet answered, at least 1.</param>
/// <param name="PerOwner">True: for each of its people; false: for the department as a whole.</param>
public sealed record DepartmentCapacity(int OpenActions, bool PerOwner);

/// <summary>Accounts that share a set of policies.</summary>
public sealed record SegmentDefinition(string Id, SourcePosition At, Expression When)
{
    /// <summary>The least time between two messages to one person; null: no such rule.</summary>
    public TimeSpan? Cadence { get; init; }

    /// <summary>Most different people of one account in a week; null: as for all.</summary>
    public int? PeoplePerWeek { get; init; }

    /// <summary>The plays of this segment; empty: all. Mandatory ones are for every segment.</summary>
    public ImmutableArray<Reference> Plays { get; init; } = [];

    /// <summary>What our own people of a department must have learned for it; may be empty.</summary>
    public ImmutableArray<TrainingDefinition> Training { get; init; } = [];
}

/// <summary>What the people of a department learn for a segment, or where they find it.</summary>
public sealed record TrainingDefinition(Reference Department, LocalizedText Content);

/// <summary>The people of an account who decide together.</summary>
/// <param name="Roles">In the order of the file; may be empty.</param>
/// <param name="Engagement">Null: not measured.</param>
public sealed record BuyingGroupDefinition(ImmutableArray<RoleDefinition> Roles, GroupEngagementDefinition? Engagement);

/// <summary>A part that a person plays in a buying group.</summary>
/// <param name="Required">How many people the role needs to be filled; 0 = none.</param>
/// <param name="Weight">Share in the group's engagement, [0, 100]; 60 is standard.</param>
/// <param name="Assign">A contact for which this holds gets the role; null: only by hand.</param>
public sealed record RoleDefinition(string Id, SourcePosition At, LocalizedText Title, int Required, double Weight, Expression? Assign);

/// <summary>How a group's engagement is measured.</summary>
/// <param name="At">Where `window` stands.</param>
/// <param name="Window">How far back activity counts: whole days, today included.</param>
/// <param name="CapPerActivityDay">How often one activity of one person counts on one day.</param>
/// <param name="Points">By signal; empty: those of the first score with a half-life.</param>
public sealed record GroupEngagementDefinition(SourcePosition At, TimeSpan Window, int CapPerActivityDay, ImmutableArray<SignalPoints> Points);

public enum ChannelKind
{
    /// <summary>We reach out.</summary>
    Push,

    /// <summary>The person comes, and is then shown something.</summary>
    Pull,
}

/// <summary>A way to reach a person or one of our own people.</summary>
/// <param name="At">(0, 0) for a built-in channel that the playbook does not declare.</param>
/// <param name="QuietHours">True: nothing goes out during the quiet hours of the contact policy.</param>
/// <param name="CapacityPerDay">Most actions a day; null: unlimited.</param>
public sealed record ChannelDefinition(string Id, SourcePosition At, LocalizedText Title, ChannelKind Kind, bool QuietHours, int? CapacityPerDay)
{
    /// <summary>The channels that every playbook may use without declaring them.</summary>
    public static readonly ImmutableArray<ChannelDefinition> BuiltIn =
    [
        new("email", default, LocalizedText.Empty, ChannelKind.Push, QuietHours: true, CapacityPerDay: null),
        new("web", default, LocalizedText.Empty, ChannelKind.Pull, QuietHours: false, CapacityPerDay: null),
        new("in-app", default, LocalizedText.Empty, ChannelKind.Pull, QuietHours: false, CapacityPerDay: null),
        new("ads", default, LocalizedText.Empty, ChannelKind.Push, QuietHours: false, CapacityPerDay: null),
        new("task", default, LocalizedText.Empty, ChannelKind.Push, QuietHours: false, CapacityPerDay: null),
        new("phone", default, LocalizedText.Empty, ChannelKind.Push, QuietHours: true, CapacityPerDay: null),
    ];
}

/// <summary>What a person in a role expects at a stage, and who must see to it.</summary>
public sealed record ExperienceDefinition(
    SourcePosition At, Reference Stage, Reference Role, LocalizedText Expects, Reference DeliveredBy, Expression? MeasuredBy)
{
    /// <summary>What moves the person at this stage; may be empty.</summary>
    public LocalizedText Motive { get; init; } = LocalizedText.Empty;
}
