namespace Orchestrator.Grains.Conditions;

/// <summary>What sort of value an expression has.</summary>
public enum CelKind
{
    Bool,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    Null,
    Timestamp,
    Duration,
    List,
    Map,

    /// <summary>Known only when evaluated; arises from mixed literals and <c>dyn()</c>.</summary>
    Dyn,
}

/// <summary>The static type of an expression.</summary>
/// <param name="Kind">The sort of value.</param>
/// <param name="Key">Type of a map's keys; null unless a map.</param>
/// <param name="Element">Type of a list's elements or of a map's values; null otherwise.</param>
/// <remarks>
/// Values at run time: bool, long, ulong, double, string, byte[], null, DateTimeOffset (UTC), TimeSpan,
/// IReadOnlyList&lt;object?&gt; (so IReadOnlyList&lt;string&gt; will do) and <see cref="CelMap"/>.
/// </remarks>
public sealed record CelType(CelKind Kind, CelType? Key = null, CelType? Element = null)
{
    public static CelType Bool { get; } = new(CelKind.Bool);

    public static CelType Int { get; } = new(CelKind.Int);

    public static CelType Uint { get; } = new(CelKind.Uint);

    public static CelType Double { get; } = new(CelKind.Double);

    public static CelType String { get; } = new(CelKind.String);

    public static CelType Bytes { get; } = new(CelKind.Bytes);

    public static CelType Null { get; } = new(CelKind.Null);

    public static CelType Timestamp { get; } = new(CelKind.Timestamp);

    public static CelType Duration { get; } = new(CelKind.Duration);

    public static CelType Dyn { get; } = new(CelKind.Dyn);

    public static CelType List(CelType element) => new(CelKind.List, null, element);

    public static CelType Map(CelType key, CelType value) => new(CelKind.Map, key, value);

    internal bool IsNumeric => Kind is CelKind.Int or CelKind.Uint or CelKind.Double;

    /// <summary>The type with its article, as messages need it.</summary>
    internal string Named => Kind == CelKind.Int ? "an int" : $"a {this}";

    /// <summary>Whether a value of one type may stand where the other is expected; dyn agrees with everything.</summary>
    public bool Agrees(CelType other)
    {
        if (Kind == CelKind.Dyn || other.Kind == CelKind.Dyn)
        {
            return true;
        }

        return Kind == other.Kind
            && (Key is null || other.Key is null || Key.Agrees(other.Key))
            && (Element is null || other.Element is null || Element.Agrees(other.Element));
    }

    /// <summary>The type that covers both, dyn where they differ.</summary>
    internal CelType Join(CelType other)
    {
        if (Equals(other))
        {
            return this;
        }

        return Kind != other.Kind ? Dyn : Kind switch
        {
            CelKind.List => List(Element!.Join(other.Element!)),
            CelKind.Map => Map(Key!.Join(other.Key!), Element!.Join(other.Element!)),
            _ => Dyn,
        };
    }

    /// <summary>The type as it is written in messages, such as `list(string)`.</summary>
    public override string ToString() => Kind switch
    {
        CelKind.List => $"list({Element})",
        CelKind.Map => $"map({Key}, {Element})",
        CelKind.Bool => "bool",
        CelKind.Int => "int",
        CelKind.Uint => "uint",
        CelKind.Double => "double",
        CelKind.String => "string",
        CelKind.Bytes => "bytes",
        CelKind.Null => "null",
        CelKind.Timestamp => "timestamp",
        CelKind.Duration => "duration",
        CelKind.Dyn => "dyn",
    };
}
