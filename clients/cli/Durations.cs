using System.Globalization;

namespace Orchestrator.Cli;

/// <summary>Durations as people type them: a number and one unit of ms, s, m, h, d.</summary>
static class Durations
{
    /// <exception cref="CommandFailure">It is none, or longer than ten years.</exception>
    public static TimeSpan Parse(string text, string option)
    {
        var digits = text.AsSpan().TrimEnd("mshd");
        var unit = text[digits.Length..] switch
        {
            "ms" => TimeSpan.FromMilliseconds(1),
            "s" => TimeSpan.FromSeconds(1),
            "m" => TimeSpan.FromMinutes(1),
            "h" => TimeSpan.FromHours(1),
            "d" => TimeSpan.FromDays(1),
            _ => TimeSpan.Zero,
        };
        return unit > TimeSpan.Zero
            && double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number * unit.TotalDays <= 3653
                ? unit * number
                : throw new CommandFailure(Exit.Usage, $"expected a duration like `30s`, `5m` or `2h` for `{option}`, found `{text}`");
    }

    /// <summary>As a reader wants it: the two largest units.</summary>
    public static string Show(TimeSpan duration) => duration switch
    {
        { Ticks: < 0 } => "-" + Show(-duration),
        { TotalDays: >= 1 } => $"{(int)duration.TotalDays}d {duration.Hours}h",
        { TotalHours: >= 1 } => $"{duration.Hours}h {duration.Minutes}m",
        { TotalMinutes: >= 1 } => $"{duration.Minutes}m {duration.Seconds}s",
        { TotalSeconds: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0.#}s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMilliseconds:0}ms"),
    };
}
