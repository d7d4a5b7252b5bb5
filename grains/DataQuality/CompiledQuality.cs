using System.Collections.Immutable;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Playbooks;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Grains.DataQuality;

/// <summary>How well an account, or a person, is known.</summary>
/// <param name="Score">[0, 100].</param>
/// <param name="Complete">Share of what should be known that is, by weight, in [0, 1].</param>
/// <param name="Fresh">Share of what is known that is not stale, by weight, in [0, 1]; 0 if nothing is known.</param>
/// <param name="Unique">Share of people who are not suspected to be somebody else as well, in [0, 1].</param>
/// <param name="Missing">What is not known; in the order of the playbook.</param>
/// <param name="Stale">What was known too long ago; in the order of the playbook.</param>
public sealed record QualityReport(double Score, double Complete, double Fresh, double Unique, ImmutableArray<string> Missing, ImmutableArray<string> Stale);

/// <summary>What should be known of accounts, or of people, and how much each part of it counts.</summary>
public sealed class CompiledQuality(DataQualityDefinition definition)
{
    public DataQualityDefinition Definition => definition;

    /// <param name="attributes">As they are.</param>
    /// <param name="unique">In [0, 1].</param>
    /// <returns>[0, 100]: the weighted mean of completeness, freshness and uniqueness.</returns>
    public double ScoreOf(AttributeSet attributes, double unique, DateTimeOffset now)
    {
        var (complete, fresh) = SharesOf(attributes, now);
        var weights = definition.Weights;
        return 100 * ((weights.Complete * complete) + (weights.Fresh * fresh) + (weights.Unique * unique)) / (weights.Complete + weights.Fresh + weights.Unique);
    }

    public QualityReport ReportOf(AttributeSet attributes, double unique, DateTimeOffset now)
    {
        var (complete, fresh) = SharesOf(attributes, now);
        return new QualityReport(
            ScoreOf(attributes, unique, now),
            complete,
            fresh,
            unique,
            [.. definition.Attributes.Where(a => KnownAt(attributes, a) is null).Select(a => a.Name)],
            [.. definition.Attributes.Where(a => KnownAt(attributes, a) is { } at && IsStale(a, at, now)).Select(a => a.Name)]);
    }

    /// <summary>How many attributes are not known, or stale.</summary>
    public long Lacking(AttributeSet attributes, DateTimeOffset now)
    {
        long lacking = 0;
        foreach (var attribute in definition.Attributes)
        {
            lacking += KnownAt(attributes, attribute) is not { } at || IsStale(attribute, at, now) ? 1 : 0;
        }

        return lacking;
    }

    /// <summary>The earliest instant after <paramref name="now"/> at which something known becomes stale; null = nothing does.</summary>
    public DateTimeOffset? NextStale(AttributeSet attributes, DateTimeOffset now)
    {
        DateTimeOffset? next = null;
        foreach (var attribute in definition.Attributes)
        {
            if (attribute.FreshFor is { } freshFor && KnownAt(attributes, attribute) is { } at && !IsStale(attribute, at, now) && (next is null || at + freshFor < next))
            {
                next = at + freshFor;
            }
        }

        return next;
    }

    private (double Complete, double Fresh) SharesOf(AttributeSet attributes, DateTimeOffset now)
    {
        double all = 0, known = 0, fresh = 0;
        foreach (var attribute in definition.Attributes)
        {
            all += attribute.Weight;
            if (KnownAt(attributes, attribute) is { } at)
            {
                known += attribute.Weight;
                fresh += IsStale(attribute, at, now) ? 0 : attribute.Weight;
            }
        }

        return (known / all, known > 0 ? fresh / known : 0);
    }

    private static DateTimeOffset? KnownAt(AttributeSet attributes, WatchedAttribute watched) =>
        attributes.TryGetValue(watched.Name, out var held) && held.Value.KindCase != Value.KindOneofCase.None ? held.At : null;

    private static bool IsStale(WatchedAttribute attribute, DateTimeOffset at, DateTimeOffset now) => attribute.FreshFor is { } freshFor && now - at >= freshFor;
}
