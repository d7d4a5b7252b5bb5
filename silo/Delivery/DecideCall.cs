using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Api;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;

namespace Orchestrator.Silo.Delivery;

/// <summary>The best action while the caller waits, leased to the caller.</summary>
internal sealed class DecideCall(SiloRuntime runtime, People people, DeliveryHub hub)
{
    public async Task<DecideResponse> DecideAsync(DecideRequest request, CallContext call)
    {
        if (!SettlementReader.TryReadLease(request.Lease, out var lease, out var why))
        {
            throw new RpcException(StatusCode.InvalidArgument, why);
        }

        var (account, contact) = await people.FindAsync(request.Account, request.Identifiers, call.CancellationToken);
        return await runtime.AskAsync(new AccountCommand.Ask(account.Key, contact, request.Channel), call.CancellationToken) switch
        {
            Outcome.Accepted { Answer: Answer.Decided { Action: { } action } decided } when hub.LeaseNow(account.Key, action, decided.Identifiers, lease) is { } delivery =>
                new DecideResponse { Delivery = delivery },
            Outcome.Accepted { Answer: Answer.Decided { Action: not null } } => new DecideResponse { NoneReason = "the action ended while it was being leased" },
            Outcome.Accepted { Answer: Answer.Decided decided } => new DecideResponse { NoneReason = decided.NoneReason },
            var outcome => throw Refusals.StatusOf(outcome),
        };
    }
}
