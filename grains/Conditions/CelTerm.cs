namespace Orchestrator.Grains.Conditions;

/// <summary>A compiled expression or part of one. Immutable; may be evaluated from any thread.</summary>
public abstract class CelTerm<TFacts>
{
    private protected CelTerm(CelType type, CelTemporal<TFacts>? temporal)
    {
        Type = type;
        Temporal = temporal;
    }

    public CelType Type { get; }

    /// <summary>How the value moves when only time passes; null if it does not.</summary>
    public CelTemporal<TFacts>? Temporal { get; }

    internal virtual bool IsConstant => false;

    /// <summary>The value as an object; allocates for value types.</summary>
    public abstract object? EvalObject(TFacts facts, ref CelFault fault);
}

/// <summary>A compiled expression whose value is a <typeparamref name="T"/>; derive from it for a variable on the hottest path.</summary>
/// <typeparam name="TFacts">What conditions are evaluated against.</typeparam>
/// <typeparam name="T">bool, long, ulong, double, string, DateTimeOffset, TimeSpan, or object for all other types.</typeparam>
public abstract class CelTerm<TFacts, T> : CelTerm<TFacts>
{
    protected CelTerm(CelType type, CelTemporal<TFacts>? temporal = null)
        : base(type, temporal)
    {
        if (CelTerms.ClrType(type) != typeof(T))
        {
            throw new ArgumentException($"a {type} is not read as {typeof(T).Name}", nameof(type));
        }
    }

    /// <summary>The value; meaningless if <paramref name="fault"/> is set afterwards.</summary>
    public abstract T Eval(TFacts facts, ref CelFault fault);

    public override object? EvalObject(TFacts facts, ref CelFault fault) => Eval(facts, ref fault);
}

/// <summary>Makes terms out of reader delegates, for variables and for functions bound at compile time.</summary>
public static class CelTerms
{
    public static CelTerm<TFacts> Bool<TFacts>(CelReader<TFacts, bool> read, CelTemporal<TFacts>? temporal = null) =>
        new CelReaderTerm<TFacts, bool>(CelType.Bool, read, temporal);

    public static CelTerm<TFacts> Int<TFacts>(CelReader<TFacts, long> read, CelTemporal<TFacts>? temporal = null) =>
        new CelReaderTerm<TFacts, long>(CelType.Int, read, temporal);

    public static CelTerm<TFacts> Uint<TFacts>(CelReader<TFacts, ulong> read, CelTemporal<TFacts>? temporal = null) =>
        new CelReaderTerm<TFacts, ulong>(CelType.Uint, read, temporal);

    public static CelTerm<TFacts> Double<TFacts>(CelReader<TFacts, double> read, CelTemporal<TFacts>? temporal = null) =>
        new CelReaderTerm<TFacts, double>(CelType.Double, read, temporal);

    public static CelTerm<TFacts> String<TFacts>(CelReader<TFacts, string> read, CelTemporal<TFacts>? temporal = null) =>
        new CelReaderTerm<TFacts, string>(CelType.String, read, temporal);

    /// <summary>An instant; must be in UTC.</summary>
    public static CelTerm<TFacts> Timestamp<TFacts>(CelReader<TFacts, DateTimeOffset> read, CelTemporal<TFacts>? temporal = null) =>
        new CelReaderTerm<TFacts, DateTimeOffset>(CelType.Timestamp, read, temporal);

    public static CelTerm<TFacts> Duration<TFacts>(CelReader<TFacts, TimeSpan> read, CelTemporal<TFacts>? temporal = null) =>
        new CelReaderTerm<TFacts, TimeSpan>(CelType.Duration, read, temporal);

    /// <summary>A list, map, bytes or dyn value; a list of texts may be any IReadOnlyList&lt;string&gt;.</summary>
    public static CelTerm<TFacts> Value<TFacts>(CelType type, CelReader<TFacts, object?> read, CelTemporal<TFacts>? temporal = null) =>
        new CelReaderTerm<TFacts, object?>(type, read, temporal);

    /// <summary>A value that is the same for all facts.</summary>
    public static CelTerm<TFacts> Constant<TFacts>(CelType type, object? value) => type.Kind switch
    {
        CelKind.Bool => new CelConstantTerm<TFacts, bool>(type, (bool)value!),
        CelKind.Int => new CelConstantTerm<TFacts, long>(type, (long)value!),
        CelKind.Uint => new CelConstantTerm<TFacts, ulong>(type, (ulong)value!),
        CelKind.Double => new CelConstantTerm<TFacts, double>(type, (double)value!),
        CelKind.String => new CelConstantTerm<TFacts, string>(type, (string)value!),
        CelKind.Timestamp => new CelConstantTerm<TFacts, DateTimeOffset>(type, (DateTimeOffset)value!),
        CelKind.Duration => new CelConstantTerm<TFacts, TimeSpan>(type, (TimeSpan)value!),
        CelKind.Bytes or CelKind.Null or CelKind.List or CelKind.Map or CelKind.Dyn => new CelConstantTerm<TFacts, object?>(type, value),
    };

    internal static Type ClrType(CelType type) => type.Kind switch
    {
        CelKind.Bool => typeof(bool),
        CelKind.Int => typeof(long),
        CelKind.Uint => typeof(ulong),
        CelKind.Double => typeof(double),
        CelKind.String => typeof(string),
        CelKind.Timestamp => typeof(DateTimeOffset),
        CelKind.Duration => typeof(TimeSpan),
        CelKind.Bytes or CelKind.Null or CelKind.List or CelKind.Map or CelKind.Dyn => typeof(object),
    };

    /// <summary>The term as one of <typeparamref name="T"/>: itself, boxed for object, or checked at run time from dyn.</summary>
    internal static CelTerm<TFacts, T> As<TFacts, T>(CelTerm<TFacts> term, CelType type)
    {
        switch (term)
        {
            case CelTerm<TFacts, T> typed:
                return typed;
            case CelConstantTerm<TFacts, long> { Value: var whole } when typeof(T) == typeof(double):
                return (CelTerm<TFacts, T>)Constant<TFacts>(CelType.Double, (double)whole);
            default:
                return typeof(T) == typeof(object)
                    ? (CelTerm<TFacts, T>)(object)new CelBoxTerm<TFacts>(term)
                    : new CelUnboxTerm<TFacts, T>(type, term);
        }
    }

    internal static CelTerm<TFacts, object?> Object<TFacts>(CelTerm<TFacts> term) => As<TFacts, object?>(term, CelType.Dyn);

    internal static CelTerm<TFacts, bool> Condition<TFacts>(CelTerm<TFacts> term) => As<TFacts, bool>(term, CelType.Bool);
}

internal sealed class CelReaderTerm<TFacts, T>(CelType type, CelReader<TFacts, T> read, CelTemporal<TFacts>? temporal)
    : CelTerm<TFacts, T>(type, temporal)
{
    public override T Eval(TFacts facts, ref CelFault fault) => read(facts, ref fault);
}

internal sealed class CelConstantTerm<TFacts, T>(CelType type, T value) : CelTerm<TFacts, T>(type)
{
    private readonly object? boxed = value;

    public T Value { get; } = value;

    internal override bool IsConstant => true;

    public override T Eval(TFacts facts, ref CelFault fault) => Value;

    public override object? EvalObject(TFacts facts, ref CelFault fault) => boxed;
}

internal sealed class CelBoxTerm<TFacts>(CelTerm<TFacts> inner) : CelTerm<TFacts, object?>(CelType.Dyn, inner.Temporal)
{
    internal override bool IsConstant => inner.IsConstant;

    public override object? Eval(TFacts facts, ref CelFault fault) => inner.EvalObject(facts, ref fault);
}

internal sealed class CelUnboxTerm<TFacts, T>(CelType type, CelTerm<TFacts> inner) : CelTerm<TFacts, T>(type, inner.Temporal)
{
    internal override bool IsConstant => inner.IsConstant;

    public override T Eval(TFacts facts, ref CelFault fault)
    {
        var value = inner.EvalObject(facts, ref fault);
        if (value is T typed)
        {
            return typed;
        }

        fault.Set(CelFaultKind.NoSuchOverload, $"expected {Type}, found {CelValues.TypeOf(value)}");
        return default!;
    }
}

/// <summary>A variable of a macro such as `all`.</summary>
internal sealed class CelLocalTerm<TFacts, T>(CelType type, int slot) : CelTerm<TFacts, T>(type)
{
    public override T Eval(TFacts facts, ref CelFault fault)
    {
        var value = fault.Locals![slot];
        if (value is T typed)
        {
            return typed;
        }

        if (value is not null || default(T) is not null)
        {
            fault.Set(CelFaultKind.NoSuchOverload, $"expected {Type}, found {CelValues.TypeOf(value)}");
        }

        return default!;
    }
}
