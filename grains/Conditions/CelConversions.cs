using System.Globalization;
using System.Text;

namespace Orchestrator.Grains.Conditions;

/// <summary>`int()`, `uint()`, `double()`, `string()`, `bytes()`, `bool()`, `timestamp()`, `duration()` and `dyn()`.</summary>
internal static class CelConversions
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static IEnumerable<CelOverload> Overloads { get; } =
    [
        CelOverload.Of<object?, object?>("dyn", CelType.Dyn, CelType.Dyn, (object? a, ref CelFault _) => a),

        CelOverload.Of("int", CelType.Int, CelType.Int, (long a, ref CelFault _) => a),
        CelOverload.Of("int", CelType.Int, CelType.Uint, (ulong a, ref CelFault fault) => a <= long.MaxValue ? (long)a : Refuse<long>(CelFaultKind.Overflow, "int(uint)", ref fault)),
        CelOverload.Of("int", CelType.Int, CelType.Double, (double a, ref CelFault fault) => a is > -9223372036854775808.0 and < 9223372036854775808.0 ? (long)a : Refuse<long>(CelFaultKind.Overflow, "int(double)", ref fault)),
        CelOverload.Of("int", CelType.Int, CelType.String, (string a, ref CelFault fault) => long.TryParse(a, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : Refuse<long>(CelFaultKind.Conversion, "text to int", ref fault)),
        CelOverload.Of("int", CelType.Int, CelType.Timestamp, (DateTimeOffset a, ref CelFault _) => a.ToUnixTimeSeconds()),

        CelOverload.Of("uint", CelType.Uint, CelType.Uint, (ulong a, ref CelFault _) => a),
        CelOverload.Of("uint", CelType.Uint, CelType.Int, (long a, ref CelFault fault) => a >= 0 ? (ulong)a : Refuse<ulong>(CelFaultKind.Overflow, "uint(int)", ref fault)),
        CelOverload.Of("uint", CelType.Uint, CelType.Double, (double a, ref CelFault fault) => a is > -1 and < 18446744073709551616.0 && a >= 0 ? (ulong)a : Refuse<ulong>(CelFaultKind.Overflow, "uint(double)", ref fault)),
        CelOverload.Of("uint", CelType.Uint, CelType.String, (string a, ref CelFault fault) => ulong.TryParse(a, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : Refuse<ulong>(CelFaultKind.Conversion, "text to uint", ref fault)),

        CelOverload.Of("double", CelType.Double, CelType.Double, (double a, ref CelFault _) => a),
        CelOverload.Of("double", CelType.Double, CelType.Int, (long a, ref CelFault _) => (double)a),
        CelOverload.Of("double", CelType.Double, CelType.Uint, (ulong a, ref CelFault _) => (double)a),
        CelOverload.Of<string, double>("double", CelType.Double, CelType.String, ParseDouble),

        CelOverload.Of("bool", CelType.Bool, CelType.Bool, (bool a, ref CelFault _) => a),
        CelOverload.Of<string, bool>("bool", CelType.Bool, CelType.String, ParseBool),

        CelOverload.Of("string", CelType.String, CelType.String, (string a, ref CelFault _) => a),
        CelOverload.Of("string", CelType.String, CelType.Bool, (bool a, ref CelFault _) => a ? "true" : "false"),
        CelOverload.Of("string", CelType.String, CelType.Int, (long a, ref CelFault _) => a.ToString(CultureInfo.InvariantCulture)),
        CelOverload.Of("string", CelType.String, CelType.Uint, (ulong a, ref CelFault _) => a.ToString(CultureInfo.InvariantCulture)),
        CelOverload.Of("string", CelType.String, CelType.Double, (double a, ref CelFault _) => Format(a)),
        CelOverload.Of("string", CelType.String, CelType.Timestamp, (DateTimeOffset a, ref CelFault _) => CelTime.Format(a)),
        CelOverload.Of("string", CelType.String, CelType.Duration, (TimeSpan a, ref CelFault _) => CelTime.Format(a)),
        CelOverload.Of("string", CelType.String, CelType.Bytes, (object? a, ref CelFault fault) => Decode((byte[])a!, ref fault)),

        CelOverload.Of<object?, object?>("bytes", CelType.Bytes, CelType.Bytes, (object? a, ref CelFault _) => a),
        CelOverload.Of<string, object?>("bytes", CelType.Bytes, CelType.String, (string a, ref CelFault _) => Encoding.UTF8.GetBytes(a)),

        CelOverload.Of("timestamp", CelType.Timestamp, CelType.Timestamp, (DateTimeOffset a, ref CelFault _) => a),
        CelOverload.Of("timestamp", CelType.Timestamp, CelType.String, (string a, ref CelFault fault) => CelTime.TryTimestamp(a, out var value) ? value : Refuse<DateTimeOffset>(CelFaultKind.Conversion, "text to timestamp", ref fault)),
        CelOverload.Of("timestamp", CelType.Timestamp, CelType.Int, (long a, ref CelFault fault) => a is >= -62135596800 and <= 253402300799 ? DateTimeOffset.FromUnixTimeSeconds(a) : Refuse<DateTimeOffset>(CelFaultKind.Overflow, "timestamp(int)", ref fault)),

        CelOverload.Of("duration", CelType.Duration, CelType.Duration, (TimeSpan a, ref CelFault _) => a),
        CelOverload.Of("duration", CelType.Duration, CelType.String, (string a, ref CelFault fault) => CelTime.TryDuration(a, out var value) ? value : Refuse<TimeSpan>(CelFaultKind.Conversion, "text to duration", ref fault)),
    ];

    /// <summary>The shortest text that reads back as the same number.</summary>
    internal static string Format(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e'),
    };

    private static T Refuse<T>(CelFaultKind kind, string what, ref CelFault fault)
    {
        fault.Set(kind, what);
        return default!;
    }

    private static double ParseDouble(string text, ref CelFault fault)
    {
        switch (text)
        {
            case "NaN":
                return double.NaN;
            case "Infinity" or "+Infinity" or "Inf" or "+Inf":
                return double.PositiveInfinity;
            case "-Infinity" or "-Inf":
                return double.NegativeInfinity;
            default:
                const NumberStyles Styles = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
                return double.TryParse(text, Styles, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)
                    ? value
                    : Refuse<double>(CelFaultKind.Conversion, "text to double", ref fault);
        }
    }

    private static bool ParseBool(string text, ref CelFault fault) => text switch
    {
        "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
        "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
        _ => Refuse<bool>(CelFaultKind.Conversion, "text to bool", ref fault),
    };

    private static string Decode(byte[] bytes, ref CelFault fault)
    {
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return Refuse<string>(CelFaultKind.Conversion, "bytes that are not UTF-8 to string", ref fault);
        }
    }
}
