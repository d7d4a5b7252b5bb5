using System.Collections.Immutable;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Conditions;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Health;

/// <summary>
/// How well a customer is, 0 to 100: the weighted mean of the measures that are known. All inputs are kept with their times, so it can be told for any instant
/// within their windows, and the trend is the difference of two of them.
/// </summary>
/// <param name="Trend">How far back the trend looks.</param>
public sealed record HealthScore(string Id, TimeSpan Trend, ImmutableArray<HealthMeasure> Measures)
{
    /// <summary>0 to 100; null = no measure is known.</summary>
    public double? ValueAt(Account account, DateTimeOffset at)
    {
        var (sum, weight) = (0.0, 0.0);
        foreach (var measure in Measures)
        {
            if (measure.ShareAt(account, at) is { } share)
            {
                sum += share * measure.Weight;
                weight += measure.Weight;
            }
        }

        return weight > 0 ? 100 * sum / weight : null;
    }

    /// <summary>How much it rose since the trend's time ago; null = it was not known then, or the account did not exist.</summary>
    public double? TrendAt(Account account, DateTimeOffset at) =>
        at.Back(Trend) is var before && before >= account.OpenedAt && ValueAt(account, at) is { } now && ValueAt(account, before) is { } then ? now - then : null;

    /// <summary>What each measure gives, in the order of the playbook; the points of those that are known add up to the score.</summary>
    public IEnumerable<HealthPart> PartsAt(Account account, DateTimeOffset at)
    {
        var shares = Measures.Select(m => (Measure: m, Share: m.ShareAt(account, at))).ToList();
        var weight = shares.Where(s => s.Share is not null).Sum(s => s.Measure.Weight);
        return shares.Select(s => new HealthPart(
            s.Measure.Id, s.Share, s.Share is { } share ? 100 * share * s.Measure.Weight / weight : 0, s.Share is null ? 0 : 100 * s.Measure.Weight / weight, s.Measure.SeenAt(account, at)));
    }

    /// <summary>The earliest instant after <paramref name="at"/> at which time alone may change it; null = never.</summary>
    public DateTimeOffset? NextChange(Account account, DateTimeOffset at)
    {
        DateTimeOffset? next = null;
        foreach (var measure in Measures)
        {
            next = measure.NextChange(account, at) is { } change && (next is null || change < next) ? change : next;
        }

        return next;
    }

    internal void Declare(CelEnvironment<Facts>.Builder builder, Func<CelTerm<Facts>, CelTerm<Facts>> once)
    {
        var (value, trend) = ($"score.{Id}", $"score.{Id}_trend");
        builder.Variable(value, once(CelTerms.Double((Facts f, ref CelFault fault) => Known(ValueAt(f.Account, f.Now), value, ref fault), new CelTemporal<Facts>.Step(f => NextChange(f.Account, f.Now)))), $"score:{Id}");
        builder.Variable(trend, once(CelTerms.Double((Facts f, ref CelFault fault) => Known(TrendAt(f.Account, f.Now), trend, ref fault), new CelTemporal<Facts>.Step(f => NextTrend(f.Account, f.Now)))), $"score:{Id}");
    }

    /// <summary>Either of the two it compares changes, or the account becomes old enough to have a trend.</summary>
    private DateTimeOffset? NextTrend(Account account, DateTimeOffset at)
    {
        var before = at.Back(Trend);
        if (before < account.OpenedAt)
        {
            return account.OpenedAt.Forth(Trend);
        }

        var next = NextChange(account, at);
        return NextChange(account, before)?.Forth(Trend) is { } earlier && (next is null || earlier < next) ? earlier : next;
    }

    private static double Known(double? value, string name, ref CelFault fault)
    {
        if (value is null)
        {
            fault.Unset(name);
        }

        return value ?? 0;
    }
}

/// <summary>What one measure gives to a health score.</summary>
/// <param name="Share">In [0, 1]; null = not known, and left out.</param>
/// <param name="Points">Of the score.</param>
/// <param name="Most">The points it could give; 0 = left out.</param>
/// <param name="Seen">In words.</param>
public sealed record HealthPart(string Measure, double? Share, double Points, double Most, string Seen);
