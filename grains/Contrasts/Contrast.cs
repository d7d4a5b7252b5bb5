namespace Orchestrator.Grains.Contrasts;

/// <summary>What those who succeeded did and the others did not: for each thing done, how often success came with it and without it.</summary>
public static class Contrast
{
    /// <param name="cases">Each account with what it did; the order does not matter.</param>
    /// <param name="least">Things that fewer accounts did, or that all but fewer did, are left out: they tell nothing.</param>
    /// <param name="confidence">See <see cref="Intervals.Quantile"/>.</param>
    /// <returns>Those whose difference is surest first: by the bound of its interval that is nearer to none; ties by name.</returns>
    public static IReadOnlyList<ContrastRow> Of(IReadOnlyCollection<ContrastCase> cases, int least, double confidence)
    {
        var quantile = Intervals.Quantile(confidence);
        var with = new SortedDictionary<string, (long Succeeded, long All)>(StringComparer.Ordinal);
        foreach (var one in cases)
        {
            foreach (var did in one.Did)
            {
                var (succeeded, all) = with.GetValueOrDefault(did);
                with[did] = (succeeded + (one.Succeeded ? 1 : 0), all + 1);
            }
        }

        var successes = cases.Count(c => c.Succeeded);
        return
        [
            .. with.Where(w => w.Value.All >= least && cases.Count - w.Value.All >= least).Select(w =>
            {
                var (succeeded, all) = w.Value;
                var (otherSucceeded, others) = (successes - succeeded, cases.Count - all);
                return new ContrastRow(
                    w.Key,
                    succeeded,
                    all,
                    otherSucceeded,
                    others,
                    Intervals.Difference(succeeded, all, otherSucceeded, others, quantile),
                    Intervals.Ratio(succeeded, all, otherSucceeded, others, quantile));
            }).OrderByDescending(r => r.Sureness).ThenByDescending(r => Math.Abs(r.Difference.Value)).ThenBy(r => r.Did, StringComparer.Ordinal),
        ];
    }
}

/// <summary>An account of one of the two groups.</summary>
/// <param name="Did">What it did, each once.</param>
public sealed record ContrastCase(string Account, bool Succeeded, IReadOnlyCollection<string> Did);

/// <summary>Success with something done and without it.</summary>
/// <param name="Succeeded">Of those who did it.</param>
/// <param name="All">Who did it.</param>
/// <param name="OthersSucceeded">Of those who did not.</param>
/// <param name="Others">Who did not.</param>
/// <param name="Difference">Share of success with it less the share without it.</param>
/// <param name="Lift">Share of success with it divided by the share without it.</param>
public sealed record ContrastRow(string Did, long Succeeded, long All, long OthersSucceeded, long Others, Estimate Difference, Estimate Lift)
{
    /// <summary>How far the interval of the difference stays away from none; negative = it does not.</summary>
    public double Sureness => Difference.Value >= 0 ? Difference.Low : -Difference.High;
}
