using Orchestrator.Grains.Recycling;

namespace Orchestrator.Grains.Playbooks.Reading;

/// <summary>What can be judged only when the whole playbook is known and every name in it exists.</summary>
internal static class WholeChecks
{
    public static void Check(PlaybookDefinition playbook, Findings findings)
    {
        var leaving = Leaving(playbook);
        Reachable(playbook, leaving, findings);
        WayOut(playbook, leaving, findings);
        MomentumProperties(playbook, findings);
        OwnerBinding.OnePoolEach(playbook, findings);
        Arms(playbook, findings);
        RecycleBinding.Check(playbook, findings);
    }

    static void Reachable(PlaybookDefinition playbook, ILookup<string, TransitionDefinition> leaving, Findings findings)
    {
        var reached = new HashSet<string>(StringComparer.Ordinal) { playbook.Start.Id };
        var ahead = new Queue<string>([playbook.Start.Id]);
        reached.UnionWith(leaving[FromAny].Select(transition => transition.To.Id));
        if (playbook.Recycle is { } recycle)
        {
            reached.Add(RecyclePool.Of(playbook, recycle).Then);
        }

        foreach (var stage in reached.Where(stage => stage != playbook.Start.Id))
        {
            ahead.Enqueue(stage);
        }

        while (ahead.TryDequeue(out var stage))
        {
            foreach (var transition in leaving[stage].Where(transition => reached.Add(transition.To.Id)))
            {
                ahead.Enqueue(transition.To.Id);
            }
        }

        foreach (var stage in playbook.Stages.Where(stage => !reached.Contains(stage.Id)))
        {
            findings.Warn(stage.At, DocumentPath.Root.Key("stages").Key(stage.Id), $"stage `{stage.Id}` cannot be reached from `{playbook.Start.Id}`");
        }
    }

    static void WayOut(PlaybookDefinition playbook, ILookup<string, TransitionDefinition> leaving, Findings findings)
    {
        foreach (var stage in playbook.Stages.Where(stage => stage.Kind is StageKind.Gate or StageKind.Sla))
        {
            if (!leaving[stage.Id].Concat(leaving[FromAny]).Any(transition => transition.To.Id != stage.Id))
            {
                findings.Warn(stage.At, DocumentPath.Root.Key("stages").Key(stage.Id), $"no transition leaves stage `{stage.Id}`");
            }
        }
    }

    /// <summary>No stage has this name, so it can stand for all of them.</summary>
    const string FromAny = "";

    static ILookup<string, TransitionDefinition> Leaving(PlaybookDefinition playbook) => playbook.Transitions
        .SelectMany(WithReject)
        .SelectMany(transition => transition.From.Select(from => from.Id).DefaultIfEmpty(FromAny), (transition, from) => (transition, from))
        .ToLookup(leaves => leaves.from, leaves => leaves.transition, StringComparer.Ordinal);

    /// <summary>A no leads somewhere too.</summary>
    static IEnumerable<TransitionDefinition> WithReject(TransitionDefinition transition) =>
        transition.Confirm is { } confirm ? [transition, transition with { To = confirm.RejectTo }] : [transition];

    static void MomentumProperties(PlaybookDefinition playbook, Findings findings)
    {
        var signals = playbook.Signals.ToDictionary(signal => signal.Id, StringComparer.Ordinal);
        foreach (var score in playbook.Scores.OfType<ScoreDefinition.Momentum>().Where(score => score.By is not null))
        {
            foreach (var on in score.On)
            {
                var properties = signals[on.Id].Properties;
                if (properties.All(property => property.Name != score.By))
                {
                    findings.Error(on.At, DocumentPath.Root.Key("scores").Key(score.Id).Key("by"),
                        $"signal `{on.Id}` has no property `{score.By}`{findings.Suggest(score.By!, properties.Select(property => property.Name).ToList())}");
                }
            }
        }
    }

    static void Arms(PlaybookDefinition playbook, Findings findings)
    {
        var plays = playbook.Plays.ToDictionary(play => play.Id, StringComparer.Ordinal);
        for (var number = 0; number < playbook.Experiments.Length; number++)
        {
            if (playbook.Experiments[number] is not ExperimentDefinition.Split split)
            {
                continue;
            }

            var treatments = split.Plays.SelectMany(of => plays[of.Id].Treatments).Select(treatment => treatment.Id).ToHashSet(StringComparer.Ordinal);
            foreach (var arm in split.Arms.Where(arm => !treatments.Contains(arm.Treatment.Id)))
            {
                findings.Error(arm.Treatment.At, DocumentPath.Root.Key("experiments").Item(number).Key("arms").Key(arm.Treatment.Id),
                    $"treatment `{arm.Treatment.Id}` belongs to none of the plays of experiment `{split.Id}`; expected one of {Names.Listed(treatments)}");
            }
        }
    }
}
