using System.Collections.Immutable;
using Orchestrator.Grains.Conditions;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Stages;

/// <summary>
/// When time alone may change any of many conditions: each thing that moves is asked once, however many conditions ask about it, and of many thresholds of one number only those next to where
/// it stands. Gives the same instant as asking every condition. Immutable.
/// </summary>
internal sealed class NextChangeIndex
{
    private readonly CelTemporal<Facts>.Step[] steps;
    private readonly Passed[] passed;

    public NextChangeIndex(IEnumerable<Condition> conditions)
    {
        var all = new HashSet<CelTemporal<Facts>.Step>(ReferenceEqualityComparer.Instance);
        foreach (var condition in conditions)
        {
            Collect(condition.Temporal, all);
        }

        // A number that stands for itself is a group of one: no order is known of what a solver of another number does.
        steps = [.. all.Where(s => s.Passes is null)];
        passed = [.. all.Where(s => s.Passes is not null).GroupBy(s => s.Passes!.Crossing, ReferenceEqualityComparer.Instance).Select(g => new Passed(g.Select(s => s.Passes!)))];
    }

    /// <summary>The earliest; null = never.</summary>
    public DateTimeOffset? Next(Facts facts)
    {
        DateTimeOffset? next = null;
        foreach (var step in steps)
        {
            next = Instants.Earlier(next, step.Next(facts));
        }

        foreach (var one in passed)
        {
            next = Instants.Earlier(next, one.Next(facts));
        }

        return next;
    }

    /// <summary>The same by asking every condition.</summary>
    public static DateTimeOffset? OneByOne(ImmutableArray<Condition> conditions, bool personal, Facts facts)
    {
        DateTimeOffset? next = null;
        foreach (var condition in conditions)
        {
            next = condition.IsPersonal == personal ? Instants.Earlier(next, condition.NextChange(facts)) : next;
        }

        return next;
    }

    private static void Collect(CelTemporal<Facts>? temporal, HashSet<CelTemporal<Facts>.Step> all)
    {
        if (temporal is not CelTemporal<Facts>.Step step)
        {
            return;
        }

        if (step.Parts is { } parts)
        {
            Collect(parts.One, all);
            Collect(parts.Other, all);
        }
        else
        {
            all.Add(step);
        }
    }

    /// <summary>One moving number and all the thresholds that it is compared with.</summary>
    private sealed class Passed
    {
        private readonly CelTemporal<Facts>.Crossing crossing;
        private readonly CelTerm<Facts, double>? moving;
        private readonly double[] thresholds;

        public Passed(IEnumerable<CelTemporal<Facts>.Passing> passings)
        {
            var all = passings.ToList();
            crossing = all[0].Crossing;
            moving = crossing.NearestFirst ? all[0].Moving as CelTerm<Facts, double> : null;
            thresholds = [.. all.Select(p => p.Threshold).Distinct().Order()];
        }

        public DateTimeOffset? Next(Facts facts)
        {
            var fault = default(CelFault);
            if (moving is null || thresholds.Length <= 2 || moving.Eval(facts, ref fault) is var value && (fault.IsSet || double.IsNaN(value)))
            {
                return NextOf(thresholds, facts);
            }

            // The nearest below, the one that it is equal to, the nearest above.
            var (low, high) = (0, thresholds.Length);
            while (low < high)
            {
                var middle = (low + high) >>> 1;
                (low, high) = thresholds[middle] < value ? (middle + 1, high) : (low, middle);
            }

            var from = Math.Max(0, low - 1);
            var to = Math.Min(thresholds.Length, low < thresholds.Length && thresholds[low] == value ? low + 2 : low + 1);
            return NextOf(thresholds.AsSpan(from, to - from), facts);
        }

        private DateTimeOffset? NextOf(ReadOnlySpan<double> some, Facts facts)
        {
            DateTimeOffset? next = null;
            foreach (var threshold in some)
            {
                next = Instants.Earlier(next, crossing.Solve(facts, threshold));
            }

            return next;
        }
    }
}
