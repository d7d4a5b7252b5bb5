using System.Diagnostics;
using Orchestrator.Grains.Journeys;
using Orchestrator.Grains.Standings;
using Orchestrator.V1;
using AccountStanding = Orchestrator.Grains.Standings.AccountStanding;
using StageEntry = Orchestrator.Grains.Stages.StageEntry;

namespace Orchestrator.Grains.StoredForms;

/// <summary>How accounts and people enter journeys, as stored.</summary>
internal static class EntryForm
{
    /// <param name="contact">Empty: in a person's own events, or the account itself.</param>
    public static StoredEntryEvent Write(string contact, EntryEvent @event)
    {
        var stored = @event switch
        {
            EntryEvent.Entered e => new StoredEntryEvent { Entered = new() { Journey = e.Journey, Entry = e.Entry, Key = e.Key, At = Ticks.Of(e.At), Way = (int)e.Way, By = e.By, Resumed = e.Resumed } },
            EntryEvent.Left e => new StoredEntryEvent { Left = new() { Journey = e.Journey, At = Ticks.Of(e.At), Reason = e.Reason, ByMerge = e.ByMerge } },
            EntryEvent.Waits e => new StoredEntryEvent { Waits = Write(e.Entry, e.Reason) },
            EntryEvent.Refused e => new StoredEntryEvent { Refused = new() { Journey = e.Journey, Entry = e.Entry, At = Ticks.Of(e.At), Reason = e.Reason } },
            EntryEvent.Dropped e => new StoredEntryEvent { Dropped = new() { Journey = e.Journey, At = Ticks.Of(e.At), Reason = e.Reason } },
            EntryEvent.Judged e => new StoredEntryEvent { Judged = new() { Journey = e.Journey, Entry = e.Entry, Holds = e.Holds } },
            EntryEvent.Ticked e => new StoredEntryEvent { Ticked = new() { Journey = e.Journey, Entry = e.Entry, At = Ticks.Of(e.At) } },
            _ => throw new UnreachableException(),
        };
        stored.Contact = contact;
        return stored;
    }

    public static EntryEvent Read(StoredEntryEvent stored) => stored.KindCase switch
    {
        StoredEntryEvent.KindOneofCase.Entered when stored.Entered is { } e => new EntryEvent.Entered(e.Journey, e.Entry, e.Key, Ticks.Instant(e.At), (EntryWay)e.Way, e.By, e.Resumed),
        StoredEntryEvent.KindOneofCase.Left when stored.Left is { } e => new EntryEvent.Left(e.Journey, Ticks.Instant(e.At), e.Reason) { ByMerge = e.ByMerge },
        StoredEntryEvent.KindOneofCase.Waits => new EntryEvent.Waits(Read(stored.Waits), stored.Waits.Reason),
        StoredEntryEvent.KindOneofCase.Refused when stored.Refused is { } e => new EntryEvent.Refused(e.Journey, e.Entry, Ticks.Instant(e.At), e.Reason),
        StoredEntryEvent.KindOneofCase.Dropped when stored.Dropped is { } e => new EntryEvent.Dropped(e.Journey, Ticks.Instant(e.At), e.Reason),
        StoredEntryEvent.KindOneofCase.Judged when stored.Judged is { } e => new EntryEvent.Judged(e.Journey, e.Entry, e.Holds),
        StoredEntryEvent.KindOneofCase.Ticked when stored.Ticked is { } e => new EntryEvent.Ticked(e.Journey, e.Entry, Ticks.Instant(e.At)),
        _ => throw new InvalidDataException("an entry of a journey has a form that this version does not know"),
    };

    public static StoredEntryBook? Write(EntryBook? book) => book is null ? null : new()
    {
        Entries = { book.Entries.Select(Write) },
        Waiting = { book.Waiting.Select(w => Write(w, "")) },
        Refused = { book.Refused.Select(r => new StoredRefusedEntry { Journey = r.Journey, Entry = r.Entry, At = Ticks.Of(r.At), Reason = r.Reason }) },
        Holds = { book.Holds },
        Ticks = { book.Ticks.ToDictionary(t => t.Key, t => StoredForms.Ticks.Of(t.Value)) },
    };

    public static EntryBook? Read(StoredEntryBook? stored) => stored is null ? null : new()
    {
        Entries = [.. stored.Entries.Select(e => new StageEntry(e.Journey, e.Key, e.Count, Ticks.Instant(e.EnteredAt), e.HasLeftAt ? Ticks.Instant(e.LeftAt) : null))],
        Waiting = [.. stored.Waiting.Select(Read)],
        Refused = [.. stored.Refused.Select(r => new RefusedEntry(r.Journey, r.Entry, Ticks.Instant(r.At), r.Reason))],
        Holds = AccountStanding.Of<bool>().AddRange(stored.Holds),
        Ticks = AccountStanding.Of<DateTimeOffset>().AddRange(stored.Ticks.Select(t => KeyValuePair.Create(t.Key, StoredForms.Ticks.Instant(t.Value)))),
    };

    private static StoredEntryCount Write(StageEntry entry)
    {
        var stored = new StoredEntryCount { Journey = entry.Transition, Key = entry.Key, Count = entry.Count, EnteredAt = Ticks.Of(entry.EnteredAt) };
        if (entry.LeftAt is { } left)
        {
            stored.LeftAt = Ticks.Of(left);
        }

        return stored;
    }

    private static StoredWaitingEntry Write(WaitingEntry entry, string reason) => new()
    {
        Journey = entry.Journey,
        Entry = entry.Entry,
        To = entry.To,
        Key = entry.Key,
        Since = Ticks.Of(entry.Since),
        Way = (int)entry.Way,
        By = entry.By,
        Resumes = entry.Resumes,
        Reason = reason,
    };

    private static WaitingEntry Read(StoredWaitingEntry stored) =>
        new(stored.Journey, stored.Entry, stored.To, stored.Key, Ticks.Instant(stored.Since), (EntryWay)stored.Way, stored.By, stored.Resumes);
}
