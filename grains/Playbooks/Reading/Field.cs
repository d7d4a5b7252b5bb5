using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Orchestrator.Grains.Playbooks.Schema;

namespace Orchestrator.Grains.Playbooks.Reading;

/// <summary>
/// A value with its place, on its way into a definition. Each method either gives what it is named after or tells the findings and gives
/// something harmless, so that the rest of the file is checked all the same; with errors no definition is handed out.
/// </summary>
internal sealed partial class Field(Findings findings, Names names, YamlNode node, DocumentPath path, string key, SourcePosition keyAt)
{
    public string Key => key;
    public SourcePosition KeyAt => keyAt;
    public DocumentPath Path => path;
    public SourcePosition At => node.At;
    public bool IsText => node is YamlNode.Scalar or YamlNode.Probe { Form: ProbeForm.Text };
    public bool IsMap => node is YamlNode.Mapping or YamlNode.Probe { Form: ProbeForm.Map };
    public bool IsPlainText => node is YamlNode.Scalar { Plain: true };

    /// <summary>What it says is known from a feature level on.</summary>
    public void Needs(string what, int level) => findings.Need(what, level, node.At);

    public void Refuse(string message) => findings.Error(node.At, path, message);

    public void RefuseKey(string message) => findings.Error(keyAt, path, message);

    /// <summary>The words, or null after refusing anything else.</summary>
    public string? Words(string expected)
    {
        if (Noted(Scalar()))
        {
            return null;
        }

        if (node is YamlNode.Scalar { IsNothing: false } scalar && !string.IsNullOrWhiteSpace(scalar.Text))
        {
            return scalar.Text;
        }

        Refuse($"expected {expected}, found {Found()}");
        return null;
    }

    public string Text(string expected = "a text") => Words(expected) ?? "";

    /// <summary>A name: lower-case letters, digits, `-`, `_` and `.`, beginning with a letter or digit.</summary>
    public string Id()
    {
        var id = Text("a name");
        if (id.Length > 0 && !IsName(id))
        {
            Refuse($"`{Short(id)}` is no name; a name has letters a-z, digits, `-`, `_` and `.`, at most {LongestName}, and begins with a letter or digit");
            return "";
        }

        return id;
    }

    public Reference Name(NameKind kind) => names.Refer(kind, new Reference(Id(), node.At), path);

    /// <summary>One name or a list of names, each once. An empty list is refused: it would read as none and mean any.</summary>
    public ImmutableArray<Reference> Names(NameKind kind)
    {
        if (node is YamlNode.Sequence { Items.IsEmpty: true })
        {
            Refuse("expected a name or a list of names, found an empty list; leave the key out instead");
        }

        var references = ImmutableArray.CreateBuilder<Reference>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in IsText ? [this] : Items("a name or a list of names"))
        {
            var reference = item.Name(kind);
            if (reference.Id.Length > 0 && !seen.Add(reference.Id))
            {
                item.Refuse($"`{reference.Id}` is named twice");
            }

            references.Add(reference);
        }

        return references.ToImmutable();
    }

    public Expression Expression() =>
        Words("a condition or formula") is { } text
            ? new Expression(text, node.At) { Runs = ((YamlNode.Scalar)node).Runs }
            : new Expression("true", node.At);

    /// <summary>The items of a list; none after refusing anything else.</summary>
    public ImmutableArray<Field> Items(string expected = "a list")
    {
        if (node is YamlNode.Probe probe)
        {
            return [new Field(findings, names, probe.Within(probe.Shape.Item()), path, key, keyAt)];
        }

        if (node is not YamlNode.Sequence list)
        {
            Refuse($"expected {expected}, found {Found()}");
            return [];
        }

        return [.. list.Items.Select((item, number) => new Field(findings, names, item, path.Item(number), key, item.At))];
    }

    /// <summary>The entries of a map whose keys are free; of a key given twice the second is refused.</summary>
    public ImmutableArray<Field> Entries(string expected = "a map")
    {
        if (node is YamlNode.Probe probe)
        {
            var entry = probe.Entry(probe.Shape.Value());
            return [new Field(findings, names, entry.Value, path, entry.Key, entry.KeyAt)];
        }

        if (node is not YamlNode.Mapping map)
        {
            Refuse($"expected {expected}, found {Found()}");
            return [];
        }

        var entries = ImmutableArray.CreateBuilder<Field>(map.Entries.Length);
        var lines = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var entry in map.Entries)
        {
            if (!lines.TryAdd(entry.Key, entry.KeyAt.Line))
            {
                findings.Error(entry.KeyAt, path.Key(entry.Key), $"duplicate key `{Short(entry.Key)}`; first given at line {lines[entry.Key]}");
                continue;
            }

            entries.Add(new Field(findings, names, entry.Value, path.Key(entry.Key), entry.Key, entry.KeyAt));
        }

        return entries.ToImmutable();
    }

    /// <summary>The entries of a map whose keys declare names of a kind.</summary>
    public ImmutableArray<Field> Declared(NameKind kind)
    {
        var word = Reading.Names.Word(kind);
        var entries = Entries($"a map with the name of each {word}");
        foreach (var entry in entries)
        {
            if (entry.KeyIsName($"a {word}"))
            {
                names.Declare(kind, entry.Key, entry.KeyAt, entry.Path);
            }
        }

        return entries;
    }

    /// <summary>Reads this value as the name of something that is declared here.</summary>
    public string Declares(NameKind kind)
    {
        var id = Id();
        names.Declare(kind, id, node.At, path);
        return id;
    }

    /// <summary>The key names something declared elsewhere.</summary>
    public Reference KeyName(NameKind kind) => names.Refer(kind, new Reference(key, keyAt), path);

    public bool KeyIsName(string what)
    {
        if (IsName(key))
        {
            return true;
        }

        RefuseKey($"`{Short(key)}` cannot name {what}; a name has letters a-z, digits, `-`, `_` and `.`, at most {LongestName}, and begins with a letter or digit");
        return false;
    }

    /// <summary>A map with known keys; an empty one after refusing anything else. Close it when all keys were asked for.</summary>
    public Section Section(SectionKind kind)
    {
        if (node is YamlNode.Probe probe)
        {
            return new Section(findings, kind, this, null) { Noting = (probe.Shape.Begin(kind.ToString(), kind.Word()), names, probe) };
        }

        if (!IsMap)
        {
            Refuse($"expected {kind.Word()} as a map, found {Found()}");
        }

        return new Section(findings, kind, this, node is YamlNode.Mapping ? Entries() : null);
    }

    /// <summary>What stands there, in words.</summary>
    public string Found() => node switch
    {
        YamlNode.Scalar { IsNothing: true } => "nothing",
        YamlNode.Scalar { Plain: false } scalar => $"the quoted text `{Short(scalar.Text)}`",
        YamlNode.Scalar scalar => $"`{Short(scalar.Text)}`",
        YamlNode.Sequence { Items.IsEmpty: true } => "an empty list",
        YamlNode.Sequence => "a list",
        YamlNode.Mapping => "a map",
        YamlNode.Probe => "anything",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    public static string Short(string text)
    {
        const int Shown = 60;
        var line = text.ReplaceLineEndings(" ");
        return line.Length > Shown ? line[..Shown] + "..." : line;
    }

    const int LongestName = 100;

    static bool IsName(string id) => id.Length <= LongestName && NamePattern().IsMatch(id);

    [GeneratedRegex(@"^[a-z0-9][a-z0-9._-]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex NamePattern();
}
