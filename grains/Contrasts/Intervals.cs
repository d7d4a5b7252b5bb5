namespace Orchestrator.Grains.Contrasts;

/// <summary>An estimate with the interval that it lies in with the confidence asked for.</summary>
public readonly record struct Estimate(double Value, double Low, double High);

/// <summary>Intervals for shares, for the difference of two and for their ratio.</summary>
public static class Intervals
{
    /// <summary>The normal quantile of a two-sided confidence.</summary>
    /// <param name="confidence">0.8, 0.9, 0.95 or 0.99.</param>
    /// <exception cref="ArgumentOutOfRangeException">Another confidence.</exception>
    public static double Quantile(double confidence) => confidence switch
    {
        0.8 => 1.2815515655446004,
        0.9 => 1.6448536269514722,
        0.95 => 1.959963984540054,
        0.99 => 2.5758293035489004,
        _ => throw new ArgumentOutOfRangeException(nameof(confidence)),
    };

    /// <summary>A share, by Wilson's score. Source: Wilson 1927; Newcombe 1998, Statistics in Medicine 17:857, method 3.</summary>
    /// <param name="of">Above 0.</param>
    public static Estimate Share(long count, long of, double quantile)
    {
        var (n, p, z) = ((double)of, (double)count / of, quantile);
        var middle = p + (z * z / (2 * n));
        var half = z * Math.Sqrt((p * (1 - p) / n) + (z * z / (4 * n * n)));
        var scale = 1 + (z * z / n);
        return new Estimate(p, Math.Max(0, (middle - half) / scale), Math.Min(1, (middle + half) / scale));
    }

    /// <summary>The first share less the second, from the scores of both. Source: Newcombe 1998, Statistics in Medicine 17:873, method 10.</summary>
    public static Estimate Difference(long count, long of, long otherCount, long otherOf, double quantile)
    {
        var (one, other) = (Share(count, of, quantile), Share(otherCount, otherOf, quantile));
        var difference = one.Value - other.Value;
        return new Estimate(
            difference,
            difference - Math.Sqrt(Square(one.Value - one.Low) + Square(other.High - other.Value)),
            difference + Math.Sqrt(Square(one.High - one.Value) + Square(other.Value - other.Low)));
    }

    /// <summary>The first share divided by the second, by the logarithm. Source: Katz et al. 1978, Biometrics 34:469. Where one of the four counts is none, half is added to each.</summary>
    public static Estimate Ratio(long count, long of, long otherCount, long otherOf, double quantile)
    {
        var half = count == 0 || otherCount == 0 || count == of || otherCount == otherOf ? 0.5 : 0;
        var (a, m, c, n) = (count + half, of + (2 * half), otherCount + half, otherOf + (2 * half));
        var ratio = a / m / (c / n);
        var error = quantile * Math.Sqrt((1 / a) - (1 / m) + (1 / c) - (1 / n));
        return new Estimate(ratio, ratio * Math.Exp(-error), ratio * Math.Exp(error));
    }

    private static double Square(double number) => number * number;
}
