using Orchestrator.Protos.Rpc;
using Orchestrator.V1;

namespace Orchestrator.Client;

/// <summary>The playbook service. Errors: <see cref="RpcException"/>, as playbooks.proto says.</summary>
public interface IPlaybookService
{
    Task<ValidateResponse> Validate(ValidateRequest request, CallContext call);

    Task<PublishResponse> Publish(PublishRequest request, CallContext call);

    Task<GetResponse> Get(GetRequest request, CallContext call);

    Task<ListResponse> List(ListRequest request, CallContext call);

    Task<ContractResponse> Contract(ContractRequest request, CallContext call);

    Task<SaveDraftResponse> SaveDraft(SaveDraftRequest request, CallContext call);

    Task<GetDraftResponse> GetDraft(GetDraftRequest request, CallContext call);

    Task<ListDraftsResponse> ListDrafts(ListDraftsRequest request, CallContext call);

    Task<DeleteDraftResponse> DeleteDraft(DeleteDraftRequest request, CallContext call);
}
