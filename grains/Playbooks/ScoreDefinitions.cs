using System.Collections.Immutable;

namespace Orchestrator.Grains.Playbooks;

/// <summary>A number or grade that conditions read as `score.name`.</summary>
public abstract partial record ScoreDefinition
{
    private ScoreDefinition(string id, SourcePosition at) => (Id, At) = (id, at);

    public string Id { get; }
    public SourcePosition At { get; }

    /// <summary>Points for what somebody does, which decay.</summary>
    /// <param name="HalfLife">Time in which points lose half their weight.</param>
    /// <param name="CapPerDay">Most points that one person gains in a day; null: no cap.</param>
    public sealed record Engagement(string Id, SourcePosition At, TimeSpan HalfLife, double? CapPerDay, ImmutableArray<SignalPoints> Points)
        : ScoreDefinition(Id, At);

    /// <summary>Points for what is known about somebody, summed and graded.</summary>
    /// <param name="Grades">Highest first; never empty. Below the last one there is no grade.</param>
    public sealed record Fit(string Id, SourcePosition At, ImmutableArray<FactPoints> Points, ImmutableArray<GradeDefinition> Grades)
        : ScoreDefinition(Id, At);

    /// <summary>Activity in the latest window against the one before: 1 = as before.</summary>
    /// <param name="Window">The latest window.</param>
    /// <param name="Versus">The window before it that it is compared with, per unit of time.</param>
    /// <param name="On">Signals that count; never empty.</param>
    /// <param name="By">Property whose values are told apart, the highest momentum counts; null: all together.</param>
    public sealed record Momentum(string Id, SourcePosition At, TimeSpan Window, TimeSpan Versus, ImmutableArray<Reference> On, string? By)
        : ScoreDefinition(Id, At);
}

/// <summary>Points for one kind of signal.</summary>
/// <param name="When">Null: always.</param>
public sealed record SignalPoints(Reference Signal, Expression? When, double Add);

/// <summary>Points for a fact.</summary>
public sealed record FactPoints(SourcePosition At, Expression When, double Add);

/// <summary>A grade from so many points on.</summary>
public sealed record GradeDefinition(string Letter, SourcePosition At, double AtLeast);

/// <summary>A class such as never, now, later.</summary>
public sealed record ClassDefinition(string Id, SourcePosition At, Expression When);
