namespace Orchestrator.Grains.Conditions;

/// <summary>An order between two types; a struct, so that each pair gets its own machine code.</summary>
internal interface ICelOrder<in TLeft, in TRight>
{
    static abstract int Compare(TLeft left, TRight right);
}

internal static class CelOrders
{
    internal readonly struct Doubles : ICelOrder<double, double>
    {
        public static int Compare(double left, double right) => CelValues.Compare(left, right);
    }

    internal readonly struct Ints : ICelOrder<long, long>
    {
        public static int Compare(long left, long right) => CelValues.Compare(left, right);
    }

    internal readonly struct Uints : ICelOrder<ulong, ulong>
    {
        public static int Compare(ulong left, ulong right) => CelValues.Compare(left, right);
    }

    internal readonly struct IntDouble : ICelOrder<long, double>
    {
        public static int Compare(long left, double right) => CelValues.Compare(left, right);
    }

    internal readonly struct IntUint : ICelOrder<long, ulong>
    {
        public static int Compare(long left, ulong right) => CelValues.Compare(left, right);
    }

    internal readonly struct UintDouble : ICelOrder<ulong, double>
    {
        public static int Compare(ulong left, double right) => CelValues.Compare(left, right);
    }

    internal readonly struct Texts : ICelOrder<string, string>
    {
        public static int Compare(string left, string right) => CelValues.Order(CelValues.CompareText(left, right));
    }

    internal readonly struct Bools : ICelOrder<bool, bool>
    {
        public static int Compare(bool left, bool right) => CelValues.Order(left.CompareTo(right));
    }

    internal readonly struct Timestamps : ICelOrder<DateTimeOffset, DateTimeOffset>
    {
        public static int Compare(DateTimeOffset left, DateTimeOffset right) => CelValues.Compare(left.UtcTicks, right.UtcTicks);
    }

    internal readonly struct Durations : ICelOrder<TimeSpan, TimeSpan>
    {
        public static int Compare(TimeSpan left, TimeSpan right) => CelValues.Compare(left.Ticks, right.Ticks);
    }
}

/// <summary>A comparison of a value with one that is written out.</summary>
internal interface ICelLimited<TFacts, TLeft, TRight>
{
    /// <summary>What is compared.</summary>
    CelTerm<TFacts, TLeft> Compared { get; }

    /// <summary>One bit for each of less, same, greater, unordered that makes it hold.</summary>
    int Relation { get; }

    /// <summary>False where nothing is written out.</summary>
    bool TryLimit(out TRight limit);
}

/// <summary>A question about a text that only certain texts answer otherwise than all others do.</summary>
internal interface ICelAboutText<TFacts>
{
    /// <summary>What is asked about.</summary>
    CelTerm<TFacts, string> Asked { get; }

    /// <summary>The certain texts; null where they are not written out.</summary>
    IReadOnlyList<string>? Texts { get; }

    /// <summary>The answer for what is none of the certain texts.</summary>
    bool Otherwise { get; }
}

/// <summary>A comparison; the relation has one bit for each of less, same, greater, unordered that makes it hold.</summary>
internal sealed class CelRelationTerm<TFacts, TLeft, TRight, TOrder>(
    CelTerm<TFacts, TLeft> left, CelTerm<TFacts, TRight> right, int relation, CelTemporal<TFacts>? temporal) : CelTerm<TFacts, bool>(CelType.Bool, temporal), ICelLimited<TFacts, TLeft, TRight>
    where TOrder : struct, ICelOrder<TLeft, TRight>
{
    CelTerm<TFacts, TLeft> ICelLimited<TFacts, TLeft, TRight>.Compared => left;

    int ICelLimited<TFacts, TLeft, TRight>.Relation => relation;

    bool ICelLimited<TFacts, TLeft, TRight>.TryLimit(out TRight value)
    {
        value = limit is null ? default! : limit.Value;
        return limit is not null;
    }

    // Mostly something is compared with a number that is written out: then it is at hand.
    private readonly CelConstantTerm<TFacts, TRight>? limit = right as CelConstantTerm<TFacts, TRight>;

    public override bool Eval(TFacts facts, ref CelFault fault)
    {
        var a = left.Eval(facts, ref fault);
        if (fault.IsSet)
        {
            return false;
        }

        if (limit is not null)
        {
            return ((relation >> TOrder.Compare(a, limit.Value)) & 1) != 0;
        }

        var b = right.Eval(facts, ref fault);
        return !fault.IsSet && ((relation >> TOrder.Compare(a, b)) & 1) != 0;
    }
}

internal sealed class CelTextEqualsTerm<TFacts>(CelTerm<TFacts, string> left, CelTerm<TFacts, string> right, bool whenEqual, CelTemporal<TFacts>? temporal)
    : CelTerm<TFacts, bool>(CelType.Bool, temporal), ICelAboutText<TFacts>
{
    CelTerm<TFacts, string> ICelAboutText<TFacts>.Asked => left;

    IReadOnlyList<string>? ICelAboutText<TFacts>.Texts => text is null ? null : [text];

    bool ICelAboutText<TFacts>.Otherwise => !whenEqual;

    private readonly string? text = (right as CelConstantTerm<TFacts, string>)?.Value;

    public override bool Eval(TFacts facts, ref CelFault fault)
    {
        var a = left.Eval(facts, ref fault);
        if (fault.IsSet)
        {
            return false;
        }

        var b = text ?? right.Eval(facts, ref fault);
        return !fault.IsSet && string.Equals(a, b) == whenEqual;
    }
}

/// <summary>Comparison of values whose types are known only when evaluated, or that are lists, maps or bytes.</summary>
internal sealed class CelObjectRelationTerm<TFacts>(
    CelTerm<TFacts, object?> left, CelTerm<TFacts, object?> right, int relation, bool equality, CelTemporal<TFacts>? temporal) : CelTerm<TFacts, bool>(CelType.Bool, temporal)
{
    public override bool Eval(TFacts facts, ref CelFault fault)
    {
        var a = left.Eval(facts, ref fault);
        if (fault.IsSet)
        {
            return false;
        }

        var b = right.Eval(facts, ref fault);
        if (fault.IsSet)
        {
            return false;
        }

        if (equality)
        {
            return CelValues.Equal(a, b) == (relation == 0b0010);
        }

        if (CelValues.Compare(a, b) is { } order)
        {
            return ((relation >> order) & 1) != 0;
        }

        fault.Set(CelFaultKind.NoSuchOverload, $"order of {CelValues.TypeOf(a)} and {CelValues.TypeOf(b)}");
        return false;
    }
}

/// <summary>`in` a literal list of numbers.</summary>
internal sealed class CelInTerm<TFacts, T>(CelTerm<TFacts, T> item, T[] list, CelTemporal<TFacts>? temporal) : CelTerm<TFacts, bool>(CelType.Bool, temporal)
    where T : struct, System.Numerics.INumber<T>
{
    public override bool Eval(TFacts facts, ref CelFault fault)
    {
        var value = item.Eval(facts, ref fault);
        foreach (var candidate in list)
        {
            if (candidate == value)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>`in` a literal list of texts: a walk while short, a set when long.</summary>
internal sealed class CelInTextsTerm<TFacts>(CelTerm<TFacts, string> item, string[] list, CelTemporal<TFacts>? temporal)
    : CelTerm<TFacts, bool>(CelType.Bool, temporal), ICelAboutText<TFacts>
{
    CelTerm<TFacts, string> ICelAboutText<TFacts>.Asked => item;

    IReadOnlyList<string> ICelAboutText<TFacts>.Texts => list;

    bool ICelAboutText<TFacts>.Otherwise => false;

    private readonly HashSet<string>? set = list.Length > 8 ? new HashSet<string>(list, StringComparer.Ordinal) : null;

    public override bool Eval(TFacts facts, ref CelFault fault)
    {
        var value = item.Eval(facts, ref fault);
        if (fault.IsSet)
        {
            return false;
        }

        if (set is not null)
        {
            return set.Contains(value);
        }

        foreach (var candidate in list)
        {
            if (string.Equals(candidate, value))
            {
                return true;
            }
        }

        return false;
    }
}

internal sealed class CelInObjectTerm<TFacts>(CelTerm<TFacts, object?> item, CelTerm<TFacts, object?> container, CelTemporal<TFacts>? temporal)
    : CelTerm<TFacts, bool>(CelType.Bool, temporal)
{
    public override bool Eval(TFacts facts, ref CelFault fault)
    {
        var value = item.Eval(facts, ref fault);
        if (fault.IsSet)
        {
            return false;
        }

        var inside = container.Eval(facts, ref fault);
        switch (inside)
        {
            case var _ when fault.IsSet:
                return false;
            case CelMap map:
                return map.TryGet(value, out _);
            case IReadOnlyList<object?> list:
                for (var i = 0; i < list.Count; i++)
                {
                    if (CelValues.Equal(list[i], value))
                    {
                        return true;
                    }
                }

                return false;
            default:
                fault.Set(CelFaultKind.NoSuchOverload, $"in {CelValues.TypeOf(inside)}");
                return false;
        }
    }
}
