namespace Orchestrator.Grains.Conditions;

internal delegate TResult CelUnaryFunction<in TA, out TResult>(TA a, ref CelFault fault);

internal delegate TResult CelBinaryFunction<in TA, in TB, out TResult>(TA a, TB b, ref CelFault fault);

/// <summary>One overload of an operator or function of the standard library, pure in its arguments.</summary>
internal abstract class CelOverload(string name, CelType result, params CelType[] parameters)
{
    public string Name { get; } = name;

    public CelType Result { get; } = result;

    public IReadOnlyList<CelType> Parameters { get; } = parameters;

    public abstract CelTerm<TFacts> Bind<TFacts>(IReadOnlyList<CelTerm<TFacts>> arguments, CelType result, CelTemporal<TFacts>? temporal);

    public abstract object? Invoke(object?[] arguments, ref CelFault fault);

    public bool Accepts(object?[] arguments)
    {
        for (var i = 0; i < arguments.Length; i++)
        {
            if (!CelValues.IsA(arguments[i], Parameters[i]))
            {
                return false;
            }
        }

        return arguments.Length == Parameters.Count;
    }

    public static CelOverload Of<TA, TResult>(string name, CelType result, CelType a, CelUnaryFunction<TA, TResult> apply) =>
        new Unary<TA, TResult>(name, result, a, apply);

    public static CelOverload Of<TA, TB, TResult>(string name, CelType result, CelType a, CelType b, CelBinaryFunction<TA, TB, TResult> apply) =>
        new Binary<TA, TB, TResult>(name, result, a, b, apply);

    private sealed class Unary<TA, TResult>(string name, CelType result, CelType a, CelUnaryFunction<TA, TResult> apply)
        : CelOverload(name, result, a)
    {
        public override CelTerm<TFacts> Bind<TFacts>(IReadOnlyList<CelTerm<TFacts>> arguments, CelType result, CelTemporal<TFacts>? temporal) =>
            new CelUnaryTerm<TFacts, TA, TResult>(result, CelTerms.As<TFacts, TA>(arguments[0], Parameters[0]), apply, temporal);

        public override object? Invoke(object?[] arguments, ref CelFault fault) => apply((TA)arguments[0]!, ref fault);
    }

    private sealed class Binary<TA, TB, TResult>(string name, CelType result, CelType a, CelType b, CelBinaryFunction<TA, TB, TResult> apply)
        : CelOverload(name, result, a, b)
    {
        public override CelTerm<TFacts> Bind<TFacts>(IReadOnlyList<CelTerm<TFacts>> arguments, CelType result, CelTemporal<TFacts>? temporal) =>
            new CelBinaryTerm<TFacts, TA, TB, TResult>(
                result, CelTerms.As<TFacts, TA>(arguments[0], Parameters[0]), CelTerms.As<TFacts, TB>(arguments[1], Parameters[1]), apply, temporal);

        public override object? Invoke(object?[] arguments, ref CelFault fault) => apply((TA)arguments[0]!, (TB)arguments[1]!, ref fault);
    }
}

internal sealed class CelUnaryTerm<TFacts, TA, TResult>(
    CelType type, CelTerm<TFacts, TA> a, CelUnaryFunction<TA, TResult> apply, CelTemporal<TFacts>? temporal) : CelTerm<TFacts, TResult>(type, temporal)
{
    public override TResult Eval(TFacts facts, ref CelFault fault)
    {
        var value = a.Eval(facts, ref fault);
        return fault.IsSet ? default! : apply(value, ref fault);
    }
}

internal sealed class CelBinaryTerm<TFacts, TA, TB, TResult>(
    CelType type, CelTerm<TFacts, TA> a, CelTerm<TFacts, TB> b, CelBinaryFunction<TA, TB, TResult> apply, CelTemporal<TFacts>? temporal)
    : CelTerm<TFacts, TResult>(type, temporal)
{
    public override TResult Eval(TFacts facts, ref CelFault fault)
    {
        var left = a.Eval(facts, ref fault);
        if (fault.IsSet)
        {
            return default!;
        }

        var right = b.Eval(facts, ref fault);
        return fault.IsSet ? default! : apply(left, right, ref fault);
    }
}

/// <summary>Chooses the overload when evaluated, for arguments whose types are not known before.</summary>
internal sealed class CelDynamicTerm<TFacts>(
    CelType type, string name, IReadOnlyList<CelTerm<TFacts>> arguments, IReadOnlyList<CelOverload> candidates, CelTemporal<TFacts>? temporal)
    : CelTerm<TFacts, object?>(type, temporal)
{
    public override object? Eval(TFacts facts, ref CelFault fault)
    {
        var values = new object?[arguments.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = arguments[i].EvalObject(facts, ref fault);
            if (fault.IsSet)
            {
                return null;
            }
        }

        foreach (var candidate in candidates)
        {
            if (candidate.Accepts(values))
            {
                return candidate.Invoke(values, ref fault);
            }
        }

        fault.Set(CelFaultKind.NoSuchOverload, $"{name}({string.Join(", ", values.Select(CelValues.TypeOf))})");
        return null;
    }
}
