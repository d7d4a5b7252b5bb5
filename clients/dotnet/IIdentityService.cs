using Orchestrator.Protos.Rpc;
using Orchestrator.V1;

namespace Orchestrator.Client;

/// <summary>Who is who. Errors: <see cref="RpcException"/>, as identities.proto says.</summary>
public interface IIdentityService
{
    Task<MergeAccountsResponse> MergeAccounts(MergeAccountsRequest request, CallContext call);

    Task<MergeContactsResponse> MergeContacts(MergeContactsRequest request, CallContext call);

    Task<UnmergeResponse> Unmerge(UnmergeRequest request, CallContext call);

    Task<AssignContactResponse> AssignContact(AssignContactRequest request, CallContext call);

    Task<DismissContactResponse> DismissContact(DismissContactRequest request, CallContext call);

    Task<UnmergeAccountsResponse> UnmergeAccounts(UnmergeAccountsRequest request, CallContext call);

    Task<DismissDuplicateResponse> DismissDuplicate(DismissDuplicateRequest request, CallContext call);
}
