using Orchestrator.Protos.Rpc;
using Orchestrator.V1;

namespace Orchestrator.Client;

/// <summary>What came and was not taken. Errors: <see cref="RpcException"/>, as rejections.proto says.</summary>
public interface IRejectionService
{
    Task<ListRejectedResponse> ListRejected(ListRejectedRequest request, CallContext call);
}
