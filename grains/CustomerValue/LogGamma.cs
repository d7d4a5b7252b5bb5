namespace Orchestrator.Grains.CustomerValue;

/// <summary>The logarithm of the gamma function. Source: Lanczos 1964, "A precision approximation of the gamma function"; g = 7, nine terms, relative error below 1e-14.</summary>
internal static class LogGamma
{
    /// <param name="x">Above 0.</param>
    public static double Of(double x)
    {
        // The approximation is for 0.5 and more; below, gamma(x) = gamma(x + 1) / x.
        if (x < 0.5)
        {
            return Of(x + 1) - Math.Log(x);
        }

        ReadOnlySpan<double> terms =
        [
            676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
        ];
        var sum = 0.99999999999980993;
        for (var i = 0; i < terms.Length; i++)
        {
            sum += terms[i] / (x + i);
        }

        var t = x + 6.5;
        return (0.5 * Math.Log(2 * Math.PI)) + ((x - 0.5) * Math.Log(t)) - t + Math.Log(sum);
    }
}
