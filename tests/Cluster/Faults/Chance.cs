using System.Globalization;

namespace Orchestrator.Cluster.Tests.Faults;

/// <summary>Where the moments of faults come from: ORCHESTRATOR_SEED takes the place of the seed, ORCHESTRATOR_LONG=1 asks for long schedules, ORCHESTRATOR_TIMES for so many faults.</summary>
internal static class Chance
{
    public static int Seed { get; } = int.TryParse(Environment.GetEnvironmentVariable("ORCHESTRATOR_SEED"), NumberStyles.Integer, CultureInfo.InvariantCulture, out var seed) ? seed : 20261122;

    public static bool IsLong { get; } = Environment.GetEnvironmentVariable("ORCHESTRATOR_LONG") == "1";

    /// <param name="usual">How many faults a usual run has.</param>
    /// <param name="long">How many a long one has.</param>
    public static int Times(int usual, int @long) =>
        int.TryParse(Environment.GetEnvironmentVariable("ORCHESTRATOR_TIMES"), NumberStyles.None, CultureInfo.InvariantCulture, out var times) ? times : IsLong ? @long : usual;

    public static Random Draws() => new(Seed);
}
