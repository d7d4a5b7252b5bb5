using System.Text.RegularExpressions;
using Orchestrator.Grains.Conditions;
using Orchestrator.Grains.Decisions;

namespace Orchestrator.Grains.Provenance;

/// <summary>Tells what a clause that held rests on: what machines saw, or only what people say.</summary>
internal static partial class Basis
{
    /// <summary>True if all that the clause saw was said by people; false if it saw nothing of that kind, or anything else.</summary>
    public static bool IsAssertedOnly(IReadOnlyList<CelEvidenceValue> values, Facts facts)
    {
        var asserted = 0;
        foreach (var value in values)
        {
            if (value.Value is null || !IsAsserted(value.Source, facts))
            {
                return false;
            }

            asserted++;
        }

        return asserted > 0;
    }

    private static bool IsAsserted(string source, Facts facts)
    {
        if (source.StartsWith("account.", StringComparison.Ordinal) || source.StartsWith("contact.", StringComparison.Ordinal))
        {
            return ProvenanceNames.HeldOf(facts, source) is { Origin.Asserted: true };
        }

        if (source.StartsWith("signal.", StringComparison.Ordinal) || source.StartsWith("signals.any(", StringComparison.Ordinal))
        {
            return facts.Signal is { } signal && facts.Playbook.Signals.TryGetValue(signal.Type, out var type) && Origin.IsAsserted(signal, type.Definition);
        }

        // Counts rest on all signals of the type that they name.
        return source.StartsWith("signals.", StringComparison.Ordinal) && Quoted().Match(source) is { Success: true } name &&
            facts.Playbook.Signals.TryGetValue(name.Groups[1].Value, out var counted) && !counted.Definition.Observed;
    }

    [GeneratedRegex("""['"]([^'"]+)['"]""", RegexOptions.CultureInvariant)]
    private static partial Regex Quoted();
}
