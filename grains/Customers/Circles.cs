using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Customers;

/// <summary>Names that stand for conditions (`segment`, `classification`, `expansion_phase`, a fit) may not rest on themselves: they would never be answered.</summary>
internal static class Circles
{
    /// <param name="compile">Gives the compiled condition, which tells what it depends on.</param>
    public static void Check(PlaybookDefinition playbook, Func<Expression, string, Condition> compile, Action<SourcePosition, string, string> error)
    {
        var rests = new Dictionary<string, (SourcePosition At, HashSet<string> On)>(StringComparer.Ordinal);
        foreach (var segment in playbook.Segments)
        {
            Add("segment", segment.When, $"segments.{segment.Id}.when");
        }

        foreach (var one in playbook.Classification)
        {
            Add("classification", one.When, $"classification.{one.Id}.when");
        }

        foreach (var fit in playbook.Scores.OfType<ScoreDefinition.Fit>())
        {
            foreach (var points in fit.Points)
            {
                Add($"score:{fit.Id}", points.When, $"scores.{fit.Id}.points");
            }
        }

        if (playbook.Customer.Expansion is { } expansion)
        {
            Add(CustomerNames.ExpansionTag, expansion.When, "expansion-phase.when");
        }

        foreach (var (name, (at, _)) in rests)
        {
            if (Reaches(name, name, rests, []))
            {
                error(at, name, $"`{name.Replace(':', '.')}` rests on itself: whether it holds could never be told");
            }
        }

        void Add(string name, Expression expression, string path)
        {
            if (!rests.TryGetValue(name, out var node))
            {
                rests.Add(name, node = (expression.At, new HashSet<string>(StringComparer.Ordinal)));
            }

            node.On.UnionWith(compile(expression, path).Tags);
        }
    }

    private static bool Reaches(string from, string to, Dictionary<string, (SourcePosition At, HashSet<string> On)> rests, HashSet<string> seen)
    {
        foreach (var next in rests[from].On.Where(rests.ContainsKey))
        {
            if (next == to || (seen.Add(next) && Reaches(next, to, rests, seen)))
            {
                return true;
            }
        }

        return false;
    }
}
