using Orchestrator.Protos.Rpc;
using Orchestrator.V1;

namespace Orchestrator.Client;

/// <summary>The insight service: what can be learned from all accounts together. Errors: <see cref="RpcException"/>, as insight.proto says.</summary>
public interface IInsightService
{
    Task<ContrastResponse> Contrast(ContrastRequest request, CallContext call);

    Task<DraftCampaignResponse> DraftCampaign(DraftCampaignRequest request, CallContext call);

    Task<LearnIdealCustomerResponse> LearnIdealCustomer(LearnIdealCustomerRequest request, CallContext call);
}
