using Orchestrator.Protos.Rpc;
using Orchestrator.V1;

namespace Orchestrator.Client;

/// <summary>The shadow service: a second playbook that decides silently. Errors: <see cref="RpcException"/>, as shadow.proto says.</summary>
public interface IShadowService
{
    Task<StartShadowResponse> StartShadow(StartShadowRequest request, CallContext call);

    Task<GetShadowResponse> GetShadow(GetShadowRequest request, CallContext call);

    Task<StopShadowResponse> StopShadow(StopShadowRequest request, CallContext call);
}
