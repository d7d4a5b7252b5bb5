using System.Collections.Frozen;
using System.Collections.Immutable;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Journeys;

/// <summary>A journey beside the main one.</summary>
/// <param name="Leaving">What leads out of each stage, in the order of the file.</param>
public sealed record CompiledJourney(SideJourneyDefinition Definition, FrozenDictionary<string, ImmutableArray<CompiledStep>> Leaving)
{
    public string Id => Definition.Id;

    public bool IsOfAccount => Definition.Of == JourneyOf.Account;

    /// <summary>Where somebody stands; a place of an earlier version that is no more counts as the start.</summary>
    /// <param name="opened">When the account, or the person, was met: since then they have been at the start.</param>
    public JourneyPlace PlaceOf(ImmutableSortedDictionary<string, JourneyPlace>? places, DateTimeOffset opened) =>
        places is not null && places.TryGetValue(Id, out var place) && Leaving.ContainsKey(place.Stage) ? place : new JourneyPlace(Definition.Start, opened, "");
}

/// <param name="When">Null exactly when <paramref name="MovesAt"/> is set.</param>
public sealed record CompiledStep(SideTransitionDefinition Definition, Condition? When, Formula? MovesAt, Formula? Reason);
