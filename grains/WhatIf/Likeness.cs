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

    // What only says whether and before which others a play is offered: nothing asks it about what has been offered.
    private static readonly string[] OfChoosing =
    [
        "CompiledPlay.Eligible", "CompiledPlay.Applicable", "CompiledPlay.Suitable", "CompiledPlay.Held", "CompiledPlay.Value", "CompiledPlay.FixedValue", "CompiledPlay.Lever", "CompiledPlay.Context",
        "CompiledPlay.Cost", "CompiledTreatment.When", "CompiledTreatment.Propensity", "PlayDefinition.Eligible", "PlayDefinition.Applicable", "PlayDefinition.Suitable", "PlayDefinition.Value",
        "PlayDefinition.Cost", "TreatmentDefinition.When", "TreatmentDefinition.Content",
    ];

    private readonly FrozenDictionary<string, StageLikeness> stages;
    private readonly FrozenSet<string> otherwiseOffered;

    private Likeness(FrozenDictionary<string, StageLikeness> stages, FrozenSet<string> otherwiseOffered, bool hasSameNames) =>
        (this.stages, this.otherwiseOffered, HasSameNames) = (stages, otherwiseOffered, hasSameNames);

    /// <summary>Whether both have plays, treatments and transitions of the same names: people may speak of them.</summary>
    internal bool HasSameNames { get; }

    /// <summary>Null: they differ in something else, or have something by which accounts under way go by several versions.</summary>
    public static Likeness? Of(Playbook draft, Playbook baseline)
    {
        if (IsBound(draft.Definition) || IsBound(baseline.Definition) || !new Content(ComparedApart).IsSame(draft, baseline))
        {
            return null;
        }

        var changed = Changed(draft, baseline);
        var stages = draft.Stages.ToFrozenDictionary(s => s.Key, s => StageLikeness.Of(s.Value, baseline.Stages[s.Key], changed), StringComparer.Ordinal);
        return stages.Values.Any(s => s is null) ? null : new Likeness(stages!, Changed(draft, baseline, OfChoosing), Names(draft).SetEquals(Names(baseline)));
    }

    /// <summary>Whether it is the same what follows once it has been offered.</summary>
    internal bool IsSameOnceOffered(string play) => !otherwiseOffered.Contains(play);

    internal StageLikeness? At(string stage) => stages.TryGetValue(stage, out var known) ? known : null;

    // Accounts may be kept at a version or moved by one, and corrections of what came late replay history by themselves. To follow a version is to note its number.
    private static bool IsBound(PlaybookDefinition definition) => definition.InFlight.Default != InFlightDefault.Follow || !definition.InFlight.Map.IsEmpty || definition.Lateness is not null;

    /// <summary>Plays that only one of them has, or that differ.</summary>
    private static FrozenSet<string> Changed(Playbook draft, Playbook baseline, params string[] passedOver) => draft.Plays.Concat(baseline.Plays).Select(p => p.Id).Distinct(StringComparer.Ordinal)
        .Where(id => !(draft.PlaysById.TryGetValue(id, out var one) && baseline.PlaysById.TryGetValue(id, out var other) && new Content(passedOver).IsSame(one, other)))
        .ToFrozenSet(StringComparer.Ordinal);

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
