using Orchestrator.Protos.Rpc;
using Orchestrator.V1;

namespace Orchestrator.Client;

/// <summary>The shadow service: a second playbook that decides silently. Errors: <see cref="RpcException"/>, as shadow.proto says.</summary>
public interface IShadowService
{
    Task<ShadowStatus> Start(StartShadowRequest request, CallContext call);

    Task<ShadowStatus> Get(GetShadowRequest request, CallContext call);

    Task<ShadowStatus> Stop(StopShadowRequest request, CallContext call);
}
