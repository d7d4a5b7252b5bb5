using System.Globalization;
using System.Text.RegularExpressions;
using Orchestrator.Grains.Playbooks;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Orchestrator.Silo.WhatIf;

/// <summary>A place in a playbook's text whose value is tried: <c>path=value,value</c>.</summary>
/// <param name="Path">As it was asked for.</param>
/// <param name="Values">At least one.</param>
/// <param name="Now">As it stands in the text.</param>
internal sealed partial record Lever(string Path, IReadOnlyList<string> Values, string Now, int Start, int Length)
{
    /// <summary>Most characters of a value: it is a number or a word.</summary>
    private const int LongestValue = 200;

    /// <exception cref="FormatException">What was found and what was expected.</exception>
    public static Lever Read(string text, string asked)
    {
        var equals = asked.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0 || equals == asked.Length - 1)
        {
            throw new FormatException($"expected a lever as `path=value,value`, found `{asked}`");
        }

        var path = asked[..equals].Trim();
        List<string> values = [.. asked[(equals + 1)..].Split(',').Select(v => v.Trim())];
        if (values.Find(v => v.Length is 0 or > LongestValue || v.Contains('\n', StringComparison.Ordinal)) is { } bad)
        {
            throw new FormatException($"expected values of 1 to {LongestValue} characters with commas between them behind `{path}`, found `{bad}`");
        }

        if (values.Count != values.Distinct(StringComparer.Ordinal).Count())
        {
            throw new FormatException($"expected each value behind `{path}` once, found one twice");
        }

        var number = NumberInside().Match(path);
        var found = Find(text, number.Success ? path[..number.Index] : path, path);
        if (!number.Success)
        {
            return new Lever(path, values, found.Value!, (int)found.Start.Index, (int)(found.End.Index - found.Start.Index));
        }

        var (start, length) = ((int)found.Start.Index, (int)(found.End.Index - found.Start.Index));
        var places = Regex.Matches(text.Substring(start, length), $@"(?<![\w.]){Regex.Escape(number.Groups[1].Value)}(?![\w.]*\w)");
        return places.Count == 1
            ? new Lever(path, values, number.Groups[1].Value, start + places[0].Index, places[0].Length)
            : throw new FormatException($"expected the number {number.Groups[1].Value} once in `{found.Value}` of `{path[..number.Index]}`, found it {(places.Count == 0 ? "nowhere" : $"{places.Count} times")}");
    }

    /// <summary>The text with other values.</summary>
    /// <param name="values">One for each lever.</param>
    /// <exception cref="FormatException">Two levers are one place.</exception>
    public static string With(string text, IReadOnlyList<Lever> levers, IReadOnlyList<string> values)
    {
        // From the end, so that places before stay where they are.
        var places = levers.Zip(values).OrderByDescending(l => l.First.Start).ToList();
        for (var i = 1; i < places.Count; i++)
        {
            if (places[i].First.Start + places[i].First.Length > places[i - 1].First.Start)
            {
                throw new FormatException($"`{places[i].First.Path}` and `{places[i - 1].First.Path}` are the same place in the text");
            }
        }

        foreach (var (lever, value) in places)
        {
            text = string.Concat(text.AsSpan(0, lever.Start), value, text.AsSpan(lever.Start + lever.Length));
        }

        return text;
    }

    private static YamlScalarNode Find(string text, string path, string whole)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException fault)
        {
            throw new FormatException($"the text is no YAML: {fault.Message}");
        }

        YamlNode node = stream.Documents.Count == 1 ? stream.Documents[0].RootNode : throw new FormatException("expected one document, found none or several");
        List<string> steps = [.. Steps().Matches(path).Select(m => m.Value)];
        var walked = "";
        for (var i = 0; i < steps.Count;)
        {
            var (next, taken) = Step(node, steps, i, walked.Length > 0 ? $"`{walked}`" : "the text");
            walked = string.Join('.', steps.Take(i + taken)).Replace(".[", "[", StringComparison.Ordinal);
            (node, i) = (next, i + taken);
        }

        return node as YamlScalarNode is { } scalar
            ? scalar
            : throw new FormatException($"expected a number or a word at `{whole}`, found {(node is YamlSequenceNode list ? $"a list of {list.Children.Count}; name one as `{path}[0]` or by its id" : $"several keys; name one of {Names(KeysOf(node))}")}");
    }

    /// <summary>One step down; a key may have dots in it, as `page.viewed`.</summary>
    private static (YamlNode Node, int Taken) Step(YamlNode node, List<string> steps, int at, string where)
    {
        for (var taken = 1; taken <= steps.Count - at; taken++)
        {
            var name = string.Join('.', steps.Skip(at).Take(taken));
            if (ChildOf(node, name) is { } child)
            {
                return (child, taken);
            }
        }

        var known = KeysOf(node);
        var near = Words.Nearest(steps[at], known);
        throw new FormatException(known.Count == 0
            ? $"{where} has nothing below it, found `{steps[at]}`"
            : $"{where} has no `{steps[at]}`{(near is null ? $"; it has {Names(known)}" : $"; did you mean `{near}`?")}");
    }

    private static YamlNode? ChildOf(YamlNode node, string name) => node switch
    {
        YamlMappingNode map => map.Children.FirstOrDefault(c => c.Key is YamlScalarNode key && key.Value == name).Value,
        YamlSequenceNode list when name is ['[', .., ']'] && int.TryParse(name[1..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var index) => index < list.Children.Count ? list.Children[index] : null,
        YamlSequenceNode list => list.Children.FirstOrDefault(c => IdOf(c) == name),
        _ => null,
    };

    private static string? IdOf(YamlNode item) => item is YamlMappingNode map && map.Children.TryGetValue(new YamlScalarNode("id"), out var id) ? (id as YamlScalarNode)?.Value : null;

    private static List<string> KeysOf(YamlNode node) => node switch
    {
        YamlMappingNode map => [.. map.Children.Keys.OfType<YamlScalarNode>().Select(k => k.Value!)],
        YamlSequenceNode list => [.. list.Children.Select((c, i) => IdOf(c) ?? $"[{i}]")],
        _ => [],
    };

    private static string Names(List<string> names) => string.Join(", ", names.Take(12).Select(n => $"`{n}`")) + (names.Count > 12 ? $" and {names.Count - 12} more" : "");

    [GeneratedRegex(@"~(-?\d+(?:\.\d+)?)$")]
    private static partial Regex NumberInside();

    [GeneratedRegex(@"\[\d+\]|[^.\[\]]+")]
    private static partial Regex Steps();
}
