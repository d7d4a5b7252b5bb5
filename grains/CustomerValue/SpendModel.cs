namespace Orchestrator.Grains.CustomerValue;

/// <summary>Parameters of the Gamma-Gamma model of spend per purchase.</summary>
/// <param name="P">Shape of one customer's amounts, above 0.</param>
/// <param name="Q">Shape of the means among customers, above 0.</param>
/// <param name="V">Scale of the means among customers, above 0, in the unit of the amounts.</param>
public readonly record struct SpendParameters(double P, double Q, double V)
{
    /// <summary>Above this one customer's amounts hardly vary, and the mean of what they paid is taken as it is.</summary>
    public const double NoShrinkage = 100;

    /// <summary>Mean spend of all customers; infinite if <see cref="Q"/> is 1 or less.</summary>
    public double Mean => Q > 1 ? P * V / (Q - 1) : double.PositiveInfinity;
}

/// <summary>What a customer spends each time: the mean of what they did, drawn to the mean of all the more, the less is known. Source: Fader, Hardie 2013, note 025.</summary>
public static class SpendModel
{
    /// <summary>Natural logarithm of the likelihood of one customer's mean.</summary>
    /// <param name="x">Repeat purchases, above 0.</param>
    /// <param name="mean">Mean amount of them, above 0.</param>
    public static double LogLikelihood(in SpendParameters s, double x, double mean) =>
        LogGamma.Of((s.P * x) + s.Q) - LogGamma.Of(s.P * x) - LogGamma.Of(s.Q) + (s.Q * Math.Log(s.V)) + (((s.P * x) - 1) * Math.Log(mean)) + (s.P * x * Math.Log(x))
        - (((s.P * x) + s.Q) * Math.Log((x * mean) + s.V));

    /// <summary>Expected amount of a purchase, in the unit of the amounts.</summary>
    /// <param name="x">Repeat purchases; may be 0.</param>
    /// <param name="mean">Mean amount of them; of no matter for 0.</param>
    public static double Expected(in SpendParameters s, double x, double mean)
    {
        if (x > 0 && (s.P > SpendParameters.NoShrinkage || (s.P * x) + s.Q <= 1))
        {
            return mean;
        }

        return x == 0 ? s.Mean : s.P * (s.V + (x * mean)) / ((s.P * x) + s.Q - 1);
    }
}
