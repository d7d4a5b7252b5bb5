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

/// <summary>Undoes merges of whole accounts: reads both journals, works out both sides, and asks the account that carried on to be so, if it still is what was read.</summary>
internal sealed class AccountUnmergers(SiloRuntime runtime, PlaybookShelf shelf)
{
    /// <summary>How often it is worked out anew because the account changed meanwhile.</summary>
    private const int MostTries = 16;

    /// <exception cref="RpcException">As identities.proto says.</exception>
    public async Task<UnmergeAccountsResponse> UndoAsync(Account account, CancellationToken cancel)
    {
        for (var tries = 1; ; tries++)
        {
            var (source, before) = await PastAsync(account.Key, cancel);
            if (account.ForwardedTo.Length == 0)
            {
                return before.LastOrDefault(e => e.History?.AccountRestored is not null)?.History.AccountRestored is { } restored
                    ? new() { Kept = restored.From, Restored = account.Key.Affinity, People = account.Contacts.Count }
                    : throw new RpcException(StatusCode.NotFound, $"account `{account.Key.Affinity}` is part of no other: it was never merged");
            }

            var key = GrainKey.Account(account.Key.Tenant, account.ForwardedTo);
            var (target, _) = await PastAsync(key, cancel);
            if (AccountParting.BeganAt(source) is null)
            {
                throw new RpcException(StatusCode.FailedPrecondition, $"account `{account.Key.Affinity}` was merged by an earlier release, which kept too little: undo its people one by one, by their names");
            }

            if (AccountParting.TookInAt(target, account.Key.Affinity) is null)
            {
                throw new RpcException(StatusCode.Aborted, $"account `{account.Key.Affinity}` is still on its way into `{key.Affinity}`: ask again in a moment");
            }

            var (now, people) = await NowAsync(key, target, cancel);
            if (now.ForwardedTo.Length > 0)
            {
                throw new RpcException(StatusCode.FailedPrecondition, $"account `{key.Affinity}`, which took `{account.Key.Affinity}` in, was itself merged into `{now.ForwardedTo}` since: undo that first");
            }

            var shared = await TheirsAsync(AccountParting.Shared(source, target), account.Key, cancel);
            var parting = AccountParting.Of(source, target, shared, shelf.Current, now, people, runtime.Now);
            var outcome = await runtime.AskAsync(parting.Command(now), cancel);
            if (outcome is Outcome.Accepted)
            {
                return new() { Kept = key.Affinity, Restored = account.Key.Affinity, People = parting.Restored.Contacts.Count, Changed = true };
            }

            if (outcome is not Outcome.Rejected { Rejection: Rejection.ChangedMeanwhile } || tries == MostTries)
            {
                throw Refusals.StatusOf(outcome);
            }
        }
    }

    /// <summary>Which of these identifiers meant a person of the account last, before the merge took them along.</summary>
    private async Task<HashSet<string>> TheirsAsync(IReadOnlyList<string> names, GrainKey account, CancellationToken cancel)
    {
        var theirs = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            if ((await WholeHistory.ReadAsync(runtime, GrainKey.Identity(account.Tenant, name), cancel)).Any(e => e.Entry.Events.Any(b => b.Identity?.Bound?.Contact.Account == account.Affinity)))
            {
                theirs.Add(name);
            }
        }

        return theirs;
    }

    private async Task<(Account Account, IReadOnlyList<Contact> People)> NowAsync(GrainKey key, PastAccount past, CancellationToken cancel)
    {
        var people = PastAccount.PeopleOf(key, past.Turns.SelectMany(t => t.OfAccount).Select(e => new StoredEvent { Account = e })).ToList();
        var states = await runtime.ReadAsync([key, .. people], cancel);
        return ((Account?)states[0] ?? Account.Unknown(key), [.. states.Skip(1).OfType<Contact>()]);
    }

    private async Task<(PastAccount Past, IReadOnlyList<StoredAccountEvent> OfAccount)> PastAsync(GrainKey key, CancellationToken cancel)
    {
        var own = await WholeHistory.ReadAsync(runtime, key, cancel);
        var all = own.Select(e => (Grain: key, e.Sequence, e.Entry, e.At)).ToList();
        var people = PastAccount.PeopleOf(key, own.SelectMany(e => e.Entry.Events)).ToList();
        if (people.Count > AccountParting.MostPeople)
        {
            throw new RpcException(StatusCode.FailedPrecondition, $"account `{key.Affinity}` has had {people.Count} people; a merge can be undone for at most {AccountParting.MostPeople}: undo it person by person, by their names");
        }

        foreach (var person in people)
        {
            all.AddRange((await WholeHistory.ReadAsync(runtime, person, cancel)).Select(e => (person, e.Sequence, e.Entry, e.At)));
        }

        var partition = key.PartitionOf(runtime.Partitions);
        var incarnation = all.Count == 0 ? 0 : await runtime.IncarnationOfAsync(partition, all.Max(e => e.Sequence), cancel);
        return (
            PastAccount.Of(key, all.OrderBy(e => e.Sequence), (sequence, turn) => new TurnPosition(partition, sequence, turn) { Incarnation = incarnation }),
            [.. own.SelectMany(e => e.Entry.Events).Select(e => e.Account).Where(e => e is not null)]);
    }
}
