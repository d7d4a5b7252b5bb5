namespace Orchestrator.Grains.Conditions;

internal enum CelQuantifier
{
    All,
    Exists,
    ExistsOne,
}

/// <summary>Walks the elements of a list or the keys of a map, at most <see cref="Limit"/>.</summary>
internal static class CelRange
{
    /// <summary>How many elements a macro walks before it gives up with a fault.</summary>
    public const int Limit = 1_000;

    public static IReadOnlyList<object?>? Of(object? value, ref CelFault fault)
    {
        IReadOnlyList<object?>? list = value switch
        {
            IReadOnlyList<object?> items => items,
            CelMap map => map.Keys,
            _ => null,
        };
        if (list is null)
        {
            fault.Set(CelFaultKind.NoSuchOverload, $"a macro on {CelValues.TypeOf(value)}");
        }
        else if (list.Count > Limit)
        {
            fault.Set(CelFaultKind.LimitExceeded, $"{Limit} elements");
        }

        return fault.IsSet ? null : list;
    }
}

/// <summary>`all` and `exists` absorb faults of elements once one decides; `exists_one` does not.</summary>
internal sealed class CelQuantifierTerm<TFacts>(
    CelQuantifier quantifier, CelTerm<TFacts, object?> range, CelTerm<TFacts, bool> predicate, int slot, CelSlots slots, CelTemporal<TFacts>? temporal)
    : CelTerm<TFacts, bool>(CelType.Bool, temporal)
{
    public override bool Eval(TFacts facts, ref CelFault fault)
    {
        fault.Locals ??= new object?[slots.Count];
        var list = CelRange.Of(range.Eval(facts, ref fault), ref fault);
        var first = default(CelFault);
        var held = 0;
        for (var i = 0; list is not null && i < list.Count; i++)
        {
            fault.Locals![slot] = list[i];
            var probe = fault.Fresh();
            var holds = predicate.Eval(facts, ref probe);
            if (probe.IsSet)
            {
                if (quantifier == CelQuantifier.ExistsOne)
                {
                    fault.Set(probe.Kind, probe.Name!);
                    return false;
                }

                first = first.IsSet ? first : probe;
            }
            else if (quantifier != CelQuantifier.ExistsOne && holds == (quantifier == CelQuantifier.Exists))
            {
                return holds;
            }
            else
            {
                held += holds ? 1 : 0;
            }
        }

        if (first.IsSet)
        {
            fault.Set(first.Kind, first.Name!);
        }

        return quantifier == CelQuantifier.ExistsOne ? held == 1 : quantifier == CelQuantifier.All;
    }
}

/// <summary>`filter` (no result term) and `map` (with or without a predicate).</summary>
internal sealed class CelTransformTerm<TFacts>(
    CelType type, CelTerm<TFacts, object?> range, CelTerm<TFacts, bool>? predicate, CelTerm<TFacts>? result, int slot, CelSlots slots, CelTemporal<TFacts>? temporal)
    : CelTerm<TFacts, object?>(type, temporal)
{
    public override object? Eval(TFacts facts, ref CelFault fault)
    {
        fault.Locals ??= new object?[slots.Count];
        var list = CelRange.Of(range.Eval(facts, ref fault), ref fault);
        var values = new List<object?>();
        for (var i = 0; list is not null && i < list.Count && !fault.IsSet; i++)
        {
            fault.Locals![slot] = list[i];
            if (predicate is null || predicate.Eval(facts, ref fault))
            {
                values.Add(result is null ? list[i] : result.EvalObject(facts, ref fault));
            }
        }

        return values;
    }
}
