using System.Text.Json.Nodes;

namespace Orchestrator.Grains.Playbooks.Schema;

/// <summary>What may stand at one place of a file, gathered from what its binding asks for there.</summary>
internal sealed class SchemaShape
{
    private readonly SortedSet<string> scalars = new(StringComparer.Ordinal);
    private readonly List<SchemaObject> objects = [];

    public SchemaShape? Items { get; private set; }

    /// <summary>Of a map whose keys are free.</summary>
    public SchemaShape? Values { get; private set; }

    public bool IsEmpty => scalars.Count == 0 && objects.Count == 0 && Items is null && Values is null;

    public IReadOnlyList<SchemaObject> Objects => objects;

    /// <summary>A kind of scalar.</summary>
    public void Add(JsonObject scalar) => scalars.Add(scalar.ToJsonString());

    public SchemaShape Item() => Items ??= new SchemaShape();

    public SchemaShape Value() => Values ??= new SchemaShape();

    /// <summary>A map with known keys, begun anew.</summary>
    public SchemaObject Begin(string kind, string words)
    {
        var begun = new SchemaObject(kind, words);
        objects.Add(begun);
        return begun;
    }

    /// <summary>What another look found at the same place may stand there, too.</summary>
    public void Merge(SchemaShape other)
    {
        scalars.UnionWith(other.scalars);
        if (other.Items is { } items)
        {
            Item().Merge(items);
        }

        if (other.Values is { } values)
        {
            Value().Merge(values);
        }

        foreach (var found in other.objects)
        {
            if (objects.Find(known => known.Kind == found.Kind && known.Keys.SetEquals(found.Keys)) is { } same)
            {
                same.Merge(found);
            }
            else
            {
                objects.Add(found);
            }
        }
    }

    public JsonObject Write(SchemaDefinitions definitions)
    {
        List<JsonObject> ways = [.. scalars.Select(s => (JsonObject)JsonNode.Parse(s)!)];
        if (Items is not null)
        {
            ways.Add(new JsonObject { ["type"] = "array", ["items"] = Items.Write(definitions) });
        }

        ways.AddRange(objects.Select(definitions.Write));
        // Where keys are known, looking at them all was only to tell what it is.
        if (Values is not null && (!Values.IsEmpty || objects.Count == 0))
        {
            ways.Add(new JsonObject { ["type"] = "object", ["additionalProperties"] = Values.Write(definitions) });
        }

        return ways.Count switch
        {
            0 => [],
            1 => ways[0],
            _ => new JsonObject { ["anyOf"] = new JsonArray([.. ways]) },
        };
    }
}

/// <summary>A map with known keys.</summary>
/// <param name="Kind">Which part of the file it is.</param>
/// <param name="Words">The same for readers.</param>
internal sealed record SchemaObject(string Kind, string Words)
{
    private readonly HashSet<string> required = new(StringComparer.Ordinal);

    public OrderedDictionary<string, SchemaShape> Properties { get; } = new(StringComparer.Ordinal);

    public HashSet<string> Keys => [.. Properties.Keys];

    public SchemaShape Ask(string key, bool isRequired)
    {
        if (isRequired)
        {
            required.Add(key);
        }

        if (!Properties.TryGetValue(key, out var shape))
        {
            Properties.Add(key, shape = new SchemaShape());
        }

        return shape;
    }

    public void Merge(SchemaObject other)
    {
        required.IntersectWith(other.required);
        foreach (var (key, shape) in other.Properties)
        {
            Properties[key].Merge(shape);
        }
    }

    public JsonObject Write(SchemaDefinitions definitions)
    {
        var properties = new JsonObject();
        foreach (var (key, shape) in Properties)
        {
            properties[key] = shape.Write(definitions);
        }

        var written = new JsonObject { ["type"] = "object", ["description"] = Words, ["properties"] = properties, ["additionalProperties"] = false };
        if (required.Count > 0)
        {
            written["required"] = new JsonArray([.. Properties.Keys.Where(required.Contains).Select(key => (JsonNode)key)]);
        }

        return written;
    }
}

/// <summary>Parts of the file that stand in more than one place are written once.</summary>
internal sealed class SchemaDefinitions
{
    private readonly Dictionary<string, string> names = new(StringComparer.Ordinal);

    public JsonObject All { get; } = [];

    public JsonObject Write(SchemaObject part)
    {
        var written = part.Write(this);
        var text = written.ToJsonString();
        if (!names.TryGetValue(text, out var name))
        {
            name = part.Kind;
            for (var number = 2; All.ContainsKey(name); number++)
            {
                name = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{part.Kind}-{number}");
            }

            names.Add(text, name);
            All[name] = written;
        }

        return new JsonObject { ["$ref"] = $"#/definitions/{name}" };
    }
}
