namespace Orchestrator.Grains.CustomerValue;

/// <summary>Parameters of the BG/NBD model of buying, in one unit of time.</summary>
/// <param name="R">Shape of the buying rates among customers, above 0.</param>
/// <param name="Alpha">Scale of the buying rates, above 0, in units of time.</param>
/// <param name="A">With <paramref name="B"/>: how likely customers leave after a purchase, above 0.</param>
/// <param name="B">Above 0.</param>
public readonly record struct BuyingParameters(double R, double Alpha, double A, double B);

/// <summary>
/// When a customer buys again, and whether they still will: they buy at a rate of their own and may leave for good after each purchase.
/// Source: Fader, Hardie, Lee 2005, "Counting your customers the easy way", Marketing Science 24(2), equations 6 to 10; stable forms: Hardie's notes 004 and 027.
/// </summary>
/// <remarks>In all: x = repeat purchases (periods with a purchase after the first), lastAt = age at the last one, age = age now; ages count from the first purchase.</remarks>
public static class BuyingModel
{
    private const int MostTerms = 100_000;

    /// <summary>Natural logarithm of the probability of one customer's history.</summary>
    public static double LogLikelihood(in BuyingParameters p, double x, double lastAt, double age)
    {
        var a1 = LogGamma.Of(p.R + x) - LogGamma.Of(p.R) + (p.R * Math.Log(p.Alpha));
        var a2 = LogGamma.Of(p.A + p.B) + LogGamma.Of(p.B + x) - LogGamma.Of(p.B) - LogGamma.Of(p.A + p.B + x);
        var a3 = -(p.R + x) * Math.Log(p.Alpha + age);
        if (x == 0)
        {
            return a1 + a2 + a3;
        }

        var a4 = Math.Log(p.A) - Math.Log(p.B + Math.Max(x, 1) - 1) - ((p.R + x) * Math.Log(p.Alpha + lastAt));
        var most = Math.Max(a3, a4);
        return a1 + a2 + most + Math.Log(Math.Exp(a3 - most) + Math.Exp(a4 - most));
    }

    /// <summary>Probability in [0, 1] that the customer is still one; 1 without a repeat purchase, since nobody leaves before.</summary>
    public static double Alive(in BuyingParameters p, double x, double lastAt, double age)
    {
        if (x == 0)
        {
            return 1;
        }

        // In logarithms: the ratio to the power of many purchases overflows.
        var odds = Math.Log(p.A / (p.B + x - 1)) + ((p.R + x) * (Math.Log(p.Alpha + age) - Math.Log(p.Alpha + lastAt)));
        return odds > 0 ? Math.Exp(-odds) / (1 + Math.Exp(-odds)) : 1 / (1 + Math.Exp(odds));
    }

    /// <summary>Expected purchases of somebody who is new, within a time.</summary>
    public static double Expected(in BuyingParameters p, double time) => Expected(p, 0, p.Alpha, time);

    /// <summary>Expected purchases within a time from now on, of somebody with this history.</summary>
    public static double Expected(in BuyingParameters p, double x, double lastAt, double age, double time) =>
        Expected(p, x, p.Alpha + age, time) * Alive(p, x, lastAt, age);

    /// <summary>
    /// The expectation if still a customer. The published form has 2F1(r+x, b+x; a+b+x-1; z) times (1-z)^(r+x), of which the first overflows and the second
    /// underflows for many purchases; then Euler's transformation joins both to one with small arguments. Where it would not, the published form stands.
    /// </summary>
    private static double Expected(in BuyingParameters p, double x, double known, double time)
    {
        // a = 1 is no singularity of the model, only of this way to write it.
        var a = Math.Abs(p.A - 1) < 1e-6 ? 1 + 1e-6 : p.A;
        var z = time / (known + time);
        var c = a + p.B + x - 1;
        var left = p.R + x > a - 1
            ? Math.Pow(1 - z, a - 1) * Hypergeometric(c - p.R - x, a - 1, c, z)
            : Math.Pow(1 - z, p.R + x) * Hypergeometric(p.R + x, p.B + x, c, z);
        return Math.Max(0, c / (a - 1) * (1 - left));
    }

    /// <summary>2F1(a, b; c; z) for z in [0, 1), by its series.</summary>
    private static double Hypergeometric(double a, double b, double c, double z)
    {
        double term = 1;
        double sum = 1;
        for (var j = 1; j < MostTerms && Math.Abs(term) > 1e-16 * Math.Abs(sum); j++)
        {
            term *= (a + j - 1) * (b + j - 1) * z / ((c + j - 1) * j);
            sum += term;
        }

        return sum;
    }
}
