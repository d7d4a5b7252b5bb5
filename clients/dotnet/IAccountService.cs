using Orchestrator.Protos.Rpc;
using Orchestrator.V1;

namespace Orchestrator.Client;

/// <summary>The account service. Errors: <see cref="RpcException"/>, as accounts.proto says.</summary>
public interface IAccountService
{
    Task<GetAccountResponse> GetAccount(GetAccountRequest request, CallContext call);

    Task<GetContactResponse> GetContact(GetContactRequest request, CallContext call);

    Task<TimelineResponse> Timeline(TimelineRequest request, CallContext call);

    Task<ExplainResponse> Explain(ExplainRequest request, CallContext call);

    Task<ReleaseAccountResponse> ReleaseAccount(ReleaseAccountRequest request, CallContext call);

    Task<GetTeamResponse> GetTeam(GetTeamRequest request, CallContext call);

    Task<EnterJourneyResponse> EnterJourney(EnterJourneyRequest request, CallContext call);
    Task<CorrectionsResponse> Corrections(CorrectionsRequest request, CallContext call);
}
