namespace Orchestrator.Grains.CustomerValue;

/// <summary>One customer's purchases as the models see them.</summary>
/// <param name="X">Repeat purchases.</param>
/// <param name="LastAt">Age at the last one; ages count from the first purchase.</param>
/// <param name="Age">Age now.</param>
/// <param name="Mean">Mean amount of the repeat purchases; of no matter without one.</param>
public readonly record struct BuyingHistory(double X, double LastAt, double Age, double Mean);

/// <summary>Parameters with how likely they make what was seen.</summary>
/// <param name="LogLikelihood">Natural logarithm.</param>
/// <param name="IsFound">False: likelihood still rises towards nought or infinity, so what was seen does not tell the parameters.</param>
public readonly record struct Fitted<T>(T Parameters, double LogLikelihood, bool IsFound);

/// <summary>Fits the models of what customers are worth to a company's own customers, by maximum likelihood.</summary>
public static class ValueFit
{
    /// <summary>Beyond e to this, or below e to minus this, a parameter is no number but a sign that the data do not tell it.</summary>
    private const double Edge = 11;

    /// <summary>The BG/NBD parameters, in the unit of the histories. Source: as <see cref="BuyingModel"/>.</summary>
    /// <param name="histories">With at least one repeat purchase among them.</param>
    public static Fitted<BuyingParameters> Buying(IEnumerable<BuyingHistory> histories)
    {
        List<(BuyingHistory One, int Count)> groups = [.. histories.GroupBy(h => (h.X, h.LastAt, h.Age)).OrderBy(g => g.Key).Select(g => (g.First(), g.Count()))];
        // Times near 1 make the surface round, whatever the unit.
        var scale = Math.Max(1e-9, groups.Average(g => g.One.Age));
        var (at, value) = Best(
            p => groups.Sum(g => g.Count * BuyingModel.LogLikelihood(new BuyingParameters(p[0], p[1] * scale, p[2], p[3]), g.One.X, g.One.LastAt, g.One.Age)),
            [[0, 0, 0, 0], [-1.5, -2, -0.5, 1], [1, 1, -2, 2]]);
        return new(new BuyingParameters(Math.Exp(at[0]), Math.Exp(at[1]) * scale, Math.Exp(at[2]), Math.Exp(at[3])), value, IsWell(at));
    }

    /// <summary>The Gamma-Gamma parameters, in the unit of the amounts. Source: as <see cref="SpendModel"/>.</summary>
    /// <param name="histories">Those without a repeat purchase, or with a mean of 0 or less, are left out.</param>
    public static Fitted<SpendParameters> Spend(IEnumerable<BuyingHistory> histories)
    {
        List<(double X, double Mean, int Count)> groups = [.. histories.Where(h => h.X > 0 && h.Mean > 0).GroupBy(h => (h.X, h.Mean)).OrderBy(g => g.Key).Select(g => (g.Key.X, g.Key.Mean, g.Count()))];
        var scale = groups.Count == 0 ? 1 : groups.Average(g => g.Mean);
        var (at, value) = Best(
            p => groups.Sum(g => g.Count * (SpendModel.LogLikelihood(new SpendParameters(p[0], p[1], p[2]), g.X, g.Mean / scale) - Math.Log(scale))),
            [[1, 1, -0.5], [2, 1.3, -1], [0, 2, 1]]);
        return new(new SpendParameters(Math.Exp(at[0]), Math.Exp(at[1]), Math.Exp(at[2]) * scale), value, groups.Count > 0 && IsWell(at));
    }

    private static (double[] At, double Value) Best(Func<double[], double> likelihood, double[][] starts) =>
        starts.Select(start => Simplex.Maximum(log => IsInside(log) ? likelihood([.. log.Select(Math.Exp)]) : double.NegativeInfinity, start)).MaxBy(f => f.Value);

    /// <summary>Away from the edge, where a search stops that would go on.</summary>
    private static bool IsWell(double[] log) => log.All(l => Math.Abs(l) < Edge - 1);

    private static bool IsInside(double[] log) => log.All(l => Math.Abs(l) < Edge);
}
