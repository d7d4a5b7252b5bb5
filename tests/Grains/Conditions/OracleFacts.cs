using System.Globalization;
using Orchestrator.Grains.Conditions;

namespace Orchestrator.Grains.Tests.Conditions;

/// <summary>Values of the variables of one random expression.</summary>
internal sealed record OracleFacts(long I, long J, ulong U, double D, string S, string T, bool B, IReadOnlyList<object?> Ints, IReadOnlyList<object?> Texts, CelMap Map)
{
    public static readonly CelEnvironment<OracleFacts> Environment = new CelEnvironment<OracleFacts>.Builder()
        .Variable("i", CelTerms.Int((OracleFacts facts, ref CelFault _) => facts.I))
        .Variable("j", CelTerms.Int((OracleFacts facts, ref CelFault _) => facts.J))
        .Variable("u", CelTerms.Uint((OracleFacts facts, ref CelFault _) => facts.U))
        .Variable("d", CelTerms.Double((OracleFacts facts, ref CelFault _) => facts.D))
        .Variable("s", CelTerms.String((OracleFacts facts, ref CelFault _) => facts.S))
        .Variable("t", CelTerms.String((OracleFacts facts, ref CelFault _) => facts.T))
        .Variable("b", CelTerms.Bool((OracleFacts facts, ref CelFault _) => facts.B))
        .Variable("missing", CelTerms.Bool((OracleFacts _, ref CelFault fault) =>
        {
            fault.Unset("missing");
            return false;
        }))
        .Variable("li", CelTerms.Value(CelType.List(CelType.Int), (OracleFacts facts, ref CelFault _) => facts.Ints))
        .Variable("ls", CelTerms.Value(CelType.List(CelType.String), (OracleFacts facts, ref CelFault _) => facts.Texts))
        .Variable("m", CelTerms.Value(CelType.Map(CelType.String, CelType.Int), (OracleFacts facts, ref CelFault _) => facts.Map))
        .Build();

    /// <summary>The bindings in the form the oracle reads.</summary>
    public Dictionary<string, object> Bindings() => new()
    {
        ["i"] = Number("int", I),
        ["j"] = Number("int", J),
        ["u"] = Number("uint", U),
        ["d"] = Number("double", D),
        ["s"] = new object[] { "string", S },
        ["t"] = new object[] { "string", T },
        ["b"] = new object[] { "bool", B },
        ["li"] = new object[] { "list", Ints.Select(value => Number("int", (long)value!)).ToArray() },
        ["ls"] = new object[] { "list", Texts.Select(value => new object[] { "string", value! }).ToArray() },
        ["m"] = new object[] { "map", Map.Keys.Select(key => new object[] { key, Number("int", Map.TryGet(key, out var value) ? (long)value! : 0) }).ToArray() },
    };

    private static object[] Number(string type, IFormattable value) => [type, value.ToString(value is double ? "R" : null, CultureInfo.InvariantCulture)];
}
