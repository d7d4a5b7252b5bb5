using Orchestrator.Protos.Rpc;
using Orchestrator.V1;

namespace Orchestrator.Client;

/// <summary>The stage service: every stage that is entered, as it happens. Errors: <see cref="RpcException"/>, as stages.proto says.</summary>
public interface IStageService
{
    /// <summary>Ends with the call; go on with the position of the last message dealt with.</summary>
    IAsyncEnumerable<WatchStagesResponse> WatchStages(WatchStagesRequest request, CallContext call);
}
