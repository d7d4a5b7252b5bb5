using Orchestrator.V1;

namespace Orchestrator.Grains.Contrasts;

/// <summary>An account that was won or kept, or lost, as it was just before.</summary>
/// <param name="Succeeded">Won or renewed; else lost or churned.</param>
/// <param name="At">When.</param>
/// <param name="Attributes">What was known of it.</param>
/// <param name="Holds">For each condition of the fit score, by index, whether it held.</param>
/// <param name="Roles">The buying roles that were filled, each with what was known of the people in it.</param>
public sealed record IdealCase(
    string Account, bool Succeeded, DateTimeOffset At, IReadOnlyDictionary<string, Value> Attributes, IReadOnlyList<bool> Holds, IReadOnlyList<(string Role, IReadOnlyDictionary<string, Value> Attributes)> Roles);
