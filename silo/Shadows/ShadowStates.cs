using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Grains.WhatIf;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;
using Account = Orchestrator.Grains.Accounts.Account;

namespace Orchestrator.Silo.Shadows;

/// <summary>
/// The accounts and people of one partition as the live playbook left them at a place of the journal: folded frame by frame, read back when one is met again that was let go. Holds a
/// bounded number, those met last.
/// </summary>
/// <remarks>Belongs to the follower's loop.</remarks>
/// <param name="most">So many stay at least, at most twice as many.</param>
internal sealed class ShadowStates(IStore store, SiloRuntime runtime, int partition, int most) : IGrains
{
    private const int ChainStep = 16;
    private Dictionary<GrainKey, GrainState?> recent = [];
    private Dictionary<GrainKey, GrainState?> older = [];

    public bool TryGet(GrainKey key, out GrainState? state)
    {
        if (recent.TryGetValue(key, out state))
        {
            return true;
        }

        if (!older.TryGetValue(key, out state))
        {
            return false;
        }

        recent[key] = state;
        return true;
    }

    /// <summary>That the account was due when it was woken is known from its having been woken.</summary>
    public void SetDue(GrainKey account, DateTimeOffset due)
    {
        if (TryGet(account, out var state) && state is Account { } known && known.Wake != due)
        {
            recent[account] = known with { Wake = due };
        }
    }

    /// <summary>Folds a turn's facts into whatever is here.</summary>
    public void Fold(RecordedTurn turn)
    {
        if (TryGet(turn.Account, out var account))
        {
            foreach (var stored in turn.OfAccount)
            {
                account = GrainTurn.Evolve(turn.Account, account, EventForm.Read(new StoredEvent { Account = stored }, turn.Account));
            }

            recent[turn.Account] = account;
        }

        foreach (var (contact, stored) in turn.OfContacts)
        {
            var key = GrainKey.Contact(turn.Account.Tenant, turn.Account.Affinity, contact);
            if (TryGet(key, out var state))
            {
                recent[key] = GrainTurn.Evolve(key, state, EventForm.Read(new StoredEvent { Contact = stored }, key));
            }
        }
    }

    /// <summary>The frame is done: when each of its grains wants to be woken is as the journal says.</summary>
    public void End(StoredFrame frame)
    {
        foreach (var entry in frame.Entries)
        {
            var key = KeyForm.Read(entry.Grain);
            if (recent.TryGetValue(key, out var state) && state is not null && state.Wake != Ticks.InstantOrNone(entry.Wake))
            {
                recent[key] = state with { Wake = Ticks.InstantOrNone(entry.Wake) };
            }
        }

        if (recent.Count > most)
        {
            (older, recent) = (recent, []);
        }
    }

    /// <summary>Reads grains as they were just before a frame.</summary>
    /// <param name="previous">Of those that the frame has an entry of: the sequence of the entry before, 0 = there is none.</param>
    /// <returns>False if one cannot be had: retention has dropped what its state would be folded from.</returns>
    public async Task<bool> LoadAsync(IReadOnlyList<GrainKey> keys, IReadOnlyDictionary<GrainKey, long> previous, long sequence, CancellationToken cancel)
    {
        List<GrainKey> wanted = [.. keys.Where(k => !TryGet(k, out _))];
        foreach (var key in wanted.Where(k => previous.GetValueOrDefault(k, -1) == 0))
        {
            recent[key] = null;
        }

        wanted.RemoveAll(k => previous.GetValueOrDefault(k, -1) == 0);
        if (wanted.Count == 0)
        {
            return true;
        }

        var rows = await store.ReadSnapshotsAsync(partition, [.. wanted.Select(KeyForm.Name)], cancel);
        var whole = true;
        for (var i = 0; i < wanted.Count; i++)
        {
            whole &= await LoadAsync(wanted[i], rows[i], previous.GetValueOrDefault(wanted[i], -1), sequence, cancel);
        }

        return whole;
    }

    private async Task<bool> LoadAsync(GrainKey key, SnapshotRow? row, long head, long sequence, CancellationToken cancel)
    {
        GrainState? state = null;
        // A snapshot from after the frame knows too much.
        var known = row is { } saved && saved.Sequence < sequence ? saved.Sequence : 0;
        if (known > 0)
        {
            (state, _) = StateForm.Read(StoredState.Parser.ParseFrom(row!.Body));
        }

        var next = head >= 0 ? head : await runtime.LastEntryAsync(key, cancel);
        var tail = new Stack<StoredEntry>();
        while (next > known)
        {
            var page = await runtime.HistoryAsync(key, next, ChainStep, cancel);
            if (page.Count == 0)
            {
                return false;
            }

            foreach (var (at, entry, _) in page.TakeWhile(e => e.Sequence > known))
            {
                if (at < sequence)
                {
                    tail.Push(entry);
                }
            }

            next = page[^1].Entry.Previous;
        }

        foreach (var entry in tail)
        {
            state = PartitionRecovery.Fold(key, state, entry);
        }

        recent[key] = state;
        return true;
    }
}
