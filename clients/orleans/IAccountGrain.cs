using Orchestrator.V1;
using Orleans;

namespace Orchestrator.Orleans;

/// <summary>One account, for Orleans clients of the cluster that runs it. The key is the account's id. The same answers as over gRPC; the state lives in the account's partition, not here.</summary>
/// <remarks>
/// A call that fails with <see cref="OrchestratorException"/> UNAVAILABLE, or times out, may or may not have happened: send a signal again with the same id, a settlement with the same ack id. Calls of one caller that are awaited one after
/// the other happen in that order; concurrent ones in any.
/// </remarks>
[Alias("orchestrator.account")]
public interface IAccountGrain : IGrainWithStringKey
{
    /// <summary>Records a signal of this account; returns when it is durable, or refused with the reason.</summary>
    /// <param name="signal">Its <c>account</c> is this one's, or empty.</param>
    /// <exception cref="OrchestratorException">INVALID_ARGUMENT: the signal names another account.</exception>
    [Alias("record")]
    Task<Acknowledgement> RecordAsync(Signal signal);

    /// <summary>The account as it is now.</summary>
    /// <exception cref="OrchestratorException">NOT_FOUND: nothing is known of it. UNAVAILABLE: its partition is on its way to another silo.</exception>
    [Alias("get")]
    Task<GetAccountResponse> GetAsync();

    /// <summary>What happened, newest first.</summary>
    /// <param name="pageSize">1 to 1,000; 0 means 100.</param>
    /// <param name="pageToken">From the page before; empty for the first.</param>
    [Alias("timeline")]
    Task<TimelineResponse> TimelineAsync(int pageSize = 0, string pageToken = "");

    /// <summary>Why a decision came out as it did. The request's <c>account</c> is set to this one.</summary>
    [Alias("explain")]
    Task<ExplainResponse> ExplainAsync(ExplainRequest request);

    /// <summary>The best action now, leased to the caller, or why there is none.</summary>
    /// <param name="channel">A channel of the playbook.</param>
    /// <param name="lease">1 s to 10 min; null means 30 s.</param>
    [Alias("decide")]
    Task<DecideResponse> DecideAsync(string channel, TimeSpan? lease = null);

    /// <summary>Says what became of an action that was leased to the caller, from this grain or from a feed.</summary>
    [Alias("settle")]
    Task<SettlementResult> SettleAsync(Settlement settlement);
}
