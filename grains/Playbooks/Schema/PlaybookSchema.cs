using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orchestrator.Grains.Playbooks.Fixtures;
using Orchestrator.Grains.Playbooks.Reading;

namespace Orchestrator.Grains.Playbooks.Schema;

/// <summary>
/// JSON Schemas (draft 7, which editors read) of playbooks and of their fixtures. They are not written by hand: the very code that reads a file is run on a probe that stands for anything
/// and notes what is asked for, so a key that is read is a key of the schema.
/// </summary>
public static class PlaybookSchema
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Keys by which parts that have several forms tell them apart.</summary>
    private static readonly string[] Telling = ["", "half-life", "grades", "window", "measures", "model", "from"];

    /// <summary>The parts of the language that are maps with known keys; each is in one of the schemas.</summary>
    public static IReadOnlyList<string> Parts { get; } = [.. Enum.GetNames<SectionKind>()];

    private static readonly (bool Flag, int From)[] Looks = [.. from flag in (bool[])[false, true] from depth in Enumerable.Range(1, 8) select (flag, depth)];

    /// <summary>The schema of a playbook, as indented JSON.</summary>
    public static string OfPlaybook() => Write("An Orchestrator playbook", (root, findings, names) => PlaybookBinding.Playbook(root, findings, names));

    /// <summary>The schema of a playbook's fixtures, as indented JSON.</summary>
    public static string OfFixtures() => Write("Tests of an Orchestrator playbook", (root, _, _) => FixtureReader.Fixtures(root));

    private static string Write(string title, System.Action<Field, Findings, Names> bind)
    {
        var all = new SchemaShape();
        foreach (var telling in Telling)
        {
            foreach (var form in Enum.GetValues<ProbeForm>())
            {
                foreach (var (flag, from) in Looks)
                {
                    var shape = new SchemaShape();
                    var findings = new Findings("");
                    var probe = new YamlNode.Probe(shape, new ProbeLook(form, flag, telling, from), depth: 0);
                    bind(new Field(findings, new Names(findings), probe, DocumentPath.Root, "", SourcePosition.Start), findings, new Names(findings));
                    all.Merge(shape);
                }
            }
        }

        var definitions = new SchemaDefinitions();
        var root = all.Write(definitions);
        var schema = new JsonObject { ["$schema"] = "http://json-schema.org/draft-07/schema#", ["title"] = title };
        // In this draft nothing counts beside a reference.
        schema["allOf"] = new JsonArray(root);
        schema["definitions"] = definitions.All;
        return schema.ToJsonString(Indented) + "\n";
    }
}

/// <summary>What a probe pretends to be, where a binding asks.</summary>
internal enum ProbeForm
{
    Map,
    List,
    Text,
}

/// <param name="Flag">What a flag says.</param>
/// <param name="Key">The key that a map with free keys has; empty = any.</param>
/// <param name="From">How deep within the document it pretends; all above are maps, so that what stands deep is reached.</param>
internal sealed record ProbeLook(ProbeForm Form, bool Flag, string Key, int From);
