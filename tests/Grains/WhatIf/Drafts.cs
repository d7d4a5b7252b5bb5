using System.Globalization;
using System.Text.RegularExpressions;

namespace Orchestrator.Grains.Tests.WhatIf;

/// <summary>Changes of a playbook as somebody at work would make them, and some that nobody should.</summary>
internal static partial class Drafts
{
    /// <summary>The text with some changes; the same for the same seed.</summary>
    public static string Of(string text, Random random)
    {
        for (var n = random.Next(1, 4); n > 0; n--)
        {
            var lines = text.Split('\n').ToList();
            var plays = Enumerable.Range(0, lines.Count).Where(i => lines[i].StartsWith("  - {id: p", StringComparison.Ordinal)).ToList();
            var play = plays[random.Next(plays.Count)];
            switch (random.Next(12))
            {
                case 0 or 1 or 2:
                    lines[play] = Number(lines[play], random, "value: (\\d+)", "cost: (\\d+)", ">= (\\d+)", "< (\\d+)", "valid-for: (\\d+)", "cool-down: (\\d+)", "stage_days >= (\\d+)");
                    break;
                case 3:
                    lines[play] = AnyStep().Replace(lines[play], "", 1);
                    break;
                case 4:
                    lines.Insert(play, OwnNames().Replace(lines[play], m => m.Value + "x"));
                    break;
                case 5:
                    (lines[play], lines[plays[0]]) = (lines[plays[0]], lines[play]);
                    break;
                case 6 or 7:
                    var transitions = Enumerable.Range(0, lines.Count).Where(i => lines[i].Contains("from: s", StringComparison.Ordinal)).ToList();
                    if (transitions.Count > 0)
                    {
                        var at = transitions[random.Next(transitions.Count)];
                        lines[at] = Number(lines[at], random, ">= (\\d+)", "quiet_for\\('(\\d+)");
                    }

                    break;
                case 8:
                    return Number(string.Join('\n', lines), random, "half-life: (\\d+)");
                case 9:
                    return Number(string.Join('\n', lines), random, "at-most: (\\d+)", "people-per-week: (\\d+)");
                case 10:
                    return Number(string.Join('\n', lines), random, "p0: (\\d+)\\.5", "p0: 0.(\\d)");
                default:
                    return Regex.Replace(string.Join('\n', lines), "\\bs0\\b", "z0");
            }

            text = string.Join('\n', lines);
        }

        return text;
    }

    private static string Number(string text, Random random, params string[] patterns)
    {
        var found = patterns.SelectMany(p => Regex.Matches(text, p)).Select(m => m.Groups[1]).ToList();
        return found.Count == 0 ? text
            : found[random.Next(found.Count)] is var one ? string.Concat(text.AsSpan(0, one.Index), (int.Parse(one.Value, CultureInfo.InvariantCulture) + random.Next(1, 8)).ToString(CultureInfo.InvariantCulture), text.AsSpan(one.Index + one.Length)) : text;
    }

    [GeneratedRegex(", (eligible|applicable|suitable): \"[^\"]*\"")]
    private static partial Regex AnyStep();

    [GeneratedRegex("(?<=id: )[pt]\\d+(-\\d)?")]
    private static partial Regex OwnNames();
}
