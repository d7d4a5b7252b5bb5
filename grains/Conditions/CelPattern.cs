using System.Text.RegularExpressions;

namespace Orchestrator.Grains.Conditions;

/// <summary>Patterns of `matches`, with an engine whose time is linear in the text.</summary>
internal static class CelPattern
{
    public static bool TryCompile(string pattern, out Regex regex, out string why)
    {
        try
        {
            regex = new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            why = "";
            return true;
        }
        catch (RegexParseException refused)
        {
            why = $"{refused.Error} at {refused.Offset}";
        }
        catch (NotSupportedException)
        {
            why = "look-around, back references and atomic groups are not supported";
        }

        regex = null!;
        return false;
    }
}
