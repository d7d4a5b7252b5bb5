using Orchestrator.Protos.Rpc;
using Orchestrator.V1;

namespace Orchestrator.Client;

/// <summary>The contact policy service. Errors: <see cref="RpcException"/>, as policies.proto says.</summary>
public interface IContactPolicyService
{
    Task<ReserveResponse> Reserve(ReserveRequest request, CallContext call);

    Task<ConfirmResponse> Confirm(ConfirmRequest request, CallContext call);

    Task<ReleaseResponse> Release(ReleaseRequest request, CallContext call);
}
