using System.Globalization;

namespace Orchestrator.Cluster.Tests.Faults;

/// <summary>Where the moments of faults come from: ORCHESTRATOR_SEED takes the place of the seed, ORCHESTRATOR_LONG=1 asks for long schedules.</summary>
internal static class Chance
{
    public static int Seed { get; } = int.TryParse(Environment.GetEnvironmentVariable("ORCHESTRATOR_SEED"), NumberStyles.Integer, CultureInfo.InvariantCulture, out var seed) ? seed : 20261122;

    public static bool IsLong { get; } = Environment.GetEnvironmentVariable("ORCHESTRATOR_LONG") == "1";

    public static Random Draws() => new(Seed);
}
