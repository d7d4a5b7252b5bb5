using System.Collections.Immutable;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Recycling;

/// <summary>What the section leaves to be inferred, worked out over the whole playbook.</summary>
/// <param name="Stage">The pool; empty if it cannot be told.</param>
/// <param name="Then">Where an account goes that was recycled often enough; empty if it cannot be told, or attempts are not limited.</param>
/// <param name="Yield">Stages in which a recycled account counts as won back.</param>
/// <param name="Mistakes">Where in the file, the key, and what is wrong.</param>
public sealed record RecyclePool(string Stage, string Then, ImmutableArray<string> Yield, IReadOnlyList<(SourcePosition At, string Key, string Message)> Mistakes)
{
    public static RecyclePool Of(PlaybookDefinition playbook, RecycleDefinition recycle)
    {
        List<(SourcePosition, string, string)> mistakes = [];
        var ways = playbook.Transitions.SelectMany(t => t.Confirm is { } confirm ? [(Transition: t, t.To), (Transition: t, To: confirm.RejectTo)] : new[] { (Transition: t, t.To) }).ToList();
        var stage = recycle.Stage?.Id ?? PoolOf(ways, recycle, mistakes);
        if (stage.Length > 0)
        {
            CheckWays(ways, recycle, stage, mistakes);
        }

        var ends = playbook.Stages.Where(s => s.Kind is StageKind.EndOfEffort && s.Id != stage).Select(s => s.Id).ToList();
        var then = recycle.Then?.Id ?? (recycle.Attempts is null ? "" : ends is [var only] ? only : "");
        if (recycle.Attempts is not null && then.Length == 0)
        {
            mistakes.Add((recycle.At, "attempts", $"{(ends.Count == 0 ? "no other stage is" : "several stages are")} of kind `end-of-effort`; say with `then` where an account goes that was recycled often enough"));
        }
        else if (recycle.Then is { } chosen && chosen.Id == stage)
        {
            mistakes.Add((chosen.At, "then", $"`{stage}` is the pool itself; expected the stage for accounts that were recycled often enough"));
        }

        ImmutableArray<string> yield = recycle.Yield.Length > 0
            ? [.. recycle.Yield.Select(y => y.Id)]
            : [.. ways.Where(w => w.Transition.From.Any(f => f.Id == stage) && !ends.Contains(w.To.Id)).Select(w => w.To.Id).Where(to => to != stage).Distinct()];
        return new RecyclePool(stage, then, yield, mistakes);
    }

    /// <summary>The one stage to which every source leads.</summary>
    private static string PoolOf(List<(TransitionDefinition Transition, Reference To)> ways, RecycleDefinition recycle, List<(SourcePosition, string, string)> mistakes)
    {
        var common = recycle.Sources
            .Select(source => ways.Where(w => w.Transition.From.Any(f => f.Id == source.Id)).Select(w => w.To.Id))
            .Aggregate((all, next) => all.Intersect(next)).Distinct().Order(StringComparer.Ordinal).ToList();
        if (common is [var pool])
        {
            return pool;
        }

        mistakes.Add((recycle.At, "stage", common.Count == 0
            ? "no stage is reached by transitions from all `sources`; say with `stage` which one is the pool"
            : $"transitions lead from all `sources` to {string.Join(", ", common)}; say with `stage` which one is the pool"));
        return "";
    }

    /// <summary>Whoever comes into the pool comes from a source, and from every source somebody can.</summary>
    private static void CheckWays(List<(TransitionDefinition Transition, Reference To)> ways, RecycleDefinition recycle, string stage, List<(SourcePosition, string, string)> mistakes)
    {
        var into = ways.Where(w => w.To.Id == stage).ToList();
        foreach (var source in recycle.Sources)
        {
            if (source.Id == stage)
            {
                mistakes.Add((source.At, "sources", $"`{stage}` is the pool itself"));
            }
            else if (!into.Any(w => w.Transition.From.Any(f => f.Id == source.Id)))
            {
                mistakes.Add((source.At, "sources", $"no transition leads from `{source.Id}` to the pool `{stage}`"));
            }
        }

        foreach (var (transition, _) in into)
        {
            if (transition.From.Length == 0)
            {
                mistakes.Add((transition.At, "sources", $"transition `{transition.Id}` leads from any stage to the pool `{stage}`; expected `from` with some of the sources"));
            }

            foreach (var from in transition.From.Where(f => recycle.Sources.All(s => s.Id != f.Id)))
            {
                mistakes.Add((from.At, "sources", $"transition `{transition.Id}` leads from `{from.Id}` to the pool `{stage}`, but `{from.Id}` is none of the sources"));
            }
        }
    }
}
