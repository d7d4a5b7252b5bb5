using System.Globalization;
using Orchestrator.Grains.Contrasts;
using Orchestrator.V1;

namespace Orchestrator.Silo.Insight;

/// <summary>Rows of what was learned in the form of the contract, and in words.</summary>
internal static class InsightRows
{
    public static InsightRow Write(Grains.Contrasts.ContrastRow row) => new()
    {
        What = row.Did,
        Succeeded = row.Succeeded,
        All = row.All,
        OthersSucceeded = row.OthersSucceeded,
        Others = row.Others,
        Difference = Write(row.Difference),
        Lift = Write(row.Lift),
    };

    public static string Words(InsightRow row) => string.Create(
        CultureInfo.InvariantCulture,
        $"{row.Succeeded} of {row.All} against {row.OthersSucceeded} of {row.Others}, lift {row.Lift.Value:0.##} ({row.Lift.Low:0.##} to {row.Lift.High:0.##})");

    public static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.#} %");

    /// <summary>As a YAML text in double quotes.</summary>
    public static string Quoted(string text) => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    private static InsightEstimate Write(Estimate estimate) => new() { Value = estimate.Value, Low = estimate.Low, High = estimate.High };
}
