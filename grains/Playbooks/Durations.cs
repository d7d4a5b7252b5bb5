using System.Globalization;

namespace Orchestrator.Grains.Playbooks;

/// <summary>Durations as a playbook writes them: a whole number and one unit of s, m, h, d, w (`30m`, `4h`, `3d`, `2w`).</summary>
public static class Durations
{
    /// <summary>The longest duration a playbook may name: ten years, well above any retention.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(3660);

    /// <summary>Reads a duration; false when the text is no duration or is above <see cref="Longest"/>. Zero is read as zero.</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        ArgumentNullException.ThrowIfNull(text);
        duration = default;
        if (text.Length is < 2 or > 12 || !long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        long? unitSeconds = text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3_600, 'd' => 86_400, 'w' => 604_800, _ => null };
        if (unitSeconds is not { } seconds || number > (long)Longest.TotalSeconds / seconds)
        {
            return false;
        }

        duration = TimeSpan.FromSeconds(number * seconds);
        return true;
    }
}
