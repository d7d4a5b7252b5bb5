namespace Orchestrator.Grains.CustomerValue;

/// <summary>Finds where a function of a few numbers is greatest, without derivatives. Source: Nelder, Mead 1965, Computer Journal 7:308; begun again from its end until that gains nothing.</summary>
internal static class Simplex
{
    private const int MostSteps = 4_000;
    private const int MostRounds = 12;
    private const double Tolerance = 1e-11;

    /// <param name="function">NaN counts as worst.</param>
    /// <param name="start">Not changed.</param>
    /// <returns>The place and the value there. Deterministic.</returns>
    public static (double[] At, double Value) Maximum(Func<double[], double> function, double[] start)
    {
        var best = ((double[])start.Clone(), Value: Worst(function(start)));
        for (var round = 0; round < MostRounds; round++)
        {
            var found = Climb(function, best.Item1);
            var gained = found.Value - best.Value;
            best = found.Value > best.Value ? found : best;
            if (round > 0 && gained <= Tolerance * Math.Max(1, Math.Abs(best.Value)))
            {
                break;
            }
        }

        return best;
    }

    private static (double[] At, double Value) Climb(Func<double[], double> function, double[] start)
    {
        var n = start.Length;
        var points = new (double[] At, double Value)[n + 1];
        points[0] = (start, Worst(function(start)));
        for (var i = 0; i < n; i++)
        {
            var at = (double[])start.Clone();
            at[i] += 0.5;
            points[i + 1] = (at, Worst(function(at)));
        }

        for (var step = 0; step < MostSteps; step++)
        {
            Array.Sort(points, static (a, b) => b.Value.CompareTo(a.Value));
            if (Spread(points) < Tolerance * Math.Max(1, Math.Abs(points[0].Value)) && Size(points) < 1e-8)
            {
                break;
            }

            var middle = new double[n];
            for (var i = 0; i < n; i++)
            {
                middle[i] = points.Take(n).Average(p => p.At[i]);
            }

            var worst = points[n];
            var reflected = Try(2, -1);
            if (reflected.Value > points[0].Value)
            {
                var further = Try(3, -2);
                points[n] = further.Value > reflected.Value ? further : reflected;
            }
            else if (reflected.Value > points[n - 1].Value)
            {
                points[n] = reflected;
            }
            else
            {
                var nearer = reflected.Value > worst.Value ? Try(1.5, -0.5) : Try(0.5, 0.5);
                if (nearer.Value > Math.Max(worst.Value, reflected.Value))
                {
                    points[n] = nearer;
                }
                else
                {
                    for (var i = 1; i <= n; i++)
                    {
                        double[] at = [.. points[i].At.Zip(points[0].At, (x, b) => (x + b) / 2)];
                        points[i] = (at, Worst(function(at)));
                    }
                }
            }

            (double[] At, double Value) Try(double ofMiddle, double ofWorst)
            {
                double[] at = [.. middle.Zip(worst.At, (m, w) => (ofMiddle * m) + (ofWorst * w))];
                return (at, Worst(function(at)));
            }
        }

        Array.Sort(points, static (a, b) => b.Value.CompareTo(a.Value));
        return points[0];
    }

    private static double Worst(double value) => double.IsNaN(value) ? double.NegativeInfinity : value;

    private static double Spread((double[] At, double Value)[] points) => points[0].Value - points[^1].Value;

    private static double Size((double[] At, double Value)[] points) => points.Skip(1).Max(p => p.At.Zip(points[0].At, (a, b) => Math.Abs(a - b)).Max());
}
