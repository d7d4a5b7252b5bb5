namespace Orchestrator.Grains.Conditions;

internal sealed class CelListTerm<TFacts>(CelType type, IReadOnlyList<CelTerm<TFacts>> items, CelTemporal<TFacts>? temporal)
    : CelTerm<TFacts, object?>(type, temporal)
{
    public override object? Eval(TFacts facts, ref CelFault fault)
    {
        var values = new object?[items.Count];
        for (var i = 0; i < values.Length && !fault.IsSet; i++)
        {
            values[i] = items[i].EvalObject(facts, ref fault);
        }

        return values;
    }
}

internal sealed class CelMapTerm<TFacts>(
    CelType type, IReadOnlyList<CelTerm<TFacts>> keys, IReadOnlyList<CelTerm<TFacts>> values, CelTemporal<TFacts>? temporal) : CelTerm<TFacts, object?>(type, temporal)
{
    public override object? Eval(TFacts facts, ref CelFault fault)
    {
        var entries = new List<KeyValuePair<object, object?>>(keys.Count);
        for (var i = 0; i < keys.Count; i++)
        {
            var key = keys[i].EvalObject(facts, ref fault);
            var value = fault.IsSet ? null : values[i].EvalObject(facts, ref fault);
            if (fault.IsSet)
            {
                return null;
            }

            if (key is not (bool or long or ulong or string))
            {
                fault.Set(CelFaultKind.NoSuchOverload, $"{CelValues.TypeOf(key)} as a key");
                return null;
            }

            if (entries.Any(entry => CelValues.Equal(entry.Key, key)))
            {
                fault.Set(CelFaultKind.Conversion, $"key `{key}` given twice");
                return null;
            }

            entries.Add(new KeyValuePair<object, object?>(key, value));
        }

        return new CelMap(entries);
    }
}

/// <summary>`list[i]`, `map[k]` and `map.k`.</summary>
internal sealed class CelEntryTerm<TFacts>(CelTerm<TFacts> operand, CelTerm<TFacts> key, CelTemporal<TFacts>? temporal)
    : CelTerm<TFacts, object?>(CelType.Dyn, temporal)
{
    public override object? Eval(TFacts facts, ref CelFault fault)
    {
        var container = operand.EvalObject(facts, ref fault);
        var at = fault.IsSet ? null : key.EvalObject(facts, ref fault);
        if (fault.IsSet)
        {
            return null;
        }

        switch (container)
        {
            case CelMap map when at is not null:
                if (map.TryGet(at, out var value))
                {
                    return value;
                }

                fault.Set(CelFaultKind.NoSuchKey, at as string ?? CelValues.TypeOf(at));
                return null;
            case IReadOnlyList<object?> list:
                if (TryIndex(at, out var index) && index >= 0 && index < list.Count)
                {
                    return list[(int)index];
                }

                fault.Set(CelFaultKind.IndexOutOfRange, CelValues.TypeOf(at));
                return null;
            default:
                fault.Set(CelFaultKind.NoSuchOverload, $"{CelValues.TypeOf(container)}[{CelValues.TypeOf(at)}]");
                return null;
        }
    }

    private static bool TryIndex(object? at, out long index)
    {
        index = at switch
        {
            long whole => whole,
            ulong whole and <= int.MaxValue => (long)whole,
            double real when real == Math.Truncate(real) && Math.Abs(real) < int.MaxValue => (long)real,
            _ => -1,
        };
        return index >= 0;
    }
}

/// <summary>Gives a boxed value its static type.</summary>
internal sealed class CelRetypedTerm<TFacts>(CelType type, CelTerm<TFacts, object?> inner)
    : CelTerm<TFacts, object?>(CelTerms.ClrType(type) == typeof(object) ? type : CelType.Dyn, inner.Temporal)
{
    internal override bool IsConstant => inner.IsConstant;

    public override object? Eval(TFacts facts, ref CelFault fault) => inner.Eval(facts, ref fault);
}

internal sealed class CelHasKeyTerm<TFacts>(CelTerm<TFacts, object?> operand, string key, CelTemporal<TFacts>? temporal)
    : CelTerm<TFacts, bool>(CelType.Bool, temporal)
{
    public override bool Eval(TFacts facts, ref CelFault fault)
    {
        var container = operand.Eval(facts, ref fault);
        if (container is CelMap map && !fault.IsSet)
        {
            return map.TryGet(key, out _);
        }

        fault.Set(CelFaultKind.NoSuchOverload, $"has() on {CelValues.TypeOf(container)}");
        return false;
    }
}
