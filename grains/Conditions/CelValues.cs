namespace Orchestrator.Grains.Conditions;

/// <summary>Equality and order of values as CEL defines them, numbers across their types included.</summary>
internal static class CelValues
{
    internal const int Less = 0;
    internal const int Same = 1;
    internal const int Greater = 2;
    internal const int Unordered = 3;

    internal static readonly object True = true;
    internal static readonly object False = false;

    internal static object Box(bool value) => value ? True : False;

    internal static bool Equal(object? left, object? right)
    {
        switch (left, right)
        {
            case (null, null):
                return true;
            case (null, _) or (_, null):
                return false;
            case (string a, string b):
                return a == b;
            case (bool a, bool b):
                return a == b;
            case (byte[] a, byte[] b):
                return a.AsSpan().SequenceEqual(b);
            case (DateTimeOffset a, DateTimeOffset b):
                return a == b;
            case (TimeSpan a, TimeSpan b):
                return a == b;
            case (IReadOnlyList<object?> a, IReadOnlyList<object?> b):
                return EqualLists(a, b);
            case (CelMap a, CelMap b):
                return EqualMaps(a, b);
            case (long or ulong or double, long or ulong or double):
                return CompareNumbers(left, right) == Same;
            default:
                return false;
        }
    }

    /// <summary>Less, Same, Greater or Unordered; null if the two have no order.</summary>
    internal static int? Compare(object? left, object? right) => (left, right) switch
    {
        (string a, string b) => Order(CompareText(a, b)),
        (bool a, bool b) => Order(a.CompareTo(b)),
        (byte[] a, byte[] b) => Order(a.AsSpan().SequenceCompareTo(b)),
        (DateTimeOffset a, DateTimeOffset b) => Order(a.CompareTo(b)),
        (TimeSpan a, TimeSpan b) => Order(a.CompareTo(b)),
        (long or ulong or double, long or ulong or double) => CompareNumbers(left, right),
        _ => null,
    };

    internal static int Order(int comparison) => Math.Sign(comparison) + 1;

    internal static int Compare(long left, long right) => left < right ? Less : left > right ? Greater : Same;

    internal static int Compare(ulong left, ulong right) => left < right ? Less : left > right ? Greater : Same;

    internal static int Compare(double left, double right) =>
        left < right ? Less : left > right ? Greater : left == right ? Same : Unordered;

    internal static int Compare(long left, ulong right) => left < 0 ? Less : Compare((ulong)left, right);

    // As the specification's own suite has it: an integer is rounded to a double, so 2^63 - 1 and 2^63 as a double are the same.
    internal static int Compare(long left, double right) => Compare((double)left, right);

    internal static int Compare(ulong left, double right) => Compare((double)left, right);

    internal static int Flip(int order) => order switch { Less => Greater, Greater => Less, _ => order };

    /// <summary>Order by Unicode code point, which UTF-16 units give except around surrogates.</summary>
    internal static int CompareText(string left, string right)
    {
        var at = left.AsSpan().CommonPrefixLength(right);
        if (at == left.Length || at == right.Length)
        {
            return left.Length - right.Length;
        }

        var (a, b) = (left[at], right[at]);
        return char.IsSurrogate(a) == char.IsSurrogate(b) ? a - b : char.IsSurrogate(a) ? 1 : -1;
    }

    internal static string TypeOf(object? value) => value switch
    {
        null => "null",
        bool => "bool",
        long => "int",
        ulong => "uint",
        double => "double",
        string => "string",
        byte[] => "bytes",
        DateTimeOffset => "timestamp",
        TimeSpan => "duration",
        CelMap => "map",
        _ => "list",
    };

    internal static bool IsA(object? value, CelType type) => type.Kind == CelKind.Dyn || type.Kind == value switch
    {
        null => CelKind.Null,
        bool => CelKind.Bool,
        long => CelKind.Int,
        ulong => CelKind.Uint,
        double => CelKind.Double,
        string => CelKind.String,
        byte[] => CelKind.Bytes,
        DateTimeOffset => CelKind.Timestamp,
        TimeSpan => CelKind.Duration,
        CelMap => CelKind.Map,
        _ => CelKind.List,
    };

    private static int CompareNumbers(object? left, object? right) => (left, right) switch
    {
        (long a, long b) => Compare(a, b),
        (long a, ulong b) => Compare(a, b),
        (long a, double b) => Compare(a, b),
        (ulong a, long b) => Flip(Compare(b, a)),
        (ulong a, ulong b) => Compare(a, b),
        (ulong a, double b) => Compare(a, b),
        (double a, long b) => Flip(Compare(b, a)),
        (double a, ulong b) => Flip(Compare(b, a)),
        (double a, double b) => Compare(a, b),
        _ => Unordered,
    };

    private static bool EqualLists(IReadOnlyList<object?> left, IReadOnlyList<object?> right)
    {
        for (var i = 0; i < left.Count && left.Count == right.Count; i++)
        {
            if (!Equal(left[i], right[i]))
            {
                return false;
            }
        }

        return left.Count == right.Count;
    }

    private static bool EqualMaps(CelMap left, CelMap right)
    {
        foreach (var key in left.Keys)
        {
            left.TryGet(key, out var value);
            if (!right.TryGet(key, out var other) || !Equal(value, other))
            {
                return false;
            }
        }

        return left.Count == right.Count;
    }
}
