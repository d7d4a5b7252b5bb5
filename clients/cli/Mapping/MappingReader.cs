using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Orchestrator.Cli.Mapping;

/// <summary>Reads a mapping from YAML, of which JSON is a part. What stands at the top holds for every signal that does not say otherwise.</summary>
sealed class MappingReader
{
    static readonly string[] OfTable = ["separator", "decimal", "signals"];
    static readonly string[] OfSignal = ["type", "id", "account", "identifiers", "time", "properties", "source", "asserted-by", "action", "when"];

    readonly string file;
    NumberFormatInfo numbers = NumberFormatInfo.InvariantInfo;

    MappingReader(string file) => this.file = file;

    /// <param name="accountColumn">Takes the place of every <c>account</c> in the mapping; null keeps them.</param>
    /// <exception cref="CommandFailure">It is not a mapping; the message names file, line and column.</exception>
    public static SignalMapping Read(string file, string text, string? accountColumn)
    {
        var reader = new MappingReader(file);
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            return stream.Documents.Count == 1
                ? reader.Mapping(reader.Entries(stream.Documents[0].RootNode, "the mapping", [.. OfTable, .. OfSignal]), accountColumn)
                : throw new Place(file, 1, 1).Wrong($"expected one YAML document, found {stream.Documents.Count}");
        }
        catch (YamlException broken)
        {
            throw new Place(file, broken.Start.Line, broken.Start.Column).Wrong(broken.Message, broken);
        }
    }

    SignalMapping Mapping(MappingEntries top, string? accountColumn)
    {
        var separator = top.Get("separator") is { } node ? Separator(node) : (char?)null;
        numbers = top.Get("decimal") is { } mark ? Numbers(mark) : numbers;
        var entries = top.Get("signals") switch
        {
            null => [top],
            YamlSequenceNode { Children.Count: > 0 } list => list.Children.Select(child => Entries(child, "a signal", OfSignal).Over(top)).ToList(),
            var other => throw At(other).Wrong("expected a list of signals"),
        };
        if (entries.Count > 1 && top.Get("id") is { } shared)
        {
            throw At(shared).Wrong("expected `id` in each of `signals`, found it at the top, where all signals of a row would share it");
        }

        return new(separator, [.. entries.Select((entry, index) => Signal(entry, Suffix(entries, index), accountColumn))]);
    }

    SignalTemplate Signal(MappingEntries entries, string suffix, string? accountColumn)
    {
        var time = entries.Get("time");
        var template = new SignalTemplate
        {
            Type = Scalar(entries.Need("type")),
            Id = Text(entries.Get("id")),
            Suffix = suffix,
            Account = accountColumn is null ? Text(entries.Get("account")) : Template.OfColumn(accountColumn, new("--account-column", 0, 0)),
            Identifiers = entries.Get("identifiers") is { } identifiers
                ? [.. Entries(identifiers, "identifiers", null).All.Select(pair => (pair.Key, Text(pair.Value)!))]
                : [],
            Time = time is null ? null : Time(time),
            Properties = entries.Get("properties") is { } properties
                ? [.. Entries(properties, "properties", null).All.Select(pair => Property(pair.Key, pair.Value))]
                : [],
            Source = Text(entries.Get("source")),
            AssertedBy = Text(entries.Get("asserted-by")),
            Action = Text(entries.Get("action")),
            When = entries.Get("when") switch
            {
                null => [],
                YamlSequenceNode list => [.. list.Children.SelectMany(Conditions)],
                var one => [.. Conditions(one)],
            },
        };
        return template.Account is null && template.Identifiers.Count == 0
            ? throw entries.Place.Wrong("expected `account` or `identifiers`, found neither")
            : template;
    }

    ValueRule Property(string name, YamlNode node)
    {
        if (node is YamlScalarNode)
        {
            return new() { Name = name, Text = Text(node)!, As = "string" };
        }

        var entries = Entries(node, $"property `{name}`", ["column", "value", "as", "currency", "format", "zone"]);
        var kind = entries.Get("as") is { } word ? OneOf(word, ValueRule.Types) : "string";
        var text = Subject(entries);
        return new()
        {
            Name = name,
            Text = text,
            As = kind,
            Numbers = numbers,
            Currency = kind == "money" ? Text(entries.Need("currency")) : entries.Refuse("currency", "money"),
            Time = kind == "timestamp" ? Time(entries, text) : null,
        };
    }

    IEnumerable<RowCondition> Conditions(YamlNode node)
    {
        var entries = Entries(node, "a condition", ["column", .. RowCondition.Tests]);
        var column = Scalar(entries.Need("column"));
        var tests = entries.All.Where(pair => pair.Key != "column").ToList();
        if (tests.Count == 0)
        {
            throw entries.Place.Wrong($"expected one of {Listed(RowCondition.Tests)}, found none");
        }

        foreach (var (test, operand) in tests)
        {
            var text = Scalar(operand);
            if (RowCondition.Comparisons.Contains(test) && !decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out _))
            {
                throw At(operand).Wrong($"expected a number for `{test}`, found `{text}`");
            }

            if (test == "present" && text is not ("true" or "false"))
            {
                throw At(operand).Wrong($"expected true or false for `present`, found `{text}`");
            }

            yield return new(column, test, text, numbers, At(node));
        }
    }

    TimeRule Time(YamlNode node)
    {
        if (node is YamlScalarNode)
        {
            return new(Text(node)!, "iso", TimeZoneInfo.Utc);
        }

        var entries = Entries(node, "`time`", ["column", "value", "format", "zone"]);
        return Time(entries, Subject(entries));
    }

    TimeRule Time(MappingEntries entries, Template text)
    {
        var format = entries.Get("format") is { } pattern ? Scalar(pattern) : "iso";
        var zone = TimeZoneInfo.Utc;
        if (entries.Get("zone") is { } named && !TimeZoneInfo.TryFindSystemTimeZoneById(Scalar(named), out zone!))
        {
            throw At(named).Wrong($"expected a time zone that this machine knows, like `Europe/London`, found `{Scalar(named)}`");
        }

        return new(text, format, zone);
    }

    Template Subject(MappingEntries entries) => (entries.Get("column"), entries.Get("value")) switch
    {
        ({ } column, null) => Template.OfColumn(Scalar(column), At(column)),
        (null, { } value) => Text(value)!,
        _ => throw entries.Place.Wrong("expected one of `column` and `value`"),
    };

    // Types tell the signals of a row apart, as they stay when the mapping's order changes; where they cannot, their number does.
    static string Suffix(List<MappingEntries> entries, int index)
    {
        var type = TypeOf(entries[index]);
        return entries.Count == 1 ? "" : type.Length <= 50 && entries.Count(other => TypeOf(other) == type) == 1 ? type : $"{index + 1}";
    }

    static string TypeOf(MappingEntries entries) => (entries.Get("type") as YamlScalarNode)?.Value ?? "";

    char Separator(YamlNode node) => Scalar(node) is [var only] ? only : throw At(node).Wrong($"expected one character, found `{Scalar(node)}`");

    NumberFormatInfo Numbers(YamlNode node) => Scalar(node) switch
    {
        "." => NumberFormatInfo.InvariantInfo,
        "," => new() { NumberDecimalSeparator = ",", NumberGroupSeparator = "." },
        var other => throw At(node).Wrong($"expected `.` or `,`, found `{other}`"),
    };

    Template? Text(YamlNode? node) => node is null ? null : Template.Parse(Scalar(node), At(node));

    string OneOf(YamlNode node, IReadOnlyList<string> words) =>
        words.Contains(Scalar(node)) ? Scalar(node) : throw At(node).Wrong($"expected one of {Listed(words)}, found `{Scalar(node)}`");

    string Scalar(YamlNode node) => node is YamlScalarNode { Value: { Length: > 0 } value } ? value : throw At(node).Wrong("expected a text or a number");

    MappingEntries Entries(YamlNode node, string what, IReadOnlyList<string>? known)
    {
        if (node is not YamlMappingNode mapping)
        {
            throw At(node).Wrong($"expected names with values for {what}");
        }

        var entries = new MappingEntries(what, At(node));
        foreach (var (key, value) in mapping.Children)
        {
            var name = Scalar(key);
            if (known?.Contains(name) == false)
            {
                throw At(key).Wrong($"`{name}` is not known in {what}; expected one of {Listed(known)}");
            }

            entries.All.Add((name, value));
        }

        return entries;
    }

    Place At(YamlNode node) => new(file, node.Start.Line, node.Start.Column);

    static string Listed(IReadOnlyList<string> words) => string.Join(", ", words.Select(word => $"`{word}`"));
}
