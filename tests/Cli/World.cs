using System.Collections.Concurrent;
using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Rpc;
using Orchestrator.V1;
using Result = Orchestrator.V1.Acknowledgement.Types.Result;

namespace Orchestrator.Cli.Tests;

/// <summary>The world outside the command line: a real gRPC server that keeps what it is asked and answers by script.</summary>
sealed class World : IAsyncDisposable
{
    readonly WebApplication app;

    World(WebApplication app, Handlers handlers)
    {
        this.app = app;
        Handlers = handlers;
    }

    public Handlers Handlers { get; }

    public string Address => app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    public static async Task<World> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddRoutingCore().AddLogging(log => log.SetMinimumLevel(LogLevel.None));
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.ListenRpc(IPAddress.Loopback, 0));
        var app = builder.Build();
        app.UseRouting();
        app.UseRpcUnimplemented();
        var handlers = new Handlers();
        app.MapRpc(SignalsReflection.Descriptor.Services[0], handlers);
        app.MapRpc(ActionsReflection.Descriptor.Services[0], handlers);
        app.MapRpc(PlaybooksReflection.Descriptor.Services[0], handlers);
        app.MapRpc(AccountsReflection.Descriptor.Services[0], handlers);
        app.MapRpc(PoliciesReflection.Descriptor.Services[0], handlers);
        app.MapRpc(RejectionsReflection.Descriptor.Services[0], handlers);
        app.MapRpc(IdentitiesReflection.Descriptor.Services[0], handlers);
        app.MapRpc(InsightReflection.Descriptor.Services[0], handlers);
        app.MapRpc(ShadowReflection.Descriptor.Services[0], new ShadowHandlers(handlers));
        app.MapRpc(AuthoringReflection.Descriptor.Services[0], new AuthoringHandlers(handlers));
        app.MapRpcHealth();
        app.MapRpcReflection();
        await app.StartAsync();
        return new(app, handlers);
    }

    /// <summary>Runs one command line against this world.</summary>
    public Task<Ran> RunAsync(params string[] args) => Orc.RunAsync([.. args, "--address", Address]);

    public ValueTask DisposeAsync() => app.DisposeAsync();
}

/// <summary>Answers by script. What has no script fails the call, which fails the test.</summary>
sealed class Handlers
{
    readonly ConcurrentDictionary<string, byte> seen = new();

    /// <summary>Every message that came, in order.</summary>
    public ConcurrentQueue<object> Asked { get; } = new();

    public IReadOnlyList<Signal> Signals => [.. Asked.OfType<RecordRequest>().Select(request => request.Signal)];

    /// <summary>Null: recorded the first time, a duplicate after.</summary>
    public Func<Signal, Acknowledgement?> OnSignal { get; set; } = _ => null;

    /// <summary>Ends the stream with a failure before this signal is answered.</summary>
    public Func<Signal, bool> Breaks { get; set; } = _ => false;

    public Func<object, object>? OnAsk { get; set; }

    public Func<SubscribeRequest, IEnumerable<SubscribeResponse>> OnSubscribe { get; set; } = _ => [];

    public async IAsyncEnumerable<RecordResponse> Record(IAsyncEnumerable<RecordRequest> requests, CallContext call)
    {
        await foreach (var request in requests)
        {
            Asked.Enqueue(request);
            if (Breaks(request.Signal))
            {
                throw new RpcException(StatusCode.Unavailable, "the silo is restarting");
            }

            yield return new() { Acknowledgements = { Answer(request.Signal) } };
        }
    }

    public Task<RecordBatchResponse> RecordBatch(RecordBatchRequest request, CallContext call) => Ask<RecordBatchResponse>(request);

    public async IAsyncEnumerable<SubscribeResponse> Subscribe(IAsyncEnumerable<SubscribeRequest> requests, CallContext call)
    {
        await foreach (var request in requests)
        {
            Asked.Enqueue(request);
            foreach (var response in OnSubscribe(request))
            {
                yield return response;
            }
        }
    }

    public Task<PullResponse> Pull(PullRequest request, CallContext call) => Ask<PullResponse>(request);

    public Task<SettleResponse> Settle(SettleRequest request, CallContext call) => Ask<SettleResponse>(request);

    public Task<ExtendResponse> Extend(ExtendRequest request, CallContext call) => Ask<ExtendResponse>(request);

    public Task<DecideResponse> Decide(DecideRequest request, CallContext call) => Ask<DecideResponse>(request);

    public Task<ValidateResponse> Validate(ValidateRequest request, CallContext call) => Ask<ValidateResponse>(request);

    public Task<PublishResponse> Publish(PublishRequest request, CallContext call) => Ask<PublishResponse>(request);

    public Task<GetResponse> Get(GetRequest request, CallContext call) => Ask<GetResponse>(request);

    public Task<ListResponse> List(ListRequest request, CallContext call) => Ask<ListResponse>(request);

    public Task<ContractResponse> Contract(ContractRequest request, CallContext call) => Ask<ContractResponse>(request);

    public Task<GetAccountResponse> GetAccount(GetAccountRequest request, CallContext call) => Ask<GetAccountResponse>(request);

    public Task<ReleaseAccountResponse> ReleaseAccount(ReleaseAccountRequest request, CallContext call) => Ask<ReleaseAccountResponse>(request);

    public Task<ContrastResponse> Contrast(ContrastRequest request, CallContext call) => Ask<ContrastResponse>(request);

    public Task<DraftCampaignResponse> DraftCampaign(DraftCampaignRequest request, CallContext call) => Ask<DraftCampaignResponse>(request);

    public Task<FitValueResponse> FitValue(FitValueRequest request, CallContext call) => Ask<FitValueResponse>(request);

    public Task<LearnIdealCustomerResponse> LearnIdealCustomer(LearnIdealCustomerRequest request, CallContext call) => Ask<LearnIdealCustomerResponse>(request);

    public Task<ListRejectedResponse> ListRejected(ListRejectedRequest request, CallContext call) => Ask<ListRejectedResponse>(request);

    public Task<MergeAccountsResponse> MergeAccounts(MergeAccountsRequest request, CallContext call) => Ask<MergeAccountsResponse>(request);

    public Task<MergeContactsResponse> MergeContacts(MergeContactsRequest request, CallContext call) => Ask<MergeContactsResponse>(request);

    public Task<AssignContactResponse> AssignContact(AssignContactRequest request, CallContext call) => Ask<AssignContactResponse>(request);

    public Task<DismissContactResponse> DismissContact(DismissContactRequest request, CallContext call) => Ask<DismissContactResponse>(request);

    public Task<DismissDuplicateResponse> DismissDuplicate(DismissDuplicateRequest request, CallContext call) => Ask<DismissDuplicateResponse>(request);

    public Task<UnmergeAccountsResponse> UnmergeAccounts(UnmergeAccountsRequest request, CallContext call) => Ask<UnmergeAccountsResponse>(request);

    public Task<UnmergeResponse> Unmerge(UnmergeRequest request, CallContext call) => Ask<UnmergeResponse>(request);

    public Task<SaveDraftResponse> SaveDraft(SaveDraftRequest request, CallContext call) => Ask<SaveDraftResponse>(request);

    public Task<GetDraftResponse> GetDraft(GetDraftRequest request, CallContext call) => Ask<GetDraftResponse>(request);

    public Task<ListDraftsResponse> ListDrafts(ListDraftsRequest request, CallContext call) => Ask<ListDraftsResponse>(request);

    public Task<DeleteDraftResponse> DeleteDraft(DeleteDraftRequest request, CallContext call) => Ask<DeleteDraftResponse>(request);

    public Task<EnterJourneyResponse> EnterJourney(EnterJourneyRequest request, CallContext call) => Ask<EnterJourneyResponse>(request);

    public Task<GetTeamResponse> GetTeam(GetTeamRequest request, CallContext call) => Ask<GetTeamResponse>(request);

    public Task<GetContactResponse> GetContact(GetContactRequest request, CallContext call) => Ask<GetContactResponse>(request);

    public Task<TimelineResponse> Timeline(TimelineRequest request, CallContext call) => Ask<TimelineResponse>(request);

    public Task<CorrectionsResponse> Corrections(CorrectionsRequest request, CallContext call) => Ask<CorrectionsResponse>(request);

    public Task<ExplainResponse> Explain(ExplainRequest request, CallContext call) => Ask<ExplainResponse>(request);

    public Task<ReserveResponse> Reserve(ReserveRequest request, CallContext call) => Ask<ReserveResponse>(request);

    public Task<ConfirmResponse> Confirm(ConfirmRequest request, CallContext call) => Ask<ConfirmResponse>(request);

    public Task<ReleaseResponse> Release(ReleaseRequest request, CallContext call) => Ask<ReleaseResponse>(request);

    Acknowledgement Answer(Signal signal)
    {
        var answer = OnSignal(signal) ?? new() { Result = seen.TryAdd(signal.Id, 0) ? Result.Recorded : Result.Duplicate };
        answer.SignalId = signal.Id;
        return answer;
    }

    Task<T> Ask<T>(object request, [CallerMemberName] string method = "")
    {
        Asked.Enqueue(request);
        return OnAsk is null
            ? throw new RpcException(StatusCode.Unimplemented, $"the test has no script for `{method}`")
            : Task.FromResult((T)OnAsk(request));
    }
}
