namespace Orchestrator.Grains.Playbooks.Reading;

/// <summary>What can be declared once and named elsewhere.</summary>
internal enum NameKind
{
    Department,
    Segment,
    Role,
    Channel,
    Signal,
    Score,
    Class,
    Stage,
    Transition,
    Play,
    Treatment,
    Purpose,
    Exclusion,
    Experiment,
    MilestoneSet,
    Milestone,
    Offering,
    Journey,
    JourneyGroup,
    Count,
    Goal,
}

/// <summary>Everything declared and everything named; compared at the end, since a file may name what it declares further down.</summary>
internal sealed class Names(Findings findings)
{
    readonly Dictionary<(NameKind Kind, string Id), SourcePosition> declared = [];
    readonly List<(NameKind Kind, Reference Name, DocumentPath Path)> named = [];

    public static string Word(NameKind kind) => kind switch
    {
        NameKind.Department => "department",
        NameKind.Segment => "segment",
        NameKind.Role => "role",
        NameKind.Channel => "channel",
        NameKind.Signal => "signal",
        NameKind.Score => "score",
        NameKind.Class => "class",
        NameKind.Stage => "stage",
        NameKind.Transition => "transition",
        NameKind.Play => "play",
        NameKind.Treatment => "treatment",
        NameKind.Purpose => "purpose",
        NameKind.Exclusion => "exclusion",
        NameKind.Experiment => "experiment",
        NameKind.MilestoneSet => "set of milestones",
        NameKind.Milestone => "milestone",
        NameKind.Offering => "offering",
        NameKind.Journey => "journey",
        NameKind.Count => "count",
        NameKind.Goal => "goal",
        NameKind.JourneyGroup => "group of journeys",
    };

    public void Declare(NameKind kind, string id, SourcePosition at, DocumentPath path)
    {
        if (id.Length > 0 && !declared.TryAdd((kind, id), at))
        {
            findings.Error(at, path, $"duplicate {Word(kind)} `{id}`; first declared at line {declared[(kind, id)].Line}");
        }
    }

    public void DeclareBuiltIn(NameKind kind, string id) => declared.TryAdd((kind, id), default);

    public Reference Refer(NameKind kind, Reference name, DocumentPath path)
    {
        if (name.Id.Length > 0)
        {
            named.Add((kind, name, path));
        }

        return name;
    }

    public void Resolve()
    {
        var known = declared.Keys.GroupBy(key => key.Kind, key => key.Id).ToDictionary(ids => ids.Key, ids => ids.ToList());
        var listed = known.ToDictionary(ids => ids.Key, ids => $"; expected one of {Listed(ids.Value)}");
        foreach (var (kind, name, path) in named)
        {
            if (declared.ContainsKey((kind, name.Id)))
            {
                continue;
            }

            var hint = !known.TryGetValue(kind, out var ids) ? $"; no {Word(kind)} is declared"
                : findings.Suggest(name.Id, ids) is { Length: > 0 } near ? near
                : listed[kind];
            findings.Error(name.At, path, $"unknown {Word(kind)} `{name.Id}`{hint}");
        }
    }

    /// <summary>The words in ordinal order, cut after a dozen.</summary>
    public static string Listed(IReadOnlyCollection<string> words)
    {
        const int Shown = 12;
        var first = string.Join(", ", words.Order(StringComparer.Ordinal).Take(Shown));
        return words.Count > Shown ? $"{first} and {words.Count - Shown} more" : first;
    }
}
