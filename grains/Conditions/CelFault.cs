namespace Orchestrator.Grains.Conditions;

/// <summary>Why an evaluation has no value.</summary>
public enum CelFaultKind : byte
{
    None,

    /// <summary>A name has no value for these facts.</summary>
    Unset,
    Overflow,
    DivisionByZero,
    NoSuchKey,
    IndexOutOfRange,

    /// <summary>An operation met values it is not defined for; possible with dyn only.</summary>
    NoSuchOverload,

    /// <summary>A text or number cannot be converted.</summary>
    Conversion,

    /// <summary>A list or map was longer than a condition may walk.</summary>
    LimitExceeded,
}

/// <summary>CEL's error value, carried beside the result so that the hot path throws nothing and allocates nothing.</summary>
public struct CelFault : IEquatable<CelFault>
{
    /// <summary>The kind; None while the evaluation is sound.</summary>
    public CelFaultKind Kind { get; private set; }

    /// <summary>The unset name, or a short description of the operation; null while sound.</summary>
    public string? Name { get; private set; }

    /// <summary>Values of the variables of macros; shared by all nodes of one evaluation.</summary>
    internal object?[]? Locals { get; set; }

    public readonly bool IsSet => Kind != CelFaultKind.None;

    /// <summary>Reports that a name has no value. The first fault wins.</summary>
    public void Unset(string name) => Set(CelFaultKind.Unset, name);

    /// <summary>Reports a fault. The first fault wins.</summary>
    public void Set(CelFaultKind kind, string name)
    {
        if (Kind == CelFaultKind.None)
        {
            Kind = kind;
            Name = name;
        }
    }

    internal void Clear()
    {
        Kind = CelFaultKind.None;
        Name = null;
    }

    internal readonly CelFault Fresh() => new() { Locals = Locals };

    public readonly bool Equals(CelFault other) => Kind == other.Kind && Name == other.Name;

    public override readonly bool Equals(object? obj) => obj is CelFault other && Equals(other);

    public override readonly int GetHashCode() => (int)Kind;

    public static bool operator ==(CelFault left, CelFault right) => left.Equals(right);

    public static bool operator !=(CelFault left, CelFault right) => !left.Equals(right);

    /// <summary>A sentence for people, such as "`account.industry` is not known".</summary>
    public override readonly string ToString() => Kind switch
    {
        CelFaultKind.None => "no fault",
        CelFaultKind.Unset => $"`{Name}` is not known",
        CelFaultKind.Overflow => $"{Name} is out of range",
        CelFaultKind.DivisionByZero => $"{Name} by zero",
        CelFaultKind.NoSuchKey => $"no such key: {Name}",
        CelFaultKind.IndexOutOfRange => $"index out of range: {Name}",
        CelFaultKind.NoSuchOverload => $"no such overload: {Name}",
        CelFaultKind.Conversion => $"cannot convert: {Name}",
        CelFaultKind.LimitExceeded => $"more than {Name}",
    };
}

/// <summary>Reads a value from facts; reports to <paramref name="fault"/> when there is none, and then returns anything.</summary>
public delegate T CelReader<in TFacts, out T>(TFacts facts, ref CelFault fault);
