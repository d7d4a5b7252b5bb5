using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;

namespace Orchestrator.Silo.Insight;

/// <summary>
/// One page of what happened to an account, newest first. Every turn leaves a fact at its account, so the account's own chain of entries tells all;
/// what a fact does not say itself (whom an ended action was for) is looked up in the older entry that does.
/// </summary>
internal sealed class Timeline(SiloRuntime runtime, GrainKey account, string contact)
{
    /// <summary>Most entries that one call looks at while it searches for a contact's facts; then the page ends early and the next one goes on.</summary>
    public const int MostEntries = 10_000;

    private readonly Dictionary<string, Undertaking> _undertakings = new(StringComparer.Ordinal);
    private int _indexed;

    /// <param name="token">Where to begin; empty = at the newest.</param>
    /// <param name="size">Most facts.</param>
    /// <param name="cancel">Stops reading.</param>
    public async Task<TimelineResponse> PageAsync(string token, int size, CancellationToken cancel)
    {
        var begin = token.Length > 0 ? PageToken.Read(token, account.Affinity, contact) : default;
        var history = new History(runtime, account, begin.Sequence);
        var page = new TimelineResponse();
        for (var i = 0; await history.ReachAsync(i, cancel); i++)
        {
            var (sequence, entry, at) = history.Entries[i];
            if (i == MostEntries)
            {
                page.NextPageToken = new PageToken(sequence, 0).Write(account.Affinity, contact);
                return page;
            }

            for (var shown = i == 0 ? begin.Shown : 0; shown < entry.Events.Count; shown++)
            {
                var stored = entry.Events[entry.Events.Count - 1 - shown];
                if (await FactAsync(history, entry, stored, cancel) is not { } fact)
                {
                    continue;
                }

                if (page.Entries.Count == size)
                {
                    page.NextPageToken = new PageToken(sequence, shown).Write(account.Affinity, contact);
                    return page;
                }

                fact.Position = new Position { Partition = account.PartitionOf(runtime.Partitions), Sequence = sequence };
                fact.At = Timestamp.FromDateTimeOffset(at);
                page.Entries.Add(fact);
            }
        }

        if (history.Dropped is { } dropped)
        {
            if (page.Entries.Count == size)
            {
                var (last, all, _) = history.Entries[^1];
                page.NextPageToken = new PageToken(last, all.Events.Count).Write(account.Affinity, contact);
            }
            else
            {
                page.Entries.Add(new TimelineEntry { Kind = "dropped", Text = dropped, At = history.Entries.Count > 0 ? Timestamp.FromDateTimeOffset(history.Entries[^1].At) : null });
            }
        }

        return page;
    }

    /// <summary>The fact in the reader's words, or null if it is about somebody else.</summary>
    private async Task<TimelineEntry?> FactAsync(History history, StoredEntry entry, StoredEvent stored, CancellationToken cancel)
    {
        var fact = (AccountEvent)EventForm.Read(stored, account);
        var about = IdOf(fact) is { } id ? await FindAsync(history, id, cancel) : null;
        var person = about?.Contact ?? PersonOf(fact, entry, stored.Turn);
        return contact.Length > 0 && person != contact
            ? null
            : new TimelineEntry
            {
                Contact = person,
                Kind = TimelineText.KindOf(fact),
                Text = TimelineText.SentenceOf(fact, about),
                Signal = (fact as AccountEvent.SignalRecorded)?.Signal,
                ActionId = ActionOf(fact),
            };
    }

    /// <summary>What an action or reservation was, from the older fact that began it; null if the journal does not go back so far.</summary>
    private async Task<Undertaking?> FindAsync(History history, string id, CancellationToken cancel)
    {
        while (true)
        {
            for (; _indexed < history.Entries.Count; _indexed++)
            {
                Index(history.Entries[_indexed].Entry);
            }

            if (_undertakings.TryGetValue(id, out var found) || !await history.MoreAsync(cancel))
            {
                return found;
            }
        }
    }

    private void Index(StoredEntry entry)
    {
        foreach (var stored in entry.Events)
        {
            if (stored.Account?.ActionOffered?.Action is { } action)
            {
                _undertakings[action.Id] = new Undertaking(
                    action.Contact, action.Play, action.Treatment, action.Request is { } request ? $"{RequestForm.Read(request).Kind} of `{request.Subject}`" : "");
            }
            else if (stored.Account?.Reserved is { } reservation)
            {
                _undertakings[reservation.Id] = new Undertaking(reservation.Contact, "", "");
            }
        }
    }

    private static string? IdOf(AccountEvent fact) => fact switch
    {
        AccountEvent.ActionEnded e => e.Id,
        AccountEvent.ActionReturned e => e.Id,
        AccountEvent.ActionGranted e => e.Id,
        AccountEvent.ReservationEnded e => e.Id,
        _ => null,
    };

    private static string ActionOf(AccountEvent fact) => fact switch
    {
        AccountEvent.ActionOffered e => e.Action.Id,
        AccountEvent.ActionEnded e => e.Id,
        AccountEvent.ActionReturned e => e.Id,
        AccountEvent.ActionGranted e => e.Id,
        _ => "",
    };

    private static string PersonOf(AccountEvent fact, StoredEntry entry, uint turn) => fact switch
    {
        AccountEvent.SignalRecorded e => e.Contact,
        AccountEvent.ContactJoined e => e.Contact,
        AccountEvent.ContactLeft e => e.Contact,
        AccountEvent.RoleSet e => e.Contact,
        AccountEvent.ActionOffered e => e.Action.Contact,
        AccountEvent.Asked e => e.Contact,
        AccountEvent.Reserved e => e.Reservation.Contact,
        AccountEvent.Absorbed e => e.Contact,
        AccountEvent.Deferred e => e.Contact,
        AccountEvent.OfMembership e => e.Contact,
        AccountEvent.OfLateness e => LatenessText.ContactOf(e.Event),
        AccountEvent.OfStanding e => StandingText.PersonOf(e.Event),
        AccountEvent.OfHistory e => IdentityText.ContactOf(e.Event),
        // Deciding on nothing concerns the person whose signal, or whose visit, it answers.
        AccountEvent.NoneDecided => entry.Events.Where(e => e.Turn == turn).Select(e => e.Account?.SignalRecorded?.Contact ?? e.Account?.Asked?.Contact).FirstOrDefault(c => c is not null) ?? "",
        _ => "",
    };
}
