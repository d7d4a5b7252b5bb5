using System.Text;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Api;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;
using Account = Orchestrator.Grains.Accounts.Account;

namespace Orchestrator.Silo.Identities;

/// <summary>Who is who, over gRPC. Stateless; any thread.</summary>
public sealed class IdentityService(SiloRuntime runtime, People people, PlaybookShelf shelf)
{
    private readonly Unmergers unmergers = new(runtime);
    private readonly AccountUnmergers accounts = new(runtime, shelf);

    public async Task<MergeAccountsResponse> MergeAccounts(MergeAccountsRequest request, CallContext call)
    {
        var account = await people.AccountAsync(request.Account, call.CancellationToken, follow: false);
        var into = await people.AccountAsync(request.Into, call.CancellationToken);
        if (into.Key == account.Key)
        {
            throw new RpcException(
                StatusCode.InvalidArgument,
                request.Account == request.Into ? $"`account` and `into` are both `{request.Account}`: two accounts were expected" : $"`{request.Into}` was merged into `{request.Account}` before");
        }

        await TellAsync(new AccountCommand.MergeInto(account.Key, into.Key.Affinity), call.CancellationToken);
        return new MergeAccountsResponse { Account = into.Key.Affinity };
    }

    public async Task<MergeContactsResponse> MergeContacts(MergeContactsRequest request, CallContext call)
    {
        var (account, contact) = await MeantAsync(request.Account, request.Identifier, "identifier", call.CancellationToken);
        var (into, other) = await MeantAsync(request.IntoAccount, request.Into, "into", call.CancellationToken);
        var key = GrainKey.Contact(into.Key.Tenant, into.Key.Affinity, other);
        if ((account.Key, contact) != (into.Key, other))
        {
            await TellAsync(new AccountCommand.MoveOut(account.Key, contact, key) { Known = true }, call.CancellationToken);
        }

        return new MergeContactsResponse { Contact = new ContactRef { Account = key.Affinity, Contact = key.Id } };
    }

    public async Task<UnmergeResponse> Unmerge(UnmergeRequest request, CallContext call)
    {
        var name = NameOf(request.Identifier, "identifier");
        return await unmergers.UndoAsync(await people.AccountAsync(request.Account, call.CancellationToken), name, call.CancellationToken);
    }

    public async Task<UnmergeAccountsResponse> UnmergeAccounts(UnmergeAccountsRequest request, CallContext call) =>
        await accounts.UndoAsync(await people.AccountAsync(request.Account, call.CancellationToken, follow: false), call.CancellationToken);

    public async Task<DismissDuplicateResponse> DismissDuplicate(DismissDuplicateRequest request, CallContext call)
    {
        CheckWord(request.By, request.Reason);
        var account = await people.AccountAsync(request.Account, call.CancellationToken);
        var other = await people.AccountAsync(request.Other, call.CancellationToken);
        if (account.Key == other.Key)
        {
            throw new RpcException(StatusCode.InvalidArgument, $"`{request.Account}` and `{request.Other}` are one account: two were expected");
        }

        await TellAsync(new AccountCommand.DismissTwin(account.Key, other.Key.Affinity, request.By, request.Reason), call.CancellationToken);
        return new DismissDuplicateResponse();
    }

    public async Task<AssignContactResponse> AssignContact(AssignContactRequest request, CallContext call)
    {
        CheckWord(request.By, request.Reason);
        var to = await people.AccountAsync(request.To, call.CancellationToken);
        var (account, contact) = await MeantAsync(request.Account, request.Identifier, "identifier", call.CancellationToken);
        await TellAsync(new AccountCommand.Override(account.Key, contact, to.Key.Affinity, Belongs: true, request.By, request.Reason), call.CancellationToken);
        return new AssignContactResponse();
    }

    public async Task<DismissContactResponse> DismissContact(DismissContactRequest request, CallContext call)
    {
        CheckWord(request.By, request.Reason);
        var (account, contact) = await MeantAsync(request.Account, request.Identifier, "identifier", call.CancellationToken);
        await TellAsync(new AccountCommand.Override(account.Key, contact, "", Belongs: false, request.By, request.Reason), call.CancellationToken);
        return new DismissContactResponse();
    }

    private static void CheckWord(string by, string reason)
    {
        if (Encoding.UTF8.GetByteCount(by) is 0 or > 100 || by.Trim().Length == 0)
        {
            throw new RpcException(StatusCode.InvalidArgument, $"`by` must be 1 to 100 bytes: who says so; it is {Encoding.UTF8.GetByteCount(by)}");
        }

        if (Encoding.UTF8.GetByteCount(reason) > 1_000)
        {
            throw new RpcException(StatusCode.InvalidArgument, $"`reason` must be at most 1,000 bytes, it is {Encoding.UTF8.GetByteCount(reason)}");
        }
    }

    private Task<(Account Account, string Contact)> MeantAsync(string account, Identifier? identifier, string field, CancellationToken cancel)
    {
        NameOf(identifier, field);
        return people.FindAsync(account, [identifier!], cancel);
    }

    private static PersonName NameOf(Identifier? identifier, string field) => identifier is { } given && given.Kind.Trim().Length > 0 && given.Value.Trim().Length > 0
        ? PersonName.Normalise(given.Kind, given.Value)
        : throw new RpcException(StatusCode.InvalidArgument, $"`{field}` must have a kind and a value, for example `email:ann@example.com`");

    private async Task TellAsync(AccountCommand command, CancellationToken cancel)
    {
        if (await runtime.AskAsync(command, cancel) is var outcome and not Outcome.Accepted)
        {
            throw Refusals.StatusOf(outcome);
        }
    }
}
