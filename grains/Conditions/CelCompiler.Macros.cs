namespace Orchestrator.Grains.Conditions;

internal sealed partial class CelCompiler<TFacts>
{
    private static readonly string[] MacroNames = ["all", "exists", "exists_one", "filter", "map"];

    private static bool IsMacro(CelSyntax.Call call) =>
        MacroNames.Contains(call.Function) && (call.Arguments.Count == 2 || (call.Function == "map" && call.Arguments.Count == 3));

    private CelTerm<TFacts>? CheckMacro(CelSyntax.Call call)
    {
        var range = Check(call.Target!);
        if (call.Arguments[0] is not CelSyntax.Name { Text: var name } || name.StartsWith('.'))
        {
            Error(call.Arguments[0].Start, $"expected the name of a variable as the first argument of `{call.Function}`");
            return null;
        }

        if (range is null)
        {
            return null;
        }

        var type = range.Type.Kind switch
        {
            CelKind.List => range.Type.Element,
            CelKind.Map => range.Type.Key,
            CelKind.Dyn => CelType.Dyn,
            CelKind.Bool or CelKind.Int or CelKind.Uint or CelKind.Double or CelKind.String or CelKind.Bytes or CelKind.Null or CelKind.Timestamp or CelKind.Duration => null,
        };
        if (type is null)
        {
            Error(call.Target!.Start, $"expected a list or map before `.{call.Function}`, found {range.Type.Named}");
            return null;
        }

        var slot = locals.Count;
        slots.Count = Math.Max(slots.Count, slot + 1);
        locals.Add((name, Local(type, slot)));
        var body = call.Arguments.Skip(1).Select(Check).ToArray();
        locals.RemoveAt(slot);
        if (body.Any(part => part is null))
        {
            return null;
        }

        var predicate = call.Function == "map" && body.Length == 1 ? null : body[0];
        if (predicate is not null && !RequireBool(predicate, call.Arguments[1].Start, $"in `{call.Function}`"))
        {
            return null;
        }

        // A term that moves inside the body would have to be followed for each element.
        var temporal = body.FirstOrDefault(part => part!.Temporal is not null) is null
            ? Combine(call.Start, range)
            : new CelTemporal<TFacts>.Opaque($"cannot follow in time what moves inside `{call.Function}`; write the alternatives out", call.Start);
        return Comprehension(call.Function, range, predicate, body[^1]!, slot, temporal);
    }

    private CelTerm<TFacts> Comprehension(string name, CelTerm<TFacts> range, CelTerm<TFacts>? predicate, CelTerm<TFacts> last, int slot, CelTemporal<TFacts>? temporal)
    {
        var items = CelTerms.Object(range);
        if (name is "map" or "filter")
        {
            var element = name == "map" ? last.Type : range.Type.Kind == CelKind.Map ? range.Type.Key! : range.Type.Element ?? CelType.Dyn;
            var condition = predicate is null ? null : CelTerms.Condition(predicate);
            return new CelTransformTerm<TFacts>(CelType.List(element), items, condition, name == "map" ? last : null, slot, slots, temporal);
        }

        var quantifier = name switch { "all" => CelQuantifier.All, "exists" => CelQuantifier.Exists, _ => CelQuantifier.ExistsOne };
        return new CelQuantifierTerm<TFacts>(quantifier, items, CelTerms.Condition(predicate!), slot, slots, temporal);
    }

    private static CelTerm<TFacts> Local(CelType type, int slot) => type.Kind switch
    {
        CelKind.Bool => new CelLocalTerm<TFacts, bool>(type, slot),
        CelKind.Int => new CelLocalTerm<TFacts, long>(type, slot),
        CelKind.Uint => new CelLocalTerm<TFacts, ulong>(type, slot),
        CelKind.Double => new CelLocalTerm<TFacts, double>(type, slot),
        CelKind.String => new CelLocalTerm<TFacts, string>(type, slot),
        CelKind.Timestamp => new CelLocalTerm<TFacts, DateTimeOffset>(type, slot),
        CelKind.Duration => new CelLocalTerm<TFacts, TimeSpan>(type, slot),
        CelKind.Bytes or CelKind.Null or CelKind.List or CelKind.Map or CelKind.Dyn => new CelLocalTerm<TFacts, object?>(type, slot),
    };
}
