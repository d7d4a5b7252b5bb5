using System.Globalization;
using Signal = Orchestrator.V1.Signal;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Grains.Playbooks;

/// <summary>Reads property values.</summary>
public static class SignalValues
{
    /// <summary>True if the value equals a literal of a condition (text, whole number, number or flag).</summary>
    public static bool Matches(Value value, object expected) => expected switch
    {
        string text => value.KindCase == Value.KindOneofCase.Text && value.Text == text,
        bool flag => value.KindCase == Value.KindOneofCase.Flag && value.Flag == flag,
        long whole => value.KindCase == Value.KindOneofCase.Integer ? value.Integer == whole : value.KindCase == Value.KindOneofCase.Number && value.Number == whole,
        double number => value.KindCase == Value.KindOneofCase.Number ? value.Number == number : value.KindCase == Value.KindOneofCase.Integer && value.Integer == number,
        _ => false,
    };

    /// <summary>The property's text as sent; empty if there is none, or if it is no text.</summary>
    public static string TextOf(Signal signal, string property) =>
        signal.Properties.TryGetValue(property, out var value) && value.KindCase == Value.KindOneofCase.Text ? value.Text : "";

    /// <summary>The number that a sum adds: minor units for money; 0 for what is no number.</summary>
    public static double Amount(Value value) => value.KindCase switch
    {
        Value.KindOneofCase.Integer => value.Integer,
        Value.KindOneofCase.Number => value.Number,
        Value.KindOneofCase.Money => value.Money.MinorUnits,
        Value.KindOneofCase.Duration => value.Duration.Seconds,
        _ => 0,
    };

    /// <summary>The value in words.</summary>
    public static string Text(Value value) => value.KindCase switch
    {
        Value.KindOneofCase.None => "",
        Value.KindOneofCase.Text => value.Text,
        Value.KindOneofCase.Integer => value.Integer.ToString(CultureInfo.InvariantCulture),
        Value.KindOneofCase.Number => value.Number.ToString("R", CultureInfo.InvariantCulture),
        Value.KindOneofCase.Flag => value.Flag ? "true" : "false",
        Value.KindOneofCase.Instant => Instant(value).ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFZ", CultureInfo.InvariantCulture),
        Value.KindOneofCase.Duration => Span(value).ToString("c", CultureInfo.InvariantCulture),
        Value.KindOneofCase.Money => $"{value.Money.MinorUnits.ToString(CultureInfo.InvariantCulture)} {value.Money.Currency}",
    };

    public static DateTimeOffset Instant(Value value) =>
        new((value.Instant.Seconds * TimeSpan.TicksPerSecond) + (value.Instant.Nanos / 100) + DateTime.UnixEpoch.Ticks, TimeSpan.Zero);

    public static TimeSpan Span(Value value) =>
        new((value.Duration.Seconds * TimeSpan.TicksPerSecond) + (value.Duration.Nanos / 100));
}
