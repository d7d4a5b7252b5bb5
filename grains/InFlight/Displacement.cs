using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.InFlight;

/// <summary>Where an account goes whose stage a publish has taken away.</summary>
internal static class Displacement
{
    /// <summary>
    /// As the version's map says; else the nearest stage that is left, along the transitions of the last version that had the stage, those that go well only; else the exit; else
    /// the start.
    /// </summary>
    /// <param name="stage">Not one of <paramref name="playbook"/>'s.</param>
    public static (string To, string Why) Of(string stage, Playbook playbook, PlaybookLibrary library, string tenant)
    {
        if (playbook.Definition.InFlight.TargetOf(stage) is { } mapped)
        {
            return (mapped, $"stage `{stage}` is mapped to `{mapped}` by version {playbook.Version}");
        }

        if (LastWith(stage, playbook, library, tenant) is { } before && NextSurviving(stage, before, playbook) is { } next)
        {
            return (next, $"stage `{stage}` is gone in version {playbook.Version}; `{next}` is the next that is left");
        }

        return playbook.Exit is { } exit
            ? (exit, $"stage `{stage}` is gone in version {playbook.Version} with all that followed it: the account leaves the journey")
            : (playbook.Start, $"stage `{stage}` is gone in version {playbook.Version} with all that followed it: the account starts anew");
    }

    private static Playbook? LastWith(string stage, Playbook playbook, PlaybookLibrary library, string tenant)
    {
        for (var version = playbook.Version - 1; version >= 1; version--)
        {
            if (library.Find(tenant, version) is { } before && before.Stages.ContainsKey(stage))
            {
                return before;
            }
        }

        return null;
    }

    /// <summary>Breadth first, in the order of the file. A transition that keeps a reason, or ends all effort, is none that goes well.</summary>
    private static string? NextSurviving(string stage, Playbook before, Playbook playbook)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal) { stage };
        var ahead = new Queue<string>([stage]);
        while (ahead.TryDequeue(out var at))
        {
            foreach (var transition in before.Stages[at].Transitions)
            {
                var to = transition.Definition.To.Id;
                if (transition.Definition.Reason is not null || before.Stages[to].Definition.Kind == StageKind.EndOfEffort || !seen.Add(to))
                {
                    continue;
                }

                if (playbook.Stages.ContainsKey(to))
                {
                    return to;
                }

                ahead.Enqueue(to);
            }
        }

        return null;
    }
}
