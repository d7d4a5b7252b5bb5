using Orchestrator.Protos.Rpc;
using Orchestrator.V1;

namespace Orchestrator.Client;

/// <summary>The authoring service: what a playbook would do. Errors: <see cref="RpcException"/>, as authoring.proto says.</summary>
public interface IAuthoringService
{
    IAsyncEnumerable<WhatIfResponse> WhatIf(WhatIfRequest request, CallContext call);

    IAsyncEnumerable<PlanResponse> Plan(PlanRequest request, CallContext call);

    Task<ForwardResponse> Forward(ForwardRequest request, CallContext call);

    IAsyncEnumerable<SweepResponse> Sweep(SweepRequest request, CallContext call);

    Task<GetRolloutResponse> GetRollout(GetRolloutRequest request, CallContext call);
}
