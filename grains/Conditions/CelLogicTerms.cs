namespace Orchestrator.Grains.Conditions;

/// <summary>`&amp;&amp;` and `||`: a side that decides absorbs the other's fault, whichever side it is.</summary>
internal sealed class CelLogicTerm<TFacts>(bool decisive, CelTerm<TFacts, bool> left, CelTerm<TFacts, bool> right, CelTemporal<TFacts>? temporal)
    : CelTerm<TFacts, bool>(CelType.Bool, temporal)
{
    public override bool Eval(TFacts facts, ref CelFault fault)
    {
        var held = left.Eval(facts, ref fault);
        if (!fault.IsSet)
        {
            return held == decisive ? decisive : right.Eval(facts, ref fault);
        }

        var other = fault.Fresh();
        if (right.Eval(facts, ref other) == decisive && !other.IsSet)
        {
            fault.Clear();
            return decisive;
        }

        return false;
    }
}

internal sealed class CelNotTerm<TFacts>(CelTerm<TFacts, bool> inner) : CelTerm<TFacts, bool>(CelType.Bool, inner.Temporal)
{
    public override bool Eval(TFacts facts, ref CelFault fault) => !inner.Eval(facts, ref fault);
}

internal sealed class CelTernaryTerm<TFacts, T>(
    CelType type, CelTerm<TFacts, bool> condition, CelTerm<TFacts, T> then, CelTerm<TFacts, T> otherwise, CelTemporal<TFacts>? temporal)
    : CelTerm<TFacts, T>(type, temporal)
{
    public override T Eval(TFacts facts, ref CelFault fault)
    {
        var held = condition.Eval(facts, ref fault);
        return fault.IsSet ? default! : held ? then.Eval(facts, ref fault) : otherwise.Eval(facts, ref fault);
    }
}

/// <summary>Whether a term has a value; only being unset counts as having none, other faults stay faults.</summary>
internal sealed class CelIsSetTerm<TFacts>(CelTerm<TFacts> inner, bool whenSet, CelTemporal<TFacts>? temporal)
    : CelTerm<TFacts, bool>(CelType.Bool, temporal)
{
    public override bool Eval(TFacts facts, ref CelFault fault)
    {
        var probe = fault.Fresh();
        var missing = inner switch
        {
            CelTerm<TFacts, double> real => Read(real, facts, ref probe),
            CelTerm<TFacts, long> whole => Read(whole, facts, ref probe),
            CelTerm<TFacts, bool> flag => Read(flag, facts, ref probe),
            CelTerm<TFacts, DateTimeOffset> timestamp => Read(timestamp, facts, ref probe),
            CelTerm<TFacts, TimeSpan> duration => Read(duration, facts, ref probe),
            _ => inner.EvalObject(facts, ref probe) is null,
        };
        if (probe.IsSet && probe.Kind != CelFaultKind.Unset)
        {
            fault.Set(probe.Kind, probe.Name!);
        }

        return (probe.IsSet || missing) != whenSet;
    }

    // Read without boxing: a value type is never null.
    private static bool Read<T>(CelTerm<TFacts, T> term, TFacts facts, ref CelFault probe)
    {
        term.Eval(facts, ref probe);
        return false;
    }
}
