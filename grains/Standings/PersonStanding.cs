using System.Collections.Immutable;
using System.Diagnostics;
using Orchestrator.Grains.Journeys;

namespace Orchestrator.Grains.Standings;

/// <summary>Where a person stands in one account: whether they left, and their own journeys.</summary>
public sealed record PersonStanding
{
    public static readonly PersonStanding Empty = new();

    /// <summary>Null: with the company.</summary>
    public DateTimeOffset? LeftAt { get; init; }

    /// <summary>Where the person stands in the journeys of people, by journey; one that is absent is at its start.</summary>
    public ImmutableSortedDictionary<string, JourneyPlace> Journeys { get; init; } = AccountStanding.Of<JourneyPlace>();

    /// <summary>How the person entered journeys, and what waits; null: no journey says anything about it.</summary>
    public EntryBook? Entries { get; init; }

    public static PersonStanding Evolve(PersonStanding? standing, PersonEvent @event)
    {
        var now = standing ?? Empty;
        return @event switch
        {
            PersonEvent.Left e => now with { LeftAt = e.At },
            PersonEvent.Returned => now with { LeftAt = null },
            PersonEvent.JourneyEntered e => now with { Journeys = now.Journeys.SetItem(e.Step.Journey, e.Step.Place) },
            PersonEvent.OfEntry e => now with { Entries = EntryBook.Evolve(now.Entries, e.Event) },
            _ => throw new UnreachableException(),
        };
    }

    /// <summary>Two histories of one person: of each journey the place entered last.</summary>
    internal static PersonStanding? Merge(PersonStanding? one, PersonStanding? other)
    {
        if (other is null || (other.Journeys.IsEmpty && other.Entries is null))
        {
            return one;
        }

        var mine = one ?? Empty;
        return mine with
        {
            Entries = EntryBook.Merge(mine.Entries, other.Entries),
            Journeys = other.Journeys.Aggregate(mine.Journeys, (all, o) => all.TryGetValue(o.Key, out var held) && held.Since >= o.Value.Since ? all : all.SetItem(o.Key, o.Value)),
        };
    }
}
