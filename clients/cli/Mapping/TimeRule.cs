using System.Globalization;

namespace Orchestrator.Cli.Mapping;

/// <summary>How a cell becomes an instant.</summary>
/// <param name="Format"><c>iso</c>, <c>unix</c> (seconds), <c>unix-ms</c>, or a pattern like <c>yyyy-MM-dd HH:mm</c>.</param>
/// <param name="Zone">Where the clock on the wall hung, for texts without an offset.</param>
sealed record TimeRule(Template Text, string Format, TimeZoneInfo Zone)
{
    /// <exception cref="RowRefusal">The cell is empty, is no such time, or a clock in the zone never showed it.</exception>
    public DateTimeOffset Read(Row row)
    {
        var text = Text.Render(row);
        return Format switch
        {
            "unix" => Since1970(text, TimeSpan.TicksPerSecond),
            "unix-ms" => Since1970(text, TimeSpan.TicksPerMillisecond),
            "iso" => IsIso(text) && DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var iso) ? Place(iso, text) : throw Wrong(text),
            _ => DateTime.TryParseExact(text, Format, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var local) ? Place(local, text) : throw Wrong(text),
        };
    }

    // Parsing is lenient; a year, a month and a day in this order are what makes it ISO 8601 rather than a guess.
    static bool IsIso(string text) => text.Length >= 10 && text[4] == '-' && text[7] == '-';

    DateTimeOffset Since1970(string text, long ticks) =>
        decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count)
            && Math.Abs(count) < 250_000_000_000m * (TimeSpan.TicksPerSecond / ticks)
                ? DateTimeOffset.UnixEpoch.AddTicks((long)(count * ticks))
                : throw Wrong(text);

    DateTimeOffset Place(DateTime read, string text)
    {
        if (read.Kind != DateTimeKind.Unspecified)
        {
            return new DateTimeOffset(read).ToUniversalTime();
        }

        // Skipped when clocks go forward: the zone is wrong or the row is, and a guess would hide it.
        // Shown twice when they go back: the second time, which is standard time, is taken.
        return Zone.IsInvalidTime(read)
            ? throw new RowRefusal($"`{Text.Describe()}`: `{text}` never was in {Zone.Id}, clocks went forward over it")
            : new DateTimeOffset(read, Zone.GetUtcOffset(read)).ToUniversalTime();
    }

    RowRefusal Wrong(string text) => new(text.Length == 0
        ? $"`{Text.Describe()}`: expected a time, found nothing"
        : $"`{Text.Describe()}`: expected a time as `{Format}`, found `{text}`");
}
