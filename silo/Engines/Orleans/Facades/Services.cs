using Orchestrator.Orleans;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Api;
using Orchestrator.Silo.Delivery;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Insight;
using Orchestrator.V1;

namespace Orchestrator.Silo.Engines.Orleans.Facades;

/// <summary>What this silo answers over gRPC, for grains: the same objects behind both, so that both say the same.</summary>
/// <remarks>Any thread.</remarks>
internal sealed class Services(SiloParts silo, TimeProvider clock)
{
    private readonly AccountService _accounts = new(silo.Runtime, silo.Shelf, silo.People, silo.Actions, clock);
    private readonly ContactPolicyService _policies = new(silo.Runtime, silo.People);

    public IDelivery Delivery => silo.Delivery;

    public async Task<Acknowledgement> RecordAsync(Signal signal)
    {
        var answer = await CallAsync(call => silo.Signals.RecordBatch(new RecordBatchRequest { Signals = { signal } }, call));
        return answer.Acknowledgements[0];
    }

    public Task<GetAccountResponse> GetAsync(GetAccountRequest request) => CallAsync(call => _accounts.GetAccount(request, call));

    public Task<GetContactResponse> GetAsync(GetContactRequest request) => CallAsync(call => _accounts.GetContact(request, call));

    public Task<TimelineResponse> TimelineAsync(TimelineRequest request) => CallAsync(call => _accounts.Timeline(request, call));

    public Task<ExplainResponse> ExplainAsync(ExplainRequest request) => CallAsync(call => _accounts.Explain(request, call));

    public Task<DecideResponse> DecideAsync(DecideRequest request) => CallAsync(call => new DecideCall(silo.Runtime, silo.People, silo.Delivery).DecideAsync(request, call));

    public Task<ReserveResponse> ReserveAsync(ReserveRequest request) => CallAsync(call => _policies.Reserve(request, call));

    public Task<SettlementResult> SettleAsync(Settlement settlement) => CallAsync(_ => silo.Delivery.SettleAsync(Tenants.Default, settlement, CancellationToken.None).AsTask());

    public Task<SettlementResult> ExtendAsync(LeaseExtension extension) => CallAsync(_ => silo.Delivery.ExtendAsync(Tenants.Default, extension, CancellationToken.None).AsTask());

    /// <summary>Has it done; refusals become what Orleans can carry.</summary>
    internal static async Task<T> CallAsync<T>(Func<CallContext, Task<T>> call)
    {
        try
        {
            return await call(new CallContext());
        }
        catch (RpcException refused)
        {
            throw new OrchestratorException(Status.NameOf(refused.Code), refused.Status.Detail);
        }
        catch (Partitions.PartitionUnavailableException gone)
        {
            throw new OrchestratorException("UNAVAILABLE", gone.Message);
        }
        catch (DeliveryRefusedException refused)
        {
            throw Refused(refused);
        }
    }

    internal static OrchestratorException Refused(DeliveryRefusedException refused) => new(
        refused.Kind switch
        {
            RefusalKind.Invalid => "INVALID_ARGUMENT",
            RefusalKind.OtherFilter => "FAILED_PRECONDITION",
            RefusalKind.Draining => "UNAVAILABLE",
        },
        refused.Message);
}
