using Orchestrator.V1;
using Orleans;

namespace Orchestrator.Orleans;

/// <summary>
/// A subscription whose actions come as an Orleans stream. The key is the subscription's name. Once started it goes on, over the end of any silo, until it is stopped: the stream of the namespace <see cref="ActionStreams.Namespace"/> with the subscription as its key, of the provider
/// <see cref="ActionStreams.Provider"/> carries each action as a <see cref="Delivery"/>.
/// </summary>
/// <remarks>
/// The stream is a hint, the lease is the truth. The stream lives in memory: what it loses (a silo died, nobody listened) is still leased to the feed, and comes again, with the same action id, when the lease is over. What arrives is to be
/// settled within its lease, here or through any other way; else it comes again. So each action arrives at least once while the feed runs, and one arrival is enough. Actions of one account come one at a time, in order; over all accounts
/// there is none.
/// </remarks>
[Alias("orchestrator.feed")]
public interface IActionFeedGrain : IGrainWithStringKey
{
    /// <summary>Starts the feed, or goes on with other terms. The subscription's name is this grain's key.</summary>
    /// <param name="terms">Filter, credit (most unsettled actions in the stream at one time) and lease, as a gRPC consumer gives them.</param>
    /// <exception cref="OrchestratorException">INVALID_ARGUMENT: bad terms. FAILED_PRECONDITION: the subscription is open with another filter.</exception>
    [Alias("start")]
    Task StartAsync(SubscribeRequest.Types.Open terms);

    /// <summary>Ends the feed; what is leased and unsettled goes to other consumers when its lease is over.</summary>
    [Alias("stop")]
    Task StopAsync();

    /// <summary>Whether it runs; a feed that broke off runs again within a minute.</summary>
    [Alias("runs")]
    Task<bool> RunsAsync();

    /// <summary>Says what became of an action.</summary>
    [Alias("settle")]
    Task<SettlementResult> SettleAsync(Settlement settlement);

    /// <summary>Prolongs a lease, counted from now.</summary>
    [Alias("extend")]
    Task<SettlementResult> ExtendAsync(LeaseExtension extension);
}

/// <summary>Where the actions of feeds are to be heard.</summary>
public static class ActionStreams
{
    /// <summary>Name of the stream provider; a client adds it with <c>AddMemoryStreams</c>.</summary>
    public const string Provider = "orchestrator";

    /// <summary>Namespace of the streams; the key is the subscription's name.</summary>
    public const string Namespace = "orchestrator.actions";
}
