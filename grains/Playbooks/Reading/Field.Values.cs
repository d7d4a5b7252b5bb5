using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Orchestrator.Grains.Playbooks.Reading;

/// <remarks>Numbers, words and texts: what a scalar is taken for is decided here and nowhere else.</remarks>
internal sealed partial class Field
{
    public bool Flag()
    {
        if (Noted(new JsonObject { ["type"] = "boolean" }))
        {
            return ((YamlNode.Probe)node).Look.Flag;
        }

        if (node is YamlNode.Scalar { Plain: true, Text: "true" or "false" } scalar)
        {
            return scalar.Text == "true";
        }

        Refuse($"expected true or false, found {Found()}");
        return false;
    }

    public long Whole(long least, long most)
    {
        if (Noted(new JsonObject { ["type"] = "integer", ["minimum"] = least, ["maximum"] = most }))
        {
            return least;
        }

        var expected = $"a whole number from {least} to {most}";
        if (node is YamlNode.Scalar { Plain: true } scalar
            && long.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            if (number >= least && number <= most)
            {
                return number;
            }

            Refuse($"{number} is out of range; expected {expected}");
            return least;
        }

        Refuse($"expected {expected}, found {Found()}");
        return least;
    }

    public double Number(double least, double most)
    {
        if (Noted(new JsonObject { ["type"] = "number", ["minimum"] = least, ["maximum"] = most }))
        {
            return least;
        }

        var expected = string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {most}");
        if (node is YamlNode.Scalar { Plain: true } scalar
            && double.TryParse(scalar.Text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && double.IsFinite(number))
        {
            if (number >= least && number <= most)
            {
                return number;
            }

            Refuse($"{scalar.Text} is out of range; expected {expected}");
            return least;
        }

        Refuse($"expected {expected}, found {Found()}");
        return least;
    }

    public TimeSpan Duration()
    {
        const string Expected = "a duration such as 30m, 4h, 3d or 2w";
        if (Noted(new JsonObject { ["type"] = "string", ["pattern"] = "^[0-9]+[smhdw]$", ["description"] = Expected }))
        {
            return TimeSpan.FromDays(1);
        }

        if (Words(Expected) is not { } text)
        {
            return TimeSpan.FromDays(1);
        }

        if (!Durations.TryParse(text, out var duration))
        {
            Refuse($"expected {Expected}, at most {Durations.Longest.TotalDays}d, found {Found()}");
        }
        else if (duration == TimeSpan.Zero)
        {
            Refuse($"expected {Expected}, longer than nothing, found {Found()}");
        }

        return duration;
    }

    /// <summary>One of a few words.</summary>
    public T Choice<T>(params ReadOnlySpan<(string Word, T Meaning)> choices)
        where T : struct
    {
        var words = new List<string>();
        foreach (var choice in choices)
        {
            words.Add(choice.Word);
        }

        if (Noted(new JsonObject { ["enum"] = new JsonArray([.. words.Select(word => (JsonNode)word)]) }))
        {
            return choices[0].Meaning;
        }

        var expected = words.Count == 1 ? $"`{words[0]}`" : string.Join(", ", words.Take(words.Count - 1)) + " or " + words[^1];
        if (Words(expected) is { } text)
        {
            foreach (var (word, meaning) in choices)
            {
                if (word == text)
                {
                    return meaning;
                }
            }

            Refuse($"expected {expected}, found {Found()}{findings.Suggest(text, words)}");
        }

        return choices[0].Meaning;
    }

    /// <summary>A text, or a map of texts by language.</summary>
    public LocalizedText Localized()
    {
        if (Noted(Scalar()) && Noted(new JsonObject { ["type"] = "object", ["additionalProperties"] = Scalar(), ["description"] = "texts by language" }))
        {
            return LocalizedText.Empty;
        }

        var texts = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        if (!IsMap)
        {
            texts[LocalizedText.DefaultLanguage] = Text("a text, or texts by language");
            return new LocalizedText(texts.ToImmutable());
        }

        foreach (var entry in Entries("a text, or texts by language"))
        {
            if (!LanguageTag().IsMatch(entry.Key))
            {
                entry.RefuseKey($"`{Short(entry.Key)}` is no language; expected a tag such as en, ja or pt-BR");
            }

            texts[entry.Key] = entry.Text();
        }

        return new LocalizedText(texts.ToImmutable());
    }

    /// <summary>Where a schema is made: notes that such a value may stand here.</summary>
    bool Noted(JsonObject scalar)
    {
        (node as YamlNode.Probe)?.Shape.Add(scalar);
        return node is YamlNode.Probe;
    }

    /// <summary>A word is what was typed: YAML may take it for a number or a flag.</summary>
    static JsonObject Scalar() => new() { ["type"] = new JsonArray("string", "number", "boolean") };

    [GeneratedRegex(@"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\z", RegexOptions.CultureInvariant)]
    private static partial Regex LanguageTag();
}
