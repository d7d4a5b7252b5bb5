namespace Orchestrator.Grains.Conditions;

/// <summary>The most steps one evaluation may take: nodes, those in macros once for each element.</summary>
internal static class CelCost
{
    public const long Limit = 1_000_000;

    private static readonly HashSet<string> Macros = new(["all", "exists", "exists_one", "filter", "map"], StringComparer.Ordinal);

    public static long Of(CelSyntax syntax) => Math.Min(long.MaxValue / 4_096, syntax switch
    {
        CelSyntax.Call { Target: not null } call when Macros.Contains(call.Function) => Of(call.Target) + (Elements(call.Target) * call.Arguments.Skip(1).Sum(Of)) + 1,
        CelSyntax.Call call => (call.Target is null ? 0 : Of(call.Target)) + call.Arguments.Sum(Of) + 1,
        CelSyntax.Select select => Of(select.Operand) + 1,
        CelSyntax.Index index => Of(index.Operand) + Of(index.Key) + 1,
        CelSyntax.List list => list.Items.Sum(Of) + 1,
        CelSyntax.Map map => map.Entries.Sum(entry => Of(entry.Key) + Of(entry.Value)) + 1,
        CelSyntax.Unary unary => Of(unary.Operand) + 1,
        CelSyntax.Binary binary => Of(binary.Left) + Of(binary.Right) + 1,
        CelSyntax.Ternary ternary => Of(ternary.Condition) + Math.Max(Of(ternary.Then), Of(ternary.Else)) + 1,
        _ => 1,
    });

    private static long Elements(CelSyntax range) => range switch
    {
        CelSyntax.List list => list.Items.Count,
        CelSyntax.Map map => map.Entries.Count,
        CelSyntax.Call { Function: "map" or "filter", Target: { } inner } => Elements(inner),
        _ => CelRange.Limit,
    };
}
