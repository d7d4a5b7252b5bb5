namespace Orchestrator.Grains.Conditions;

/// <summary>Operators on numbers, texts, bytes, lists, timestamps and durations; what does not fit is a fault, not a wrapped number.</summary>
internal static class CelArithmetic
{
    private const string Int = "result of int arithmetic";
    private const string Uint = "result of uint arithmetic";
    private const string Time = "result of time arithmetic";

    public static IEnumerable<CelOverload> Overloads { get; } =
    [
        CelOverload.Of("_+_", CelType.Int, CelType.Int, CelType.Int, (long a, long b, ref CelFault fault) => Fit((Int128)a + b, ref fault)),
        CelOverload.Of("_-_", CelType.Int, CelType.Int, CelType.Int, (long a, long b, ref CelFault fault) => Fit((Int128)a - b, ref fault)),
        CelOverload.Of("_*_", CelType.Int, CelType.Int, CelType.Int, (long a, long b, ref CelFault fault) => Fit((Int128)a * b, ref fault)),
        CelOverload.Of("_/_", CelType.Int, CelType.Int, CelType.Int, (long a, long b, ref CelFault fault) => b == 0 ? ByZero(ref fault) : Fit((Int128)a / b, ref fault)),
        CelOverload.Of("_%_", CelType.Int, CelType.Int, CelType.Int, (long a, long b, ref CelFault fault) => b == 0 ? ByZero(ref fault, "modulus") : b == -1 ? Fit(a == long.MinValue ? Int128.MaxValue : 0, ref fault) : a % b),
        CelOverload.Of("-_", CelType.Int, CelType.Int, (long a, ref CelFault fault) => Fit(-(Int128)a, ref fault)),
        CelOverload.Of("_+_", CelType.Uint, CelType.Uint, CelType.Uint, (ulong a, ulong b, ref CelFault fault) => FitUint((Int128)a + b, ref fault)),
        CelOverload.Of("_-_", CelType.Uint, CelType.Uint, CelType.Uint, (ulong a, ulong b, ref CelFault fault) => FitUint((Int128)a - b, ref fault)),
        CelOverload.Of("_*_", CelType.Uint, CelType.Uint, CelType.Uint, (ulong a, ulong b, ref CelFault fault) => Math.BigMul(a, b, out var low) == 0 ? low : FitUint(-1, ref fault)),
        CelOverload.Of("_/_", CelType.Uint, CelType.Uint, CelType.Uint, (ulong a, ulong b, ref CelFault fault) => b == 0 ? (ulong)ByZero(ref fault) : a / b),
        CelOverload.Of("_%_", CelType.Uint, CelType.Uint, CelType.Uint, (ulong a, ulong b, ref CelFault fault) => b == 0 ? (ulong)ByZero(ref fault, "modulus") : a % b),
        CelOverload.Of("_+_", CelType.Double, CelType.Double, CelType.Double, (double a, double b, ref CelFault _) => a + b),
        CelOverload.Of("_-_", CelType.Double, CelType.Double, CelType.Double, (double a, double b, ref CelFault _) => a - b),
        CelOverload.Of("_*_", CelType.Double, CelType.Double, CelType.Double, (double a, double b, ref CelFault _) => a * b),
        CelOverload.Of("_/_", CelType.Double, CelType.Double, CelType.Double, (double a, double b, ref CelFault _) => a / b),
        CelOverload.Of("-_", CelType.Double, CelType.Double, (double a, ref CelFault _) => -a),
        CelOverload.Of("_+_", CelType.String, CelType.String, CelType.String, (string a, string b, ref CelFault _) => a + b),
        CelOverload.Of<object?, object?, object?>("_+_", CelType.Bytes, CelType.Bytes, CelType.Bytes, (object? a, object? b, ref CelFault _) => (byte[])[.. (byte[])a!, .. (byte[])b!]),
        CelOverload.Of<object?, object?, object?>("_+_", CelType.List(CelType.Dyn), CelType.List(CelType.Dyn), CelType.List(CelType.Dyn), (object? a, object? b, ref CelFault _) => (object?[])[.. (IReadOnlyList<object?>)a!, .. (IReadOnlyList<object?>)b!]),
        CelOverload.Of("_+_", CelType.Timestamp, CelType.Timestamp, CelType.Duration, (DateTimeOffset a, TimeSpan b, ref CelFault fault) => Shift(a, b.Ticks, ref fault)),
        CelOverload.Of("_+_", CelType.Timestamp, CelType.Duration, CelType.Timestamp, (TimeSpan a, DateTimeOffset b, ref CelFault fault) => Shift(b, a.Ticks, ref fault)),
        CelOverload.Of("_-_", CelType.Timestamp, CelType.Timestamp, CelType.Duration, (DateTimeOffset a, TimeSpan b, ref CelFault fault) => Shift(a, -b.Ticks, ref fault)),
        CelOverload.Of("_-_", CelType.Duration, CelType.Timestamp, CelType.Timestamp, (DateTimeOffset a, DateTimeOffset b, ref CelFault fault) => Fit(a - b, ref fault)),
        CelOverload.Of("_+_", CelType.Duration, CelType.Duration, CelType.Duration, (TimeSpan a, TimeSpan b, ref CelFault fault) => Fit(a + b, ref fault)),
        CelOverload.Of("_-_", CelType.Duration, CelType.Duration, CelType.Duration, (TimeSpan a, TimeSpan b, ref CelFault fault) => Fit(a - b, ref fault)),
        CelOverload.Of("-_", CelType.Duration, CelType.Duration, (TimeSpan a, ref CelFault _) => -a),
    ];

    private static long ByZero(ref CelFault fault, string what = "division")
    {
        fault.Set(CelFaultKind.DivisionByZero, what);
        return 0;
    }

    private static long Fit(Int128 value, ref CelFault fault)
    {
        if (value >= long.MinValue && value <= long.MaxValue)
        {
            return (long)value;
        }

        fault.Set(CelFaultKind.Overflow, Int);
        return 0;
    }

    private static ulong FitUint(Int128 value, ref CelFault fault)
    {
        if (value >= 0 && value <= ulong.MaxValue)
        {
            return (ulong)value;
        }

        fault.Set(CelFaultKind.Overflow, Uint);
        return 0;
    }

    private static TimeSpan Fit(TimeSpan value, ref CelFault fault)
    {
        if (!CelTime.InRange(value))
        {
            fault.Set(CelFaultKind.Overflow, Time);
        }

        return value;
    }

    // Durations are within 292 years, so neither sum can wrap around 64 bits of ticks.
    private static DateTimeOffset Shift(DateTimeOffset timestamp, long ticks, ref CelFault fault)
    {
        var moved = timestamp.UtcTicks + ticks;
        if (moved >= DateTime.MinValue.Ticks && moved <= DateTime.MaxValue.Ticks)
        {
            return new DateTimeOffset(moved, TimeSpan.Zero);
        }

        fault.Set(CelFaultKind.Overflow, Time);
        return default;
    }
}
