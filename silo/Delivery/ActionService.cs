using Orchestrator.Protos.Rpc;

namespace Orchestrator.Silo.Delivery;

/// <summary>Serves <c>orchestrator.v1.ActionService</c>: maps refusals to gRPC statuses, and nothing more.</summary>
/// <param name="tenantOf">Whose call it is, by its authentication.</param>
/// <param name="decide">The decision while the caller waits; it leases what it chose with <see cref="DeliveryHub.LeaseNow"/>.</param>
/// <param name="stopping">Fires when the silo stops.</param>
public sealed class ActionService(
    IDelivery hub, Func<CallContext, string> tenantOf, Func<V1.DecideRequest, CallContext, Task<V1.DecideResponse>> decide, CancellationToken stopping)
{
    private readonly ActionCalls calls = new(hub, stopping);

    public async IAsyncEnumerable<V1.SubscribeResponse> Subscribe(IAsyncEnumerable<V1.SubscribeRequest> requests, CallContext context)
    {
        await using var responses = ActionStream.ServeAsync(hub, tenantOf(context), requests, stopping, context.CancellationToken).GetAsyncEnumerator(CancellationToken.None);
        while (true)
        {
            try
            {
                if (!await responses.MoveNextAsync())
                {
                    yield break;
                }
            }
            catch (DeliveryRefusedException refused)
            {
                throw Refused(refused);
            }

            yield return responses.Current;
        }
    }

    public Task<V1.PullResponse> Pull(V1.PullRequest request, CallContext context) =>
        MapAsync(() => calls.PullAsync(tenantOf(context), request, context.CancellationToken));

    public Task<V1.SettleResponse> Settle(V1.SettleRequest request, CallContext context) =>
        MapAsync(() => calls.SettleAsync(tenantOf(context), request));

    public Task<V1.ExtendResponse> Extend(V1.ExtendRequest request, CallContext context) =>
        MapAsync(() => calls.ExtendAsync(tenantOf(context), request));

    public Task<V1.DecideResponse> Decide(V1.DecideRequest request, CallContext context) => decide(request, context);

    private static async Task<T> MapAsync<T>(Func<ValueTask<T>> call)
    {
        try
        {
            return await call();
        }
        catch (DeliveryRefusedException refused)
        {
            throw Refused(refused);
        }
    }

    private static RpcException Refused(DeliveryRefusedException refused) => new(
        refused.Kind switch
        {
            RefusalKind.Invalid => StatusCode.InvalidArgument,
            RefusalKind.OtherFilter => StatusCode.FailedPrecondition,
            RefusalKind.Draining => StatusCode.Unavailable,
        },
        refused.Message,
        refused);
}
