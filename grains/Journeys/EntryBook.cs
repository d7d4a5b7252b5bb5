using System.Collections.Immutable;
using System.Diagnostics;
using Orchestrator.Grains.Stages;

namespace Orchestrator.Grains.Journeys;

/// <summary>What an account, or a person, keeps of the ways into journeys. Absent where no journey says anything about how it is entered.</summary>
public sealed record EntryBook
{
    /// <summary>How many entries (journey and business key) are remembered.</summary>
    public const int MostEntries = 64;

    /// <summary>How many of the latest refusals are remembered, one a journey.</summary>
    public const int MostRefusals = 16;

    public static readonly EntryBook Empty = new();

    /// <summary>By journey (as <see cref="StageEntry.Transition"/>) and key; the one that was entered last stands last.</summary>
    public ImmutableArray<StageEntry> Entries { get; init; } = [];

    /// <summary>At most one a journey, the one that waits longest first.</summary>
    public ImmutableArray<WaitingEntry> Waiting { get; init; } = [];

    /// <summary>The latest a journey, oldest first.</summary>
    public ImmutableArray<RefusedEntry> Refused { get; init; } = [];

    /// <summary>By journey and entry: whether the condition of an entry by segment holds.</summary>
    public ImmutableSortedDictionary<string, bool> Holds { get; init; } = Standings.AccountStanding.Of<bool>();

    /// <summary>By journey and entry: up to when the times of a schedule have been dealt with.</summary>
    public ImmutableSortedDictionary<string, DateTimeOffset> Ticks { get; init; } = Standings.AccountStanding.Of<DateTimeOffset>();

    public static string KeyOf(string journey, string entry) => $"{journey}/{entry}";

    public static EntryBook Evolve(EntryBook? book, EntryEvent @event)
    {
        var now = book ?? Empty;
        return @event switch
        {
            EntryEvent.Entered e => now with { Entries = Enter(now.Entries, e), Waiting = Without(now.Waiting, e.Journey), Refused = Without(now.Refused, e.Journey) },
            EntryEvent.Left e => now with { Entries = Leave(now.Entries, e) },
            EntryEvent.Waits e => now with { Waiting = Without(now.Waiting, e.Entry.Journey).Add(e.Entry), Refused = Without(now.Refused, e.Entry.Journey) },
            EntryEvent.Refused e => now with { Refused = Refuse(now.Refused, new RefusedEntry(e.Journey, e.Entry, e.At, e.Reason)) },
            EntryEvent.Dropped e => now with { Waiting = Without(now.Waiting, e.Journey) },
            EntryEvent.Judged e => now with { Holds = now.Holds.SetItem(KeyOf(e.Journey, e.Entry), e.Holds) },
            EntryEvent.Ticked e => now with { Ticks = now.Ticks.SetItem(KeyOf(e.Journey, e.Entry), e.At) },
            _ => throw new UnreachableException(),
        };
    }

    /// <summary>How often and when it was last entered for this key; null: never, or too long ago to be remembered.</summary>
    public StageEntry? EntryOf(string journey, string key)
    {
        foreach (var entry in Entries)
        {
            if (entry.Transition == journey && entry.Key == key)
            {
                return entry;
            }
        }

        return null;
    }

    /// <summary>The entry by which it is under way; null: it is not, or it was entered before anybody kept book.</summary>
    public StageEntry? OpenOf(string journey)
    {
        foreach (var entry in Entries)
        {
            if (entry.Transition == journey && entry.LeftAt is null)
            {
                return entry;
            }
        }

        return null;
    }

    public WaitingEntry? WaitingFor(string journey)
    {
        foreach (var waiting in Waiting)
        {
            if (waiting.Journey == journey)
            {
                return waiting;
            }
        }

        return null;
    }

    /// <summary>Two histories of one person. What was known of either is known, so that nothing is entered twice.</summary>
    internal static EntryBook? Merge(EntryBook? one, EntryBook? other)
    {
        if (one is null || other is null)
        {
            return one ?? other;
        }

        return new EntryBook
        {
            Entries = [.. one.Entries.Concat(other.Entries).GroupBy(e => (e.Transition, e.Key)).Select(Join).OrderBy(e => e.EnteredAt).ThenBy(e => e.Transition, StringComparer.Ordinal).ThenBy(e => e.Key, StringComparer.Ordinal).TakeLast(MostEntries)],
            Waiting = [.. one.Waiting.Concat(other.Waiting).OrderBy(w => w.Since).DistinctBy(w => w.Journey).OrderBy(w => w.Since).ThenBy(w => w.Journey, StringComparer.Ordinal)],
            Refused = [.. one.Refused.Concat(other.Refused).OrderByDescending(r => r.At).DistinctBy(r => r.Journey).OrderBy(r => r.At).ThenBy(r => r.Journey, StringComparer.Ordinal).TakeLast(MostRefusals)],
            Holds = other.Holds.Aggregate(one.Holds, (all, held) => all.SetItem(held.Key, held.Value || (all.TryGetValue(held.Key, out var mine) && mine))),
            Ticks = other.Ticks.Aggregate(one.Ticks, (all, tick) => all.TryGetValue(tick.Key, out var mine) && mine >= tick.Value ? all : all.SetItem(tick.Key, tick.Value)),
        };
    }

    private static StageEntry Join(IEnumerable<StageEntry> entries)
    {
        List<StageEntry> all = [.. entries];
        var last = all.MaxBy(e => e.EnteredAt)!;
        return last with { Count = all.Sum(e => e.Count), LeftAt = all.Any(e => e.LeftAt is null) ? null : all.Max(e => e.LeftAt) };
    }

    private static ImmutableArray<StageEntry> Enter(ImmutableArray<StageEntry> entries, EntryEvent.Entered e)
    {
        var before = entries.FirstOrDefault(entry => entry.Transition == e.Journey && entry.Key == e.Key);
        var count = (before?.Count ?? 0) + (e.Resumed && before is not null ? 0 : 1);
        var kept = before is null ? entries : entries.Remove(before);
        kept = kept.Add(new StageEntry(e.Journey, e.Key, count, e.At, null));
        return kept.Length > MostEntries ? kept.RemoveAt(0) : kept;
    }

    private static ImmutableArray<StageEntry> Leave(ImmutableArray<StageEntry> entries, EntryEvent.Left e) =>
        [.. entries.Select(entry => entry.Transition == e.Journey && entry.LeftAt is null ? entry with { LeftAt = e.At } : entry)];

    private static ImmutableArray<WaitingEntry> Without(ImmutableArray<WaitingEntry> waiting, string journey) => waiting.IsEmpty ? waiting : waiting.RemoveAll(w => w.Journey == journey);

    private static ImmutableArray<RefusedEntry> Without(ImmutableArray<RefusedEntry> refused, string journey) => refused.IsEmpty ? refused : refused.RemoveAll(r => r.Journey == journey);

    private static ImmutableArray<RefusedEntry> Refuse(ImmutableArray<RefusedEntry> refused, RefusedEntry one)
    {
        var others = Without(refused, one.Journey);
        return (others.Length >= MostRefusals ? others.RemoveAt(0) : others).Add(one);
    }
}
