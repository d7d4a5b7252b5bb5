using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;
using Account = Orchestrator.Grains.Accounts.Account;

namespace Orchestrator.Silo.Api;

/// <summary>Finds the account and contact that a caller means, following forwarding addresses.</summary>
public sealed class People(SiloRuntime runtime)
{
    private const int MostForwards = 8;

    /// <summary>The account, where it now is.</summary>
    /// <exception cref="RpcException">NOT_FOUND: nobody has ever named it.</exception>
    public async Task<Account> AccountAsync(string account, CancellationToken cancel, bool follow = true)
    {
        if (SignalSchema.AccountFault(account) is { } fault)
        {
            throw new RpcException(StatusCode.InvalidArgument, fault);
        }

        for (var hop = 0; hop < MostForwards; hop++)
        {
            var key = GrainKey.Account(Tenants.Default, account);
            if ((await runtime.ReadAsync([key], cancel))[0] is not Account { Exists: true } found)
            {
                throw Refusals.StatusOf(new Outcome.Rejected(new Rejection.NoSuchAccount(account)));
            }

            if (!follow || found.ForwardedTo.Length == 0)
            {
                return found;
            }

            account = found.ForwardedTo;
        }

        throw new RpcException(StatusCode.Internal, $"`{account}` is forwarded in a circle");
    }

    /// <summary>The contact that an account and identifiers, or identifiers alone, mean. The contact is empty if only an account was given.</summary>
    /// <exception cref="RpcException">NOT_FOUND, or INVALID_ARGUMENT when nothing is given.</exception>
    public async Task<(Account Account, string Contact)> FindAsync(string account, IReadOnlyList<Identifier> identifiers, CancellationToken cancel)
    {
        if (account.Length == 0)
        {
            if (identifiers.Count == 0)
            {
                throw new RpcException(StatusCode.InvalidArgument, "neither `account` nor `identifiers` is set");
            }

            foreach (var identifier in identifiers)
            {
                var key = GrainKey.Identity(Tenants.Default, PersonName.Normalise(identifier.Kind, identifier.Value).ToString());
                if ((await runtime.ReadAsync([key], cancel))[0] is Identity { Contact: { } contact })
                {
                    return await SettledAsync(contact, identifiers, cancel);
                }
            }

            throw new RpcException(StatusCode.NotFound, $"nobody is known as {string.Join(" or ", identifiers.Select(i => $"`{i.Kind}:{i.Value}`"))}");
        }

        var found = await AccountAsync(account, cancel);
        if (identifiers.Count == 0)
        {
            return (found, "");
        }

        foreach (var identifier in identifiers)
        {
            if (found.Identifiers.TryGetValue(PersonName.Normalise(identifier.Kind, identifier.Value).ToString(), out var contact))
            {
                return (found, contact);
            }
        }

        throw new RpcException(StatusCode.NotFound, $"the account `{found.Key.Affinity}` has nobody known as {string.Join(" or ", identifiers.Select(i => $"`{i.Kind}:{i.Value}`"))}");
    }

    /// <summary>While a person moves between accounts the identity may still point to the old one: the account's forwarding address or the names tell.</summary>
    private async Task<(Account Account, string Contact)> SettledAsync(GrainKey contact, IReadOnlyList<Identifier> identifiers, CancellationToken cancel)
    {
        var account = await AccountAsync(contact.Affinity, cancel);
        if (account.Contacts.ContainsKey(contact.Id))
        {
            return (account, contact.Id);
        }

        foreach (var identifier in identifiers)
        {
            if (account.Identifiers.TryGetValue(PersonName.Normalise(identifier.Kind, identifier.Value).ToString(), out var known))
            {
                return (account, known);
            }
        }

        throw new RpcException(StatusCode.NotFound, $"the person is on the way from `{contact.Affinity}` to another account; ask again");
    }
}
