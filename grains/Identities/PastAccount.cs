using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Grains.WhatIf;
using Orchestrator.V1;
using Account = Orchestrator.Grains.Accounts.Account;
using Contact = Orchestrator.Grains.Contacts.Contact;

namespace Orchestrator.Grains.Identities;

/// <summary>The whole history of an account and its people, as the journal has it.</summary>
/// <param name="Turns">Oldest first, from the first one on.</param>
/// <param name="Wakes">By sequence of a frame: when the account wanted to be woken after it.</param>
public sealed record PastAccount(GrainKey Account, IReadOnlyList<RecordedTurn> Turns, IReadOnlyDictionary<long, DateTimeOffset?> Wakes)
{
    /// <summary>Sorts the entries of an account and of its people into turns.</summary>
    /// <param name="positionOf">The place of a turn, by sequence and number in the frame.</param>
    public static PastAccount Of(GrainKey account, IEnumerable<(GrainKey Grain, long Sequence, StoredEntry Entry, DateTimeOffset At)> entries, Func<long, int, TurnPosition> positionOf)
    {
        var turns = new SortedDictionary<(long, uint), RecordedTurn>();
        var wakes = new Dictionary<long, DateTimeOffset?>();
        foreach (var (grain, sequence, entry, at) in entries)
        {
            if (grain == account)
            {
                wakes[sequence] = Ticks.InstantOrNone(entry.Wake);
            }

            foreach (var stored in entry.Events)
            {
                if (!turns.TryGetValue((sequence, stored.Turn), out var turn))
                {
                    turns[(sequence, stored.Turn)] = turn = new RecordedTurn(account, positionOf(sequence, checked((int)stored.Turn)), at);
                }

                if (stored.Account is { } ofAccount)
                {
                    turn.OfAccount.Add(ofAccount);
                }
                else if (stored.Contact is { } ofContact)
                {
                    turn.OfContacts.Add((grain.Id, ofContact));
                }
            }
        }

        return new PastAccount(account, [.. turns.Values], wakes);
    }

    /// <summary>All people who were ever of the account.</summary>
    public static IEnumerable<GrainKey> PeopleOf(GrainKey account, IEnumerable<StoredEvent> events) => events
        .Select(e => e.Account?.ContactJoined?.Contact ?? e.Account?.Absorbed?.Contact ?? "").Where(c => c.Length > 0).Distinct()
        .Select(c => GrainKey.Contact(account.Tenant, account.Affinity, c));

    /// <summary>The turns before one, as they are judged anew.</summary>
    internal IEnumerable<Lateness.PastFrame> FramesBefore(int turn) => Turns.Take(turn).Select(t => new Lateness.PastFrame(t.At, [t], Wakes.GetValueOrDefault(t.Position.Sequence)));

    /// <summary>The states up to just before a turn.</summary>
    internal (Account Account, IReadOnlyList<Contact> People) Before(int turn)
    {
        var account = Accounts.Account.Unknown(Account);
        var people = new Dictionary<string, Contact>(StringComparer.Ordinal);
        for (var i = 0; i < turn; i++)
        {
            foreach (var stored in Turns[i].OfAccount)
            {
                account = Accounts.Account.Evolve(account, (AccountEvent)EventForm.Read(new StoredEvent { Account = stored }, Account));
            }

            foreach (var (id, stored) in Turns[i].OfContacts)
            {
                var key = GrainKey.Contact(Account.Tenant, Account.Affinity, id);
                people[id] = Contact.Evolve(people.GetValueOrDefault(id) ?? Contact.Unknown(key), (Contacts.ContactEvent)EventForm.Read(new StoredEvent { Contact = stored }, key));
            }
        }

        var wake = turn == 0 ? null : Wakes.Where(w => w.Key <= Turns[turn - 1].Position.Sequence).OrderBy(w => w.Key).Select(w => w.Value).LastOrDefault();
        return (account with { Wake = wake }, [.. people.Values.OrderBy(p => p.Key.Id, StringComparer.Ordinal)]);
    }
}
