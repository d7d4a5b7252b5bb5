using System.Collections.Immutable;

namespace Orchestrator.Grains.Playbooks;

/// <summary>How one is chosen from what is permitted: the highest propensity x context x value x lever.</summary>
/// <param name="Levers">Business weight by play; plays not named have 1.</param>
/// <param name="PeoplePerWeek">Most different people of one account in a week; null: no limit.</param>
/// <param name="BuyerPaced">Null: nothing is held.</param>
/// <param name="Explore">Share of decisions that are drawn, [0, 0.5].</param>
/// <param name="NoneAllowed">True: doing nothing is a permitted decision.</param>
public sealed record ArbitrationDefinition(
    ImmutableArray<LeverDefinition> Levers,
    ImmutableArray<ContextDefinition> Context,
    int? PeoplePerWeek,
    BuyerPacedDefinition? BuyerPaced,
    double Explore,
    bool NoneAllowed,
    PropensityDefinition Propensity);

/// <summary>A business weight, dimensionless, [0, 10], 1 = neutral.</summary>
public readonly record struct LeverDefinition(Reference Play, double Weight);

/// <summary>Plays that are worth more while a condition holds.</summary>
public sealed record ContextDefinition(SourcePosition At, Expression When, ImmutableArray<RaiseDefinition> Raise);

/// <summary>Added to the play's context factor of 1, [-1, 10]: 0.5 makes it x1.5.</summary>
public readonly record struct RaiseDefinition(Reference Play, double By);

/// <summary>While the condition holds, these plays are held back: the buyer sets the pace.</summary>
public sealed record BuyerPacedDefinition(SourcePosition At, Expression When, ImmutableArray<Reference> Hold);

/// <summary>What we believe before any outcome is seen.</summary>
/// <param name="Default">Probability in [0, 1].</param>
/// <param name="Plays">By play; wins over the default.</param>
/// <param name="Treatments">By treatment; wins over its play.</param>
public sealed record PropensityDefinition(double Default, ImmutableArray<Prior> Plays, ImmutableArray<Prior> Treatments);

/// <summary>A probability in [0, 1] for a play or treatment.</summary>
public readonly record struct Prior(Reference Of, double Probability);

public enum ExperimentUnit
{
    /// <summary>Colleagues are never split.</summary>
    Account,
    Contact,
}

/// <summary>A comparison by which a play has to prove itself.</summary>
public abstract record ExperimentDefinition
{
    private ExperimentDefinition(string id, SourcePosition at, ExperimentUnit by, ImmutableArray<Reference> plays) =>
        (Id, At, By, Plays) = (id, at, by, plays);

    public string Id { get; }
    public SourcePosition At { get; }
    public ExperimentUnit By { get; }

    /// <summary>Plays concerned; empty: all (a hold-out only).</summary>
    public ImmutableArray<Reference> Plays { get; }

    /// <summary>A share, (0, 1), for which nothing is done.</summary>
    public sealed record HoldOut(string Id, SourcePosition At, ExperimentUnit By, ImmutableArray<Reference> Plays, double Share)
        : ExperimentDefinition(Id, At, By, Plays);

    /// <summary>Treatments of the plays against one another.</summary>
    public sealed record Split(string Id, SourcePosition At, ExperimentUnit By, ImmutableArray<Reference> Plays, ImmutableArray<ArmDefinition> Arms)
        : ExperimentDefinition(Id, At, By, Plays);
}

/// <summary>A treatment and its share, (0, 1]; the shares of an experiment sum to 1.</summary>
public readonly record struct ArmDefinition(Reference Treatment, double Share);
