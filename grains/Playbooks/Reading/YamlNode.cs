using System.Collections.Immutable;
using Orchestrator.Grains.Playbooks.Schema;

namespace Orchestrator.Grains.Playbooks.Reading;

/// <summary>A YAML value with its place in the file. Aliases share the node of their anchor, so a tree may be a DAG.</summary>
internal abstract class YamlNode(SourcePosition at, long size)
{
    /// <summary>Where the content begins.</summary>
    public SourcePosition At { get; } = at;

    /// <summary>How many nodes this is when all aliases are written out.</summary>
    public long Size { get; } = size;

    /// <summary>All scalars are text: what it means is decided where it is bound, so `NO`, `on` and `1e3` stay what was typed.</summary>
    /// <param name="plain">True: written without quotes and not as a block.</param>
    internal sealed class Scalar(string text, SourcePosition at, bool plain, ImmutableArray<TextRun> runs) : YamlNode(at, 1)
    {
        public string Text { get; } = text;
        public bool Plain { get; } = plain;
        public ImmutableArray<TextRun> Runs { get; } = runs;

        /// <summary>True: the key stands there without any value.</summary>
        public bool IsNothing => Plain && Text.Length == 0;
    }

    /// <summary>Stands for anything, and notes what is asked of it: how the schema is found.</summary>
    /// <param name="depth">0 = the document.</param>
    internal sealed class Probe(SchemaShape shape, ProbeLook look, int depth) : YamlNode(SourcePosition.Start, 1)
    {
        public SchemaShape Shape { get; } = shape;
        public ProbeLook Look { get; } = look;
        public ProbeForm Form => depth < Look.From ? ProbeForm.Map : Look.Form;

        public Probe Within(SchemaShape of) => new(of, Look, depth + 1);

        public YamlEntry Entry(SchemaShape of) => new(Look.Key.Length > 0 ? Look.Key : "any", At, Within(of));
    }

    internal sealed class Sequence(ImmutableArray<YamlNode> items, SourcePosition at, long size) : YamlNode(at, size)
    {
        public ImmutableArray<YamlNode> Items { get; } = items;
    }

    internal sealed class Mapping(ImmutableArray<YamlEntry> entries, SourcePosition at, long size) : YamlNode(at, size)
    {
        public ImmutableArray<YamlEntry> Entries { get; } = entries;
    }
}

internal readonly record struct YamlEntry(string Key, SourcePosition KeyAt, YamlNode Value);
