using System.Globalization;

namespace Orchestrator.Grains.Conditions;

/// <summary>Why a condition held or did not.</summary>
/// <param name="Source">The whole expression.</param>
/// <param name="Held">Its truth.</param>
/// <param name="Fault">Why it had no truth and so counted as false; null if it had one.</param>
/// <param name="Clauses">What `&amp;&amp;` joined at the top, in the order of the source; one if nothing was joined.</param>
public sealed record CelEvidence(string Source, bool Held, string? Fault, IReadOnlyList<CelEvidenceClause> Clauses)
{
    /// <summary>A value as CEL would write it.</summary>
    internal static string Show(object? value) => value switch
    {
        null => "null",
        string text => $"'{text}'",
        bool flag => flag ? "true" : "false",
        double real => CelConversions.Format(real),
        DateTimeOffset timestamp => CelTime.Format(timestamp),
        TimeSpan duration => CelTime.Format(duration),
        byte[] bytes => $"{bytes.Length} bytes",
        CelMap map => $"{{{string.Join(", ", map.Keys.Select(key => $"{Show(key)}: {Show(map.TryGet(key, out var entry) ? entry : null)}"))}}}",
        IReadOnlyList<object?> list => $"[{string.Join(", ", list.Select(Show))}]",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

/// <summary>One clause of a condition.</summary>
/// <param name="Source">Its text.</param>
/// <param name="Held">Its truth; false also when it has a fault.</param>
/// <param name="Fault">Why it had no truth; null if it had one.</param>
/// <param name="Values">The variables and functions in it, in the order of the source, each once.</param>
/// <param name="Alternatives">What `||` joined in it; empty if nothing.</param>
public sealed record CelEvidenceClause(string Source, bool Held, string? Fault, IReadOnlyList<CelEvidenceValue> Values, IReadOnlyList<CelEvidenceClause> Alternatives);

/// <summary>The value of a variable or function, such as `score.engagement = 61.5`.</summary>
/// <param name="Source">Its text in the expression.</param>
/// <param name="Value">As CEL writes it; null with a fault.</param>
/// <param name="Fault">Why there is no value; null if there is one.</param>
public sealed record CelEvidenceValue(string Source, string? Value, string? Fault)
{
    public override string ToString() => Value is null ? $"{Source}: {Fault}" : $"{Source} = {Value}";
}
