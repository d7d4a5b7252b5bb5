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

    /// <summary>In the order of the file; may be empty.</summary>
    public ImmutableArray<CompiledEntry> Entries { get; init; } = [];

    /// <summary>The business key by which entries are counted; null: all together.</summary>
    public Formula? Per { get; init; }

    /// <summary>With which it competes; null: with none.</summary>
    public CompiledGroup? Group { get; internal set; }

    /// <summary>Whether something is said about how it is entered.</summary>
    public bool IsGated => Definition.Group is not null || Definition.ReEntry is not null || !Definition.Entries.IsEmpty;

    /// <summary>Whether somebody at this stage is under way.</summary>
    public bool IsActive(string stage) => stage != Definition.Start && !Definition.Ends.Contains(stage);

    /// <summary>Whether this step begins the journey, so that it takes leave.</summary>
    public bool IsEntry(string from, string to) => IsGated && !IsActive(from) && IsActive(to);

    /// <summary>Where somebody stands; a place of an earlier version that is no more counts as the start.</summary>
    /// <param name="opened">When the account, or the person, was met: since then they have been at the start.</param>
    public JourneyPlace PlaceOf(ImmutableSortedDictionary<string, JourneyPlace>? places, DateTimeOffset opened) =>
        places is not null && places.TryGetValue(Id, out var place) && Leaving.ContainsKey(place.Stage) ? place : new JourneyPlace(Definition.Start, opened, "");
}

/// <param name="When">Null exactly when <paramref name="MovesAt"/> is set.</param>
public sealed record CompiledStep(SideTransitionDefinition Definition, Condition? When, Formula? MovesAt, Formula? Reason);
