using Orchestrator.Protos.Rpc;
using Orchestrator.V1;

namespace Orchestrator.Client;

/// <summary>The insight service: what can be learned from all accounts together. Errors: <see cref="RpcException"/>, as insight.proto says.</summary>
public interface IInsightService
{
    Task<ContrastResponse> Contrast(ContrastRequest request, CallContext call);
}
