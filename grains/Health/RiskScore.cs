using System.Collections.Immutable;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Conditions;
using Orchestrator.Grains.CustomerValue;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Health;

/// <summary>
/// How likely a customer is to leave, 0 to 1: one less the mean of how well they are (health / 100) and how likely they still buy, of those that are known. What
/// each input is short of full marks, divided by their number, adds up to the risk.
/// </summary>
public sealed record RiskScore(ScoreDefinition.Risk Definition, ImmutableArray<HealthScore> Healths, ImmutableArray<ValueScore> Values)
{
    /// <summary>0 to 1; null = no input is known.</summary>
    public double? ValueAt(Account account, DateTimeOffset at)
    {
        var (sum, count) = Sums(account, at);
        return count > 0 ? 1 - (sum / count) : null;
    }

    /// <summary>What each input adds, by name; those that are not known are left out.</summary>
    public IEnumerable<(string Input, double Adds)> PartsAt(Account account, DateTimeOffset at)
    {
        var count = Sums(account, at).Count;
        foreach (var health in Healths)
        {
            if (health.ValueAt(account, at) is { } value)
            {
                yield return (health.Id, (1 - (value / 100)) / count);
            }
        }

        foreach (var value in Values)
        {
            if (value.AliveAt(account, at) is { } alive)
            {
                yield return ($"{value.Definition.Id}.alive", (1 - alive) / count);
            }
        }
    }

    internal void Declare(CelEnvironment<Facts>.Builder builder, Func<CelTerm<Facts>, CelTerm<Facts>> once)
    {
        var name = $"score.{Definition.Name}";
        builder.Variable(
            name,
            once(CelTerms.Double(
                (Facts f, ref CelFault fault) =>
                {
                    if (ValueAt(f.Account, f.Now) is { } value)
                    {
                        return value;
                    }

                    fault.Unset(name);
                    return 0;
                },
                new CelTemporal<Facts>.Crossing((f, threshold) => Crosses(f.Account, threshold, f.Now)))),
            $"score:{Definition.Id}");
    }

    /// <summary>Health jumps, so the earliest jump bounds the forecast; in between only silence moves it, and upwards only.</summary>
    private DateTimeOffset? Crosses(Account account, double threshold, DateTimeOffset now)
    {
        DateTimeOffset? next = null;
        foreach (var health in Healths)
        {
            next = health.NextChange(account, now) is { } change && (next is null || change < next) ? change : next;
        }

        var rises = ValueAt(account, now) is null ? null : Descent.FirstChange(at => -(ValueAt(account, next is { } jump && at >= jump ? jump.AddTicks(-1) : at) ?? 0), -threshold, now);
        return rises is { } first && (next is null || first < next) ? first : next;
    }

    private (double Sum, int Count) Sums(Account account, DateTimeOffset at)
    {
        var (sum, count) = (0.0, 0);
        foreach (var health in Healths)
        {
            if (health.ValueAt(account, at) is { } value)
            {
                (sum, count) = (sum + (value / 100), count + 1);
            }
        }

        foreach (var score in Values)
        {
            if (score.AliveAt(account, at) is { } alive)
            {
                (sum, count) = (sum + alive, count + 1);
            }
        }

        return (sum, count);
    }
}
