using System.Collections.Immutable;

namespace Orchestrator.Grains.Playbooks.Reading;

/// <summary>What can be judged only when the whole playbook is known and every name in it exists.</summary>
internal static class WholeChecks
{
    public static void Check(PlaybookDefinition playbook, Findings findings)
    {
        Reachable(playbook, findings);
        WayOut(playbook, findings);
        MomentumProperties(playbook, findings);
        Arms(playbook, findings);
    }

    static void Reachable(PlaybookDefinition playbook, Findings findings)
    {
        var reached = new HashSet<string>(StringComparer.Ordinal) { playbook.Start.Id };
        var ahead = new Queue<string>([playbook.Start.Id]);
        while (ahead.TryDequeue(out var stage))
        {
            foreach (var transition in playbook.Transitions)
            {
                if (Leaves(transition, stage) && reached.Add(transition.To.Id))
                {
                    ahead.Enqueue(transition.To.Id);
                }
            }
        }

        foreach (var stage in playbook.Stages.Where(stage => !reached.Contains(stage.Id)))
        {
            findings.Warn(stage.At, DocumentPath.Root.Key("stages").Key(stage.Id), $"stage `{stage.Id}` cannot be reached from `{playbook.Start.Id}`");
        }
    }

    static void WayOut(PlaybookDefinition playbook, Findings findings)
    {
        foreach (var stage in playbook.Stages)
        {
            if (stage.Kind is StageKind.Gate or StageKind.Sla && !playbook.Transitions.Any(transition => Leaves(transition, stage.Id)))
            {
                findings.Warn(stage.At, DocumentPath.Root.Key("stages").Key(stage.Id), $"no transition leaves stage `{stage.Id}`");
            }
        }
    }

    static bool Leaves(TransitionDefinition transition, string stage) =>
        transition.To.Id != stage && (transition.From.IsEmpty || transition.From.Any(from => from.Id == stage));

    static void MomentumProperties(PlaybookDefinition playbook, Findings findings)
    {
        foreach (var score in playbook.Scores.OfType<ScoreDefinition.Momentum>().Where(score => score.By is not null))
        {
            foreach (var on in score.On)
            {
                var properties = playbook.Signals.First(signal => signal.Id == on.Id).Properties;
                if (properties.All(property => property.Name != score.By))
                {
                    findings.Error(on.At, DocumentPath.Root.Key("scores").Key(score.Id).Key("by"),
                        $"signal `{on.Id}` has no property `{score.By}`{findings.Suggest(score.By!, properties.Select(property => property.Name))}");
                }
            }
        }
    }

    static void Arms(PlaybookDefinition playbook, Findings findings)
    {
        for (var number = 0; number < playbook.Experiments.Length; number++)
        {
            if (playbook.Experiments[number] is not ExperimentDefinition.Split split)
            {
                continue;
            }

            var treatments = playbook.Plays.Where(play => split.Plays.Any(of => of.Id == play.Id))
                .SelectMany(play => play.Treatments).Select(treatment => treatment.Id).ToImmutableArray();
            foreach (var arm in split.Arms.Where(arm => !treatments.Contains(arm.Treatment.Id)))
            {
                findings.Error(arm.Treatment.At, DocumentPath.Root.Key("experiments").Item(number).Key("arms").Key(arm.Treatment.Id),
                    $"treatment `{arm.Treatment.Id}` belongs to none of the plays of experiment `{split.Id}`; expected one of {Names.Listed(treatments)}");
            }
        }
    }
}
