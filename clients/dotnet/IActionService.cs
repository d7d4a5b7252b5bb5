using Orchestrator.Protos.Rpc;
using Orchestrator.V1;

namespace Orchestrator.Client;

/// <summary>The action service as it is on the wire; <see cref="ActionSubscription"/> is the friendlier way. Errors: <see cref="RpcException"/>, as actions.proto says.</summary>
public interface IActionService
{
    IAsyncEnumerable<SubscribeResponse> Subscribe(IAsyncEnumerable<SubscribeRequest> requests, CallContext call);

    Task<PullResponse> Pull(PullRequest request, CallContext call);

    Task<SettleResponse> Settle(SettleRequest request, CallContext call);

    Task<ExtendResponse> Extend(ExtendRequest request, CallContext call);

    Task<DecideResponse> Decide(DecideRequest request, CallContext call);
}
