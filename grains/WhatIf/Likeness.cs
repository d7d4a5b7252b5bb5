using System.Collections.Frozen;
using System.Collections.Immutable;
using Orchestrator.Grains.InFlight;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.WhatIf;

/// <summary>
/// In what two playbooks differ, where that is only plays and transitions: all else that a turn reads says the same in both, so a turn that meets none of what differs comes to the same.
/// </summary>
/// <remarks>Immutable; may be shared by threads.</remarks>
public sealed class Likeness
{
    // These lead to what is compared for itself: plays and transitions as they were compiled.
    private static readonly string[] ComparedApart =
    [
        "Playbook.Version", "Playbook.Stages", "Playbook.Plays", "Playbook.PlaysById", "PlaybookDefinition.Plays", "PlaybookDefinition.Transitions", "CompiledSignal.IsGoal",
        "ArbitrationDefinition.Levers", "ArbitrationDefinition.Context", "ArbitrationDefinition.BuyerPaced", "ArbitrationDefinition.Propensity",
    ];

    private readonly FrozenDictionary<string, StageLikeness> stages;
    private readonly FrozenSet<string> changedPlays;

    private Likeness(FrozenDictionary<string, StageLikeness> stages, FrozenSet<string> changedPlays, bool hasSameNames) =>
        (this.stages, this.changedPlays, HasSameNames) = (stages, changedPlays, hasSameNames);

    /// <summary>Whether both have plays, treatments and transitions of the same names: people may speak of them.</summary>
    internal bool HasSameNames { get; }

    /// <summary>Null: they differ in something else, or have something by which accounts under way go by several versions.</summary>
    public static Likeness? Of(Playbook draft, Playbook baseline)
    {
        if (IsBound(draft.Definition) || IsBound(baseline.Definition) || !new Content(ComparedApart).IsSame(draft, baseline))
        {
            return null;
        }

        var changed = draft.Plays.Concat(baseline.Plays).Select(p => p.Id).Distinct(StringComparer.Ordinal)
            .Where(id => !(draft.PlaysById.TryGetValue(id, out var one) && baseline.PlaysById.TryGetValue(id, out var other) && new Content().IsSame(one, other)))
            .ToFrozenSet(StringComparer.Ordinal);
        var stages = draft.Stages.ToFrozenDictionary(s => s.Key, s => StageLikeness.Of(s.Value, baseline.Stages[s.Key], changed), StringComparer.Ordinal);
        return stages.Values.Any(s => s is null) ? null : new Likeness(stages!, changed, Names(draft).SetEquals(Names(baseline)));
    }

    internal bool IsSamePlay(CompiledPlay play) => !changedPlays.Contains(play.Id);

    internal StageLikeness? At(string stage) => stages.TryGetValue(stage, out var known) ? known : null;

    // A publish visits accounts under the one, and corrections of what came late replay history by themselves.
    private static bool IsBound(PlaybookDefinition definition) => definition.InFlight.IsRule || definition.Lateness is not null;

    private static HashSet<string> Names(Playbook playbook) =>
        [.. playbook.Definition.Plays.SelectMany(p => p.Treatments.Select(t => $"{p.Id}/{t.Id}")), .. playbook.Definition.Transitions.Select(t => t.Id)];
}

/// <summary>In what two playbooks differ at one stage.</summary>
/// <param name="HasSamePlays">Whether the same is decided here for the same account.</param>
/// <param name="HasSameTransitions">Whether the same moves the account.</param>
/// <param name="OfDraft">Transitions that the other does not have, or has otherwise.</param>
/// <param name="OfBaseline">The same the other way round.</param>
internal sealed record StageLikeness(bool HasSamePlays, bool HasSameTransitions, ImmutableArray<CompiledTransition> OfDraft, ImmutableArray<CompiledTransition> OfBaseline)
{
    public bool IsSame => HasSamePlays && HasSameTransitions;

    /// <summary>Null: what is alike stands in another order, so the first that holds may be another one.</summary>
    public static StageLikeness? Of(CompiledStage draft, CompiledStage baseline, IReadOnlySet<string> changedPlays)
    {
        var samePlays = draft.Plays.Select(p => p.Id).SequenceEqual(baseline.Plays.Select(p => p.Id)) && !draft.Plays.Any(p => changedPlays.Contains(p.Id));
        var ofBaseline = baseline.Transitions.ToDictionary(t => t.Definition.Id, StringComparer.Ordinal);
        var same = draft.Transitions.Where(t => ofBaseline.TryGetValue(t.Definition.Id, out var other) && new Content().IsSame(t, other)).Select(t => t.Definition.Id).ToHashSet(StringComparer.Ordinal);
        return draft.Transitions.Where(t => same.Contains(t.Definition.Id)).Select(t => t.Definition.Id).SequenceEqual(baseline.Transitions.Where(t => same.Contains(t.Definition.Id)).Select(t => t.Definition.Id))
            ? new StageLikeness(
                samePlays,
                same.Count == draft.Transitions.Length && same.Count == baseline.Transitions.Length,
                [.. draft.Transitions.Where(t => !same.Contains(t.Definition.Id))],
                [.. baseline.Transitions.Where(t => !same.Contains(t.Definition.Id))])
            : null;
    }
}
