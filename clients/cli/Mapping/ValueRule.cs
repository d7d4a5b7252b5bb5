using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.V1;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Cli.Mapping;

/// <summary>How cells become one property of a signal.</summary>
sealed record ValueRule
{
    /// <summary>Types by the words that playbooks use for them.</summary>
    public static readonly IReadOnlyList<string> Types = ["string", "int", "double", "bool", "timestamp", "duration", "money"];

    public required string Name { get; init; }

    public required Template Text { get; init; }

    /// <summary>One of <see cref="Types"/>.</summary>
    public required string As { get; init; }

    /// <summary>For money.</summary>
    public Template? Currency { get; init; }

    /// <summary>For timestamps.</summary>
    public TimeRule? Time { get; init; }

    public NumberFormatInfo Numbers { get; init; } = NumberFormatInfo.InvariantInfo;

    /// <returns>Null when the cell is empty: the property is left out, and the playbook says whether it may be.</returns>
    /// <exception cref="RowRefusal">The text is not of the type.</exception>
    public Value? Read(Row row)
    {
        var text = Text.Render(row);
        return text.Length == 0 ? null : As switch
        {
            "string" => new() { Text = text },
            "int" => new() { Integer = long.TryParse(text, NumberStyles.AllowLeadingSign, Numbers, out var whole) ? whole : throw Wrong("a whole number", text) },
            "double" => new() { Number = double.TryParse(text, NumberStyles.Float, Numbers, out var number) && double.IsFinite(number) ? number : throw Wrong("a number", text) },
            "bool" => new() { Flag = Flag(text) },
            "timestamp" => new() { Instant = Timestamp.FromDateTimeOffset(Time!.Read(row)) },
            "duration" => new() { Duration = Duration(text) },
            _ => new() { Money = Money(text, row) },
        };
    }

    bool Flag(string text) => text.ToUpperInvariant() switch
    {
        "TRUE" or "YES" or "Y" or "1" => true,
        "FALSE" or "NO" or "N" or "0" => false,
        _ => throw Wrong("true or false", text),
    };

    Duration Duration(string text)
    {
        try
        {
            return Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(Durations.Parse(text, Name));
        }
        catch (CommandFailure)
        {
            throw Wrong("a duration like `30s`, `5m` or `2h`", text);
        }
    }

    Money Money(string text, Row row)
    {
        var currency = Currency!.Render(row);
        if (!Currencies.IsCode(currency))
        {
            throw Wrong("an ISO 4217 currency like `GBP`", currency);
        }

        if (!decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, Numbers, out var amount))
        {
            throw Wrong("an amount", text);
        }

        try
        {
            return new() { MinorUnits = Currencies.MinorUnits(amount, currency), Currency = currency };
        }
        catch (FormatException finer)
        {
            throw new RowRefusal($"`{Name}`: {finer.Message}");
        }
    }

    RowRefusal Wrong(string expected, string found) => new($"`{Name}`: expected {expected}, found `{found}`");
}
