using System.Globalization;
using Orchestrator.V1;

namespace Orchestrator.Grains.Contrasts;

/// <summary>Something true of some accounts, and how success went with it.</summary>
/// <param name="Condition">In the condition language.</param>
/// <param name="Row">Counts, difference and lift.</param>
/// <param name="Points">What it adds now; null = the score does not ask it.</param>
/// <param name="Learned">What it should add by what was learned; 0 where the interval of the difference has none in it.</param>
/// <param name="Before">Until the score was written; null = too few.</param>
/// <param name="Since">From then on; null = too few.</param>
public sealed record IdealTrait(string Condition, ContrastRow Row, double? Points, double Learned, ContrastRow? Before, ContrastRow? Since);

/// <summary>What goes with a buying role.</summary>
public sealed record Persona(string Role, ContrastRow Filled, IReadOnlyList<ContrastRow> Traits);

/// <summary>How well points tell those who succeed from the others: the probability that one of the first has more than one of the others, a tie counting half.</summary>
/// <param name="Now">The points that the score has, over all cases; null = it has none.</param>
/// <param name="Before">The same over cases until it was written; null = too few.</param>
/// <param name="Since">From then on; null = too few.</param>
/// <param name="Learned">The learned points, over the cases they were learned from: flattering.</param>
public sealed record Separation(double? Now, double? Before, double? Since, double Learned);

/// <summary>Who the ideal customer is by what became of accounts, never by a document.</summary>
public static class IdealCustomer
{
    private const int LongestText = 40;
    private const double AllPoints = 100;

    /// <summary>Learns traits, from the points that a score has and from what was known of the accounts.</summary>
    /// <param name="current">The score's conditions with what they add, in the order of <see cref="IdealCase.Holds"/>; may be empty.</param>
    /// <param name="written">When they were written; null = not known.</param>
    /// <param name="least">Traits of fewer accounts, or of all but fewer, are left out unless the score has them.</param>
    /// <param name="most">Most traits that the score does not have.</param>
    /// <returns>Those of the score in its order, then new ones, surest first: one for each attribute and, of a number, one threshold. Points add up to what the score's do.</returns>
    public static (IReadOnlyList<IdealTrait> Traits, Separation Separation) Learn(
        IReadOnlyCollection<IdealCase> cases, IReadOnlyList<(string Condition, double Points)> current, DateTimeOffset? written, int least, int most, double confidence)
    {
        var quantile = Intervals.Quantile(confidence);
        var asked = new List<(string Condition, double? Points, Func<IdealCase, bool> Has, ContrastRow Row)>();
        for (var i = 0; i < current.Count; i++)
        {
            var index = i;
            Func<IdealCase, bool> has = c => c.Holds[index];
            asked.Add((current[i].Condition, current[i].Points, has, RowOf(current[i].Condition, cases, has, quantile)));
        }

        var known = current.Select(c => Plain(c.Condition)).ToHashSet(StringComparer.Ordinal);
        asked.AddRange(Candidates(cases)
            .Where(c => !known.Contains(Plain(c.Condition)))
            .Select(c => (c.Attribute, c.Condition, c.Has, Row: RowOf(c.Condition, cases, c.Has, quantile)))
            .Where(c => c.Row.All >= least && c.Row.Others >= least && c.Row.Sureness > 0)
            .OrderByDescending(c => c.Row.Sureness).ThenBy(c => c.Condition, StringComparer.Ordinal)
            // Thresholds of one number say the same twice; of a text each value is a thing of its own.
            .DistinctBy(c => c.Attribute, StringComparer.Ordinal)
            .Where(c => !asked.Exists(a => SaysTheSame(a.Row, c.Row)))
            .Select(c => (c.Condition, Points: (double?)null, c.Has, c.Row))
            .Aggregate(new List<(string Condition, double? Points, Func<IdealCase, bool> Has, ContrastRow Row)>(), (taken, next) =>
            {
                if (taken.Count < most && !taken.Exists(t => SaysTheSame(t.Row, next.Row)))
                {
                    taken.Add(next);
                }

                return taken;
            }));

        var weights = asked.Select(a => a.Row.All > 0 && a.Row.Others > 0 && a.Row.Sureness > 0 ? WeightOf(a.Row) : 0).ToList();
        var (all, positive) = (current.Where(c => c.Points > 0).Sum(c => c.Points), weights.Where(w => w > 0).Sum());
        var scale = positive > 0 ? (all > 0 ? all : AllPoints) / positive : 0;
        List<IdealCase>? before = written is { } then ? [.. cases.Where(c => c.At < then)] : null;
        List<IdealCase>? since = written is { } later ? [.. cases.Where(c => c.At >= later)] : null;
        List<IdealTrait> traits =
        [
            .. asked.Select((a, i) => new IdealTrait(
                a.Condition, a.Row, a.Points, Math.Round(weights[i] * scale), PartOf(before, a.Condition, a.Has, least, quantile), PartOf(since, a.Condition, a.Has, least, quantile))),
        ];
        double PointsNow(IdealCase one) => current.Select((c, i) => one.Holds[i] ? c.Points : 0).Sum();
        return (traits, new Separation(
            current.Count > 0 ? Area(cases, PointsNow) : null,
            current.Count > 0 && IsEnough(before, least) ? Area(before!, PointsNow) : null,
            current.Count > 0 && IsEnough(since, least) ? Area(since!, PointsNow) : null,
            Area(cases, one => asked.Select((a, i) => a.Has(one) ? traits[i].Learned : 0).Sum()) ?? 0.5));
    }

    /// <summary>For each buying role, how success went with its being filled, and among accounts in which it was, with what was known of the people in it.</summary>
    /// <returns>By role; traits surest first.</returns>
    public static IReadOnlyList<Persona> Personas(IReadOnlyCollection<IdealCase> cases, int least, int most, double confidence)
    {
        var quantile = Intervals.Quantile(confidence);
        return
        [
            .. cases.SelectMany(c => c.Roles.Select(r => r.Role)).Distinct().Order(StringComparer.Ordinal).Select(role =>
            {
                List<ContrastCase> filled =
                [
                    .. cases.Where(c => c.Roles.Any(r => r.Role == role)).Select(c => new ContrastCase(
                        c.Account, c.Succeeded, [.. c.Roles.Where(r => r.Role == role).SelectMany(r => r.Attributes).Select(a => TextOf($"contact.{a.Key}", a.Value)).OfType<string>().Distinct()])),
                ];
                return new Persona(role, RowOf(role, cases, c => c.Roles.Any(r => r.Role == role), quantile), [.. Contrast.Of(filled, least, confidence).Where(r => r.Sureness > 0).Take(most)]);
            }),
        ];
    }

    /// <summary>Every condition on what is known of accounts that could be asked: values of texts and flags, and numbers from their quartiles on.</summary>
    private static IEnumerable<(string Attribute, string Condition, Func<IdealCase, bool> Has)> Candidates(IReadOnlyCollection<IdealCase> cases)
    {
        foreach (var name in cases.SelectMany(c => c.Attributes.Keys).Distinct().Order(StringComparer.Ordinal))
        {
            foreach (var condition in cases.Select(c => c.Attributes.TryGetValue(name, out var v) ? TextOf($"account.{name}", v) : null).OfType<string>().Distinct().Order(StringComparer.Ordinal))
            {
                yield return (condition, condition, c => c.Attributes.TryGetValue(name, out var v) && TextOf($"account.{name}", v) == condition);
            }

            List<double> numbers = [.. cases.Select(c => c.Attributes.TryGetValue(name, out var v) ? NumberOf(v) : null).OfType<double>().Order()];
            foreach (var limit in new[] { 0.25, 0.5, 0.75 }.Where(_ => numbers.Count > 0).Select(share => numbers[(int)(share * (numbers.Count - 1))]).Distinct())
            {
                yield return ($"account.{name}", $"account.{name} >= {limit.ToString(CultureInfo.InvariantCulture)}", c => c.Attributes.TryGetValue(name, out var v) && NumberOf(v) >= limit);
            }
        }
    }

    private static string? TextOf(string name, Value value) => value.KindCase switch
    {
        Value.KindOneofCase.Text when value.Text.Length is > 0 and <= LongestText && !value.Text.Contains('\'', StringComparison.Ordinal) && !value.Text.Contains('\\', StringComparison.Ordinal) => $"{name} == '{value.Text}'",
        Value.KindOneofCase.Flag => $"{name} == {(value.Flag ? "true" : "false")}",
        _ => null,
    };

    private static double? NumberOf(Value value) => value.KindCase switch
    {
        Value.KindOneofCase.Integer => value.Integer,
        Value.KindOneofCase.Number => value.Number,
        _ => null,
    };

    private static ContrastRow RowOf(string did, IReadOnlyCollection<IdealCase> cases, Func<IdealCase, bool> has, double quantile)
    {
        var (succeeded, all, successes) = (cases.Count(c => c.Succeeded && has(c)), cases.Count(has), cases.Count(c => c.Succeeded));
        var others = cases.Count - all;
        // Where one side is empty nothing can be said.
        var said = all > 0 && others > 0;
        var none = new Estimate(0, -1, 1);
        return new ContrastRow(
            did, succeeded, all, successes - succeeded, others,
            said ? Intervals.Difference(succeeded, all, successes - succeeded, others, quantile) : none,
            said ? Intervals.Ratio(succeeded, all, successes - succeeded, others, quantile) : new Estimate(1, 0, double.PositiveInfinity));
    }

    private static ContrastRow? PartOf(List<IdealCase>? part, string condition, Func<IdealCase, bool> has, int least, double quantile) =>
        IsEnough(part, least) ? RowOf(condition, part!, has, quantile) : null;

    private static bool IsEnough(List<IdealCase>? part, int least) => part is not null && part.Count(c => c.Succeeded) >= least && part.Count(c => !c.Succeeded) >= least;

    /// <summary>The logarithm of the odds ratio, half added to each count. Source: Haldane 1956; Anscombe 1956.</summary>
    private static double WeightOf(ContrastRow row) =>
        Math.Log((row.Succeeded + 0.5) * (row.Others - row.OthersSucceeded + 0.5) / ((row.All - row.Succeeded + 0.5) * (row.OthersSucceeded + 0.5)));

    /// <summary>The area under the curve of Mann and Whitney; null without cases of both kinds.</summary>
    private static double? Area(IReadOnlyCollection<IdealCase> cases, Func<IdealCase, double> points)
    {
        var (wins, pairs) = (0.0, 0.0);
        List<double> good = [.. cases.Where(c => c.Succeeded).Select(points)];
        List<double> bad = [.. cases.Where(c => !c.Succeeded).Select(points).Order()];
        foreach (var one in good)
        {
            var (below, upTo) = (Below(bad, one, orEqual: false), Below(bad, one, orEqual: true));
            wins += below + ((upTo - below) / 2.0);
            pairs += bad.Count;
        }

        return pairs > 0 ? wins / pairs : null;
    }

    private static int Below(List<double> sorted, double value, bool orEqual)
    {
        var (low, high) = (0, sorted.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = sorted[middle] < value || (orEqual && sorted[middle] == value) ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    /// <summary>Whether two rows have the same counts, or one those of the other's opposite: points for both would count one thing twice.</summary>
    private static bool SaysTheSame(ContrastRow one, ContrastRow other) =>
        (one.Succeeded, one.All) == (other.Succeeded, other.All) || (one.Succeeded, one.All) == (other.OthersSucceeded, other.Others);

    private static string Plain(string condition) => condition.Replace(" ", "", StringComparison.Ordinal).Replace('"', '\'');
}
