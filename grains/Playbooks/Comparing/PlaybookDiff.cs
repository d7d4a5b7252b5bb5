using Orchestrator.Grains.Playbooks.Reading;

namespace Orchestrator.Grains.Playbooks.Comparing;

public enum ChangeKind
{
    Added,
    Removed,
    Changed,

    /// <summary>The order of things of which the first that holds wins.</summary>
    Reordered,
}

/// <summary>One thing in which two playbooks differ, in the words of the model.</summary>
/// <param name="What">Such as `stage` or `play`; a key of the playbook where it has no word of its own.</param>
/// <param name="Id">Which one; empty where there is only one.</param>
/// <param name="Where">The way to what changed within it, such as `sla.within`; empty for the whole.</param>
/// <param name="Before">As written, on one line; empty if it was not there.</param>
/// <param name="After">As written, on one line; empty if it is gone.</param>
public sealed record PlaybookChange(ChangeKind Kind, string What, string Id, string Where, string Before, string After)
{
    public override string ToString()
    {
        var name = Id.Length > 0 ? $"{What} `{Id}`" : What;
        return Kind switch
        {
            ChangeKind.Added => Where.Length == 0 ? $"{name} is added" : $"{name}: {Where} {After} is added",
            ChangeKind.Removed => Where.Length == 0 ? $"{name} is removed" : $"{name}: {Where} {Before} is removed",
            ChangeKind.Changed => Where.Length == 0 ? $"{name}: {Before} -> {After}" : $"{name}: {Where} {Before} -> {After}",
            ChangeKind.Reordered => $"{name}: the order{(Where.Length > 0 ? $" of {Where}" : "")} changes from {Before} to {After}",
        };
    }
}

/// <summary>
/// Compares the texts of two playbooks by what they say: comments, layout and the order of things that have none do not matter. It goes by the text's own tree, so it knows every
/// section there is.
/// </summary>
public static class PlaybookDiff
{
    private static readonly Dictionary<string, string> Words = new(StringComparer.Ordinal)
    {
        ["stages"] = "stage", ["transitions"] = "transition", ["plays"] = "play", ["signals"] = "signal", ["departments"] = "department", ["segments"] = "segment",
        ["roles"] = "role", ["channels"] = "channel", ["scores"] = "score", ["classification"] = "class", ["experiments"] = "experiment", ["milestones"] = "milestone",
        ["journeys"] = "journey", ["journey-groups"] = "group of journeys", ["counts"] = "count", ["goals"] = "goal", ["promises"] = "kind of promise", ["buying-groups"] = "buying group",
    };

    /// <summary>Of these the first that holds wins.</summary>
    private static readonly HashSet<string> Ordered = new(StringComparer.Ordinal) { "transitions", "segments", "classification", "journeys", "enter", "rules" };

    /// <summary>What differs, in the order of the texts: sections of the first, then those that only the second has.</summary>
    /// <returns>Null where a text is no YAML; the diagnostics say why.</returns>
    public static (IReadOnlyList<PlaybookChange>? Changes, IReadOnlyList<Diagnostic> Diagnostics) Between(string before, string beforeFile, string after, string afterFile)
    {
        var (first, second) = (new Findings(beforeFile), new Findings(afterFile));
        var (one, other) = (YamlLoader.Load(before, first), YamlLoader.Load(after, second));
        if (one is not YamlNode.Mapping from || other is not YamlNode.Mapping to)
        {
            return (null, [.. first.InOrder(), .. second.InOrder()]);
        }

        var changes = new List<PlaybookChange>();
        foreach (var (key, left, right) in Pairs(from, to))
        {
            Section(key, left, right, changes);
        }

        return (changes, []);
    }

    private static void Section(string key, YamlNode? before, YamlNode? after, List<PlaybookChange> changes)
    {
        if (!Words.TryGetValue(key, out var word))
        {
            Compare(key, "", "", before, after, changes);
            return;
        }

        var (from, to) = (ById(before), ById(after));
        foreach (var (id, left) in from)
        {
            if (!to.TryGetValue(id, out var right))
            {
                changes.Add(new PlaybookChange(ChangeKind.Removed, word, id, "", Text(left), ""));
            }
            else
            {
                Compare(word, id, "", left, right, changes);
            }
        }

        foreach (var (id, right) in to.Where(t => !from.ContainsKey(t.Key)))
        {
            changes.Add(new PlaybookChange(ChangeKind.Added, word, id, "", "", Text(right)));
        }

        if (Ordered.Contains(key))
        {
            Order(key, "", "", [.. from.Keys], [.. to.Keys], changes);
        }
    }

    private static void Order(string what, string id, string where, IReadOnlyList<string> before, IReadOnlyList<string> after, List<PlaybookChange> changes)
    {
        if (!before.Intersect(after).SequenceEqual(after.Intersect(before)))
        {
            changes.Add(new PlaybookChange(ChangeKind.Reordered, what, id, where, string.Join(", ", before), string.Join(", ", after)));
        }
    }

    private static void Compare(string what, string id, string where, YamlNode? before, YamlNode? after, List<PlaybookChange> changes)
    {
        if (before is null || after is null)
        {
            var kind = before is null ? ChangeKind.Added : ChangeKind.Removed;
            changes.Add(new PlaybookChange(kind, what, id, where, before is null ? "" : Text(before), after is null ? "" : Text(after)));
        }
        else if (before is YamlNode.Mapping from && after is YamlNode.Mapping to)
        {
            foreach (var (key, left, right) in Pairs(from, to))
            {
                Compare(what, id, where.Length == 0 ? key : $"{where}.{key}", left, right, changes);
            }
        }
        else if (before is YamlNode.Sequence { Items: var some } && after is YamlNode.Sequence { Items: var others })
        {
            Items(what, id, where, some, others, changes);
        }
        else if (Text(before) is var left && Text(after) is var right && left != right)
        {
            changes.Add(new PlaybookChange(ChangeKind.Changed, what, id, where, left, right));
        }
    }

    /// <summary>Items with ids are compared one by one, others as wholes.</summary>
    private static void Items(string what, string id, string where, IReadOnlyList<YamlNode> before, IReadOnlyList<YamlNode> after, List<PlaybookChange> changes)
    {
        var named = before.Concat(after).All(item => IdOf(item) is not null);
        if (!named)
        {
            var (from, to) = (before.Select(Text).ToList(), after.Select(Text).ToList());
            // One of a list is not the list.
            var entry = where.Length == 0 ? "entry" : where;
            foreach (var gone in from.Where(text => !to.Remove(text)))
            {
                changes.Add(new PlaybookChange(ChangeKind.Removed, what, id, entry, gone, ""));
            }

            changes.AddRange(to.Select(added => new PlaybookChange(ChangeKind.Added, what, id, entry, "", added)));
            if (what == "data-quality")
            {
                // Of several attributes of a kind the first that says something counts.
                Order(what, id, where, [.. before.Select(Text)], [.. after.Select(Text)], changes);
            }

            return;
        }

        var (left, right) = (before.ToLookup(IdOf), after.ToLookup(IdOf));
        foreach (var item in left.Select(i => i.Key!).Union(right.Select(i => i.Key!)))
        {
            Compare(what, id, where.Length == 0 ? item : $"{where}.{item}", left[item].FirstOrDefault(), right[item].FirstOrDefault(), changes);
        }

        // The transitions of a journey, and the ways into it.
        if (Ordered.Contains(where))
        {
            Order(what, id, where, [.. before.Select(i => IdOf(i)!)], [.. after.Select(i => IdOf(i)!)], changes);
        }
    }

    private static IEnumerable<(string Key, YamlNode? Before, YamlNode? After)> Pairs(YamlNode.Mapping before, YamlNode.Mapping after)
    {
        foreach (var entry in before.Entries)
        {
            yield return (entry.Key, entry.Value, after.Entries.FirstOrDefault(other => other.Key == entry.Key).Value);
        }

        foreach (var entry in after.Entries.Where(entry => before.Entries.All(other => other.Key != entry.Key)))
        {
            yield return (entry.Key, null, entry.Value);
        }
    }

    /// <summary>In the order of the file.</summary>
    private static OrderedDictionary<string, YamlNode> ById(YamlNode? section)
    {
        var found = new OrderedDictionary<string, YamlNode>(StringComparer.Ordinal);
        foreach (var (id, node) in section switch
        {
            YamlNode.Mapping map => map.Entries.Select(entry => (entry.Key, entry.Value)),
            YamlNode.Sequence list => list.Items.Select((item, number) => (IdOf(item) ?? $"{number + 1}", item)),
            _ => [],
        })
        {
            found.TryAdd(id, node);
        }

        return found;
    }

    private static string? IdOf(YamlNode node) =>
        node is YamlNode.Mapping map && map.Entries.FirstOrDefault(entry => entry.Key == "id").Value is YamlNode.Scalar id ? id.Text : null;

    private static string Text(YamlNode node) => node switch
    {
        YamlNode.Scalar scalar => $"`{scalar.Text.ReplaceLineEndings(" ")}`",
        YamlNode.Sequence list => $"[{string.Join(", ", list.Items.Select(Text))}]",
        YamlNode.Mapping map => $"{{{string.Join(", ", map.Entries.Select(entry => $"{entry.Key}: {Text(entry.Value)}"))}}}",
        _ => "",
    };
}
