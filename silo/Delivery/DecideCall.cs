using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Api;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;

namespace Orchestrator.Silo.Delivery;

/// <summary>The best action while the caller waits, leased to the caller.</summary>
internal sealed class DecideCall(SiloRuntime runtime, People people, IDelivery hub)
{
    public async Task<DecideResponse> DecideAsync(DecideRequest request, CallContext call)
    {
        if (!SettlementReader.TryReadLease(request.Lease, out var lease, out var why))
        {
            throw new RpcException(StatusCode.InvalidArgument, why);
        }

        var (account, contact) = await people.FindAsync(request.Account, request.Identifiers, call.CancellationToken);
        switch (await runtime.AskAsync(new AccountCommand.Ask(account.Key, contact, request.Channel), call.CancellationToken))
        {
            case Outcome.Accepted { Answer: Answer.Decided { Action: { } action } decided }:
                return await hub.LeaseAsync(account.Key, action, decided.Identifiers, lease, call.CancellationToken) is { } delivery
                    ? new DecideResponse { Delivery = delivery }
                    : new DecideResponse { NoneReason = "the action ended while it was being leased" };
            case Outcome.Accepted { Answer: Answer.Decided decided }:
                return new DecideResponse { NoneReason = decided.NoneReason };
            case var outcome:
                throw Refusals.StatusOf(outcome);
        }
    }
}
