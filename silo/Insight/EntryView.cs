using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Journeys;
using Orchestrator.V1;

namespace Orchestrator.Silo.Insight;

/// <summary>How journeys were entered, in the form of the contract.</summary>
internal static class EntryView
{
    public static JourneyEntries? Write(EntryBook? book) => book is null ? null : new()
    {
        Entered =
        {
            book.Entries.Select(e => new JourneyEntryCount
            {
                Journey = e.Transition,
                Key = e.Key,
                Count = e.Count,
                EnteredAt = Timestamp.FromDateTimeOffset(e.EnteredAt),
                LeftAt = e.LeftAt is { } left ? Timestamp.FromDateTimeOffset(left) : null,
            }),
        },
        Waiting = { book.Waiting.Select(w => new JourneyEntryWaiting { Journey = w.Journey, Entry = w.Entry, To = w.To, Since = Timestamp.FromDateTimeOffset(w.Since), Resumes = w.Resumes }) },
        Refused = { book.Refused.Select(r => new JourneyEntryRefused { Journey = r.Journey, Entry = r.Entry, At = Timestamp.FromDateTimeOffset(r.At), Reason = r.Reason }) },
    };
}
