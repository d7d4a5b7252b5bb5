using System.Collections.Immutable;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Orchestrator.Grains.Playbooks.Reading;

/// <summary>Reads one YAML document into nodes with their places; what is wrong goes to the findings.</summary>
internal sealed class YamlLoader
{
    public const int MostBytes = 1 << 20;

    /// <summary>Nodes that aliases may add. The text itself is bounded by <see cref="MostBytes"/>.</summary>
    public const int MostAliasedNodes = 50_000;

    /// <summary>The language needs nine levels; the rest is head-room, and keeps our recursion off the stack's end.</summary>
    const int DeepestLevel = 40;

    readonly string text;
    readonly SourceText source;
    readonly Findings findings;
    readonly Parser parser;
    readonly Dictionary<string, YamlNode> anchors = new(StringComparer.Ordinal);
    long aliasedNodes;

    YamlLoader(string text, Findings findings)
    {
        this.text = text;
        this.findings = findings;
        source = new SourceText(text);
        parser = new Parser(new StringReader(text));
    }

    /// <summary>The document, or null after telling the findings why not.</summary>
    public static YamlNode? Load(string text, Findings findings)
    {
        text = text.StartsWith('\uFEFF') ? text[1..] : text;
        if (Encoding.UTF8.GetByteCount(text) is var bytes && bytes > MostBytes)
        {
            findings.Error(SourcePosition.Start, DocumentPath.Root, $"the file has {bytes} bytes; a playbook has at most {MostBytes}");
            return null;
        }

        var loader = new YamlLoader(text, findings);
        if (!loader.HasOnlyText())
        {
            return null;
        }

        try
        {
            return loader.Document();
        }
        catch (YamlException malformed)
        {
            MalformedYaml.Tell(malformed, loader.source, findings);
            return null;
        }
        catch (InvalidOperationException)
        {
            // The scanner's answer to some plain scalars that have no character at all, such as `[1\nb: 2`, in place of a YamlException.
            loader.Lost("not valid yaml from here on; a bracket is not closed, or a value is missing");
            return null;
        }
        catch (ArgumentOutOfRangeException)
        {
            // The scanner turns `\U99999999` and lone halves of surrogates into characters without a look.
            loader.Lost("not valid yaml from here on; an escape such as `\\U0001F600` names no character");
            return null;
        }
    }

    /// <summary>Where the parser stopped without saying so: behind the last thing that it had read.</summary>
    void Lost(string message) =>
        findings.Error(source.PositionOf(parser.Current?.End.Index ?? 0), DocumentPath.Root, message);

    /// <summary>
    /// The parser takes NUL for the end of the file and U+0085, U+2028, U+2029 for line breaks, so half a file could be read without
    /// a word, or lines be counted otherwise than in an editor.
    /// </summary>
    bool HasOnlyText()
    {
        for (var index = 0; index < text.Length; index++)
        {
            var character = text[index];
            var paired = char.IsHighSurrogate(character) && index + 1 < text.Length && char.IsLowSurrogate(text[index + 1]);
            if (paired)
            {
                index++;
            }
            else if ((char.IsControl(character) && character is not ('\n' or '\r' or '\t')) || char.IsSurrogate(character)
                || character is '\u2028' or '\u2029' or '\uFEFF')
            {
                findings.Error(source.PositionOf(index), DocumentPath.Root, $"character U+{(int)character:X4} is not allowed in a playbook");
                return false;
            }
        }

        return true;
    }

    YamlNode? Document()
    {
        parser.MoveNext();
        while (parser.MoveNext() && parser.Current is DocumentStart or Comment)
        {
        }

        if (parser.Current is not (NodeEvent or AnchorAlias))
        {
            findings.Error(SourcePosition.Start, DocumentPath.Root, "the file is empty; expected a playbook");
            return null;
        }

        if (Node(0) is not { } root)
        {
            return null;
        }

        while (parser.MoveNext())
        {
            if (parser.Current is DocumentStart second)
            {
                Refuse(second, "a second document begins here; a playbook is one document");
                return null;
            }
        }

        return root;
    }

    YamlNode? Node(int level)
    {
        var current = parser.Current!;
        if (level > DeepestLevel)
        {
            return Refuse(current, $"nested deeper than {DeepestLevel} levels");
        }

        if (current is NodeEvent { Tag: { IsEmpty: false, IsNonSpecific: false } tag })
        {
            return Refuse(current, $"tag `{tag.Value}` is not supported; write the value without it");
        }

        var node = current switch
        {
            AnchorAlias alias => Aliased(alias),
            Scalar scalar => Text(scalar),
            SequenceStart start => Sequence(start, level),
            MappingStart start => Mapping(start, level),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        if (node is not null && current is NodeEvent { Anchor: { IsEmpty: false } anchor })
        {
            anchors[anchor.Value] = node;
        }

        return node;
    }

    YamlNode? Aliased(AnchorAlias alias)
    {
        // An anchor is known once its node is complete: a node that contains itself is refused here as well.
        if (!anchors.TryGetValue(alias.Value.Value, out var node))
        {
            return Refuse(alias, $"alias `*{alias.Value.Value}` names no anchor that is complete before it{findings.Suggest(alias.Value.Value, anchors.Keys)}");
        }

        aliasedNodes += node.Size;
        return aliasedNodes <= MostAliasedNodes ? node : Refuse(alias, $"aliases add more than {MostAliasedNodes} nodes");
    }

    YamlNode.Scalar Text(Scalar scalar)
    {
        var (at, runs) = source.Locate(scalar.Value, scalar.Style, scalar.Start.Index);
        return new YamlNode.Scalar(scalar.Value, at, scalar.Style is ScalarStyle.Plain, runs);
    }

    YamlNode.Sequence? Sequence(SequenceStart start, int level)
    {
        var items = ImmutableArray.CreateBuilder<YamlNode>();
        long size = 1;
        while (Next() is not SequenceEnd)
        {
            if (Node(level + 1) is not { } item)
            {
                return null;
            }

            items.Add(item);
            size += item.Size;
        }

        return new YamlNode.Sequence(items.ToImmutable(), source.PositionOf(start.Start.Index), size);
    }

    YamlNode.Mapping? Mapping(MappingStart start, int level)
    {
        var entries = ImmutableArray.CreateBuilder<YamlEntry>();
        long size = 1;
        while (Next() is not MappingEnd)
        {
            var keyEvent = parser.Current!;
            if (Node(level + 1) is not { } key)
            {
                return null;
            }

            if (key is not YamlNode.Scalar name)
            {
                Refuse(keyEvent, "a key must be a word, found a list or map");
                return null;
            }

            Next();
            if (Node(level + 1) is not { } value)
            {
                return null;
            }

            entries.Add(new YamlEntry(name.Text, keyEvent is AnchorAlias ? source.PositionOf(keyEvent.Start.Index) : name.At, value));
            size += 1 + value.Size;
        }

        return new YamlNode.Mapping(entries.ToImmutable(), source.PositionOf(start.Start.Index), size);
    }

    ParsingEvent Next()
    {
        while (parser.MoveNext() && parser.Current is Comment)
        {
        }

        return parser.Current!;
    }

    YamlNode? Refuse(ParsingEvent at, string message)
    {
        findings.Error(source.PositionOf(at.Start.Index), DocumentPath.Root, message);
        return null;
    }
}
