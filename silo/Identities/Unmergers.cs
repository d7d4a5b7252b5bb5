using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Api;
using Orchestrator.Silo.Insight;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;
using Account = Orchestrator.Grains.Accounts.Account;
using Contact = Orchestrator.Grains.Contacts.Contact;

namespace Orchestrator.Silo.Identities;

/// <summary>Undoes merges: reads the journal, works out both sides, and asks the account to be so, if it still is what was read.</summary>
internal sealed class Unmergers(SiloRuntime runtime)
{
    /// <summary>How often it is worked out anew because the account changed meanwhile.</summary>
    private const int MostTries = 16;

    /// <exception cref="RpcException">As identities.proto says.</exception>
    public async Task<UnmergeResponse> UndoAsync(Account account, PersonName name, CancellationToken cancel)
    {
        for (var tries = 1; ; tries++)
        {
            var facts = await FactsAsync(account.Key, cancel);
            var merge = await FindAsync(account, facts, name, cancel);
            var kept = GrainKey.Contact(account.Key.Tenant, account.Key.Affinity, merge.Contact);
            var person = await FactsAsync(kept, cancel);
            var merges = Unmerging.MergesOf(kept, facts, person);
            var latest = merges.Last(m => (m.Sequence, m.Turn, m.Other) == (merge.Sequence, merge.Turn, merge.Other));
            if (latest.UndoneAt is not null)
            {
                return Answer(latest, kept, latest.State, changed: false);
            }

            var states = await runtime.ReadAsync([account.Key, kept], cancel);
            var other = (await runtime.ReadAsync([latest.Other], cancel))[0];
            if (states is not [Account now, Contact contact] || other is not Contact theirs)
            {
                throw new RpcException(StatusCode.Internal, $"the contacts of the merge at {latest.Sequence} are gone");
            }

            if (contact.MovedTo is { } moved)
            {
                throw new RpcException(StatusCode.FailedPrecondition, $"contact `{kept.Id}` has become part of `{moved.Id}` of account `{moved.Affinity}` since: undo that first");
            }

            var parting = Unmerging.Split(latest, merges, facts, person, contact, theirs);
            var command = new AccountCommand.Unmerge(
                account.Key, kept.Id, latest.Other, latest.Sequence, now.SignalCount, Unmerging.MarkOf(contact), parting.Kept, parting.Restored, parting.Own, parting.Since);
            var outcome = await runtime.AskAsync(command, cancel);
            if (outcome is Outcome.Accepted)
            {
                return Answer(latest, kept, parting.Restored, changed: true);
            }

            if (outcome is not Outcome.Rejected { Rejection: Rejection.ChangedMeanwhile } || tries == MostTries)
            {
                throw Refusals.StatusOf(outcome);
            }
        }
    }

    /// <summary>The latest merge in this account that brought the name, undone or not.</summary>
    private async Task<Merge> FindAsync(Account account, IReadOnlyList<PastFact> facts, PersonName name, CancellationToken cancel)
    {
        Merge? latest = null;
        var takers = facts.Select(f => f.Event).Select(e => e switch
        {
            AccountEvent.ContactLeft left when left.To.Affinity == account.Key.Affinity => left.To.Id,
            AccountEvent.Absorbed absorbed => absorbed.Contact,
            _ => "",
        });
        foreach (var contact in takers.Where(c => c.Length > 0).Distinct())
        {
            var key = GrainKey.Contact(account.Key.Tenant, account.Key.Affinity, contact);
            var found = Unmerging.MergesOf(key, facts, await FactsAsync(key, cancel)).LastOrDefault(m => m.State.Identifiers.Contains(name));
            latest = found is not null && (latest is null || (found.Sequence, found.Turn).CompareTo((latest.Sequence, latest.Turn)) > 0) ? found : latest;
        }

        return latest ?? throw new RpcException(StatusCode.NotFound, $"no merge brought `{name}` to a contact of the account `{account.Key.Affinity}`; its timeline lists all merges");
    }

    private async Task<IReadOnlyList<PastFact>> FactsAsync(GrainKey key, CancellationToken cancel)
    {
        var entries = await WholeHistory.ReadAsync(runtime, key, cancel);
        return [.. entries.SelectMany(e => e.Entry.Events.Select(s => new PastFact(e.Sequence, s.Turn, EventForm.Read(s, key))))];
    }

    private static UnmergeResponse Answer(Merge merge, GrainKey kept, Contact restored, bool changed) => new()
    {
        Kept = new ContactRef { Account = kept.Affinity, Contact = kept.Id },
        Restored = new ContactRef { Account = merge.Other.Affinity, Contact = merge.Other.Id },
        Identifiers = { restored.Identifiers.Select(i => new Identifier { Kind = i.Kind, Value = i.Value }) },
        Changed = changed,
    };
}
