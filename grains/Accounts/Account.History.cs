using System.Collections.Immutable;
using System.Diagnostics;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Policies;
using Orchestrator.Grains.Scores;
using Orchestrator.Grains.Survivorship;

namespace Orchestrator.Grains.Accounts;

public sealed partial record Account
{
    private static Account Evolve(Account account, HistoryEvent @event) => @event switch
    {
        HistoryEvent.Unmerged e => Part(account, e),
        HistoryEvent.Matched => account,
        HistoryEvent.Overridden e => account with { History = AccountHistory.Said(account.History, [e.Said]) },
        HistoryEvent.Remembered e => account with { History = AccountHistory.Said(account.History, e.Said) },
        HistoryEvent.TookIn { Brought: not null } e => AccountMerge.Join(account, e),
        HistoryEvent.MergeBegan e => account with { History = (account.History ?? new()) with { Merging = e.Into } },
        HistoryEvent.AccountParted e => e.State with { Key = account.Key, Wake = account.Wake, History = AccountHistory.Part(e.State.History, e.From, e.Names) },
        HistoryEvent.AccountRestored e => e.State with { Key = account.Key, Wake = account.Wake },
        HistoryEvent.TookIn e => account with
        {
            Scores = e.Scores.Aggregate(account.Scores, (scores, score) => Merge(scores, score)),
            Tallies = e.Tallies.Aggregate(account.Tallies, (tallies, tally) => Merge(tallies, tally)),
            Attributes = Survivors.Merge(account.Attributes, e.Attributes, e.Survivors),
            Seen = account.Seen.Merge(e.Seen),
            Slots = Both(account.Slots, e.Slots),
        },
        HistoryEvent.Reinstated e => Return(account, e),
        _ => throw new UnreachableException(),
    };

    private static Account Part(Account account, HistoryEvent.Unmerged e)
    {
        var link = account.Contacts.GetValueOrDefault(e.Contact, ContactLink.New) with { Roles = [.. e.Roles] };
        account = account with
        {
            Contacts = account.Contacts.SetItem(e.Contact, link),
            Identifiers = account.Identifiers.RemoveRange(e.Names.Where(n => account.Identifiers.GetValueOrDefault(n) == e.Contact)),
            History = AccountHistory.Part(account.History, e.Names, e.Other),
        };
        return e.Own is not { } own ? account : account with { Scores = [.. own.Scores], Tallies = [.. own.Tallies], SignalCount = own.SignalCount, LastSignalAt = own.LastSignalAt };
    }

    private static Account Return(Account account, HistoryEvent.Reinstated e)
    {
        if (e.Since is { } since)
        {
            account = account with
            {
                Scores = since.Scores.Aggregate(account.Scores, (scores, post) => Post(scores, post, keepDays: false)),
                Tallies = since.Tallies.Aggregate(account.Tallies, (tallies, post) => Tally.Post(tallies, [post])),
                SignalCount = account.SignalCount + since.Signals,
                LastSignalAt = since.LastSignalAt > account.LastSignalAt ? since.LastSignalAt : account.LastSignalAt,
                Seen = account.Seen.Merge(e.Seen),
                Slots = Both(account.Slots, e.Slots),
            };
        }

        return account with
        {
            ForwardedTo = "",
            Contacts = account.Contacts.SetItem(e.Contact, new ContactLink(e.LastSignalAt, [.. e.Roles])),
            Identifiers = account.Identifiers.SetItems(e.Names.Select(n => KeyValuePair.Create(n, e.Contact))),
        };
    }

    /// <summary>A message counts once, wherever it is remembered.</summary>
    internal static ImmutableArray<Slot> Both(ImmutableArray<Slot> one, IEnumerable<Slot> other) =>
        [.. one.UnionBy(other, s => s.Id).OrderBy(s => s.At).ThenBy(s => s.Id, StringComparer.Ordinal)];
}
