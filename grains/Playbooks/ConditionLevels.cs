using Orchestrator.Grains.Conditions;
using Orchestrator.Grains.Playbooks.Reading;

namespace Orchestrator.Grains.Playbooks;

/// <summary>The names and functions of a condition that silos of feature level 1 do not know.</summary>
internal static class ConditionLevels
{
    /// <param name="source">Compiles.</param>
    public static IEnumerable<(string Name, int Level, int Offset)> Of(string source) =>
        Names(CelParser.Parse(source)).Select(n => (n.Name, Level: LevelOf(n.Name), n.Offset)).Where(n => n.Level > 1);

    /// <returns>0 for what belongs to the standard library or is declared by the playbook.</returns>
    public static int LevelOf(string name) =>
        name.StartsWith("contact.", StringComparison.Ordinal) && name.EndsWith("_matches", StringComparison.Ordinal) ? 2 : LanguageLevels.LevelOf(LanguageLevels.Names, name);

    private static IEnumerable<(string Name, int Offset)> Names(CelSyntax syntax)
    {
        var own = Path(syntax) is { } path ? [(path, syntax.Start)] : Enumerable.Empty<(string, int)>();
        return own.Concat(Parts(syntax).SelectMany(Names));
    }

    private static IEnumerable<CelSyntax> Parts(CelSyntax syntax) => syntax switch
    {
        CelSyntax.Select s => [s.Operand],
        CelSyntax.Index s => [s.Operand, s.Key],
        CelSyntax.Call s => s.Target is null ? s.Arguments : [s.Target, .. s.Arguments],
        CelSyntax.List s => s.Items,
        CelSyntax.Map s => s.Entries.SelectMany(e => new[] { e.Key, e.Value }),
        CelSyntax.Unary s => [s.Operand],
        CelSyntax.Binary s => [s.Left, s.Right],
        CelSyntax.Ternary s => [s.Condition, s.Then, s.Else],
        _ => [],
    };

    /// <summary>The dotted path that it spells, of a function too.</summary>
    private static string? Path(CelSyntax syntax) => syntax switch
    {
        CelSyntax.Name { Text: var text } => text.TrimStart('.'),
        CelSyntax.Select { Operand: CelSyntax.Call call, Field: var field } => Path(call) is { } path ? $"{path}().{field}" : null,
        CelSyntax.Select { Operand: var operand, Field: var field } => Path(operand) is { } path ? $"{path}.{field}" : null,
        CelSyntax.Call { Target: null, Function: var function } => function,
        CelSyntax.Call { Target: { } target, Function: var function } => Path(target) is { } path ? $"{path}.{function}" : null,
        _ => null,
    };
}
