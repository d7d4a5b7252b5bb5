using Orchestrator.Protos.Rpc;
using Orchestrator.V1;

namespace Orchestrator.Client;

/// <summary>The operators' part of the cluster service. Errors: <see cref="RpcException"/>, as cluster.proto says.</summary>
public interface IClusterService
{
    Task<ListSilosResponse> ListSilos(ListSilosRequest request, CallContext call);

    Task<DrainResponse> Drain(DrainRequest request, CallContext call);

    Task<CordonResponse> Cordon(CordonRequest request, CallContext call);

    Task<MoveResponse> Move(MoveRequest request, CallContext call);

    Task<GetLevelResponse> GetLevel(GetLevelRequest request, CallContext call);

    Task<RaiseLevelResponse> RaiseLevel(RaiseLevelRequest request, CallContext call);
}
