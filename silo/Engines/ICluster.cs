using Orchestrator.Silo.Engines.Cluster;
using Orchestrator.V1;

namespace Orchestrator.Silo.Engines;

/// <summary>An engine of several silos that share a store, as the rest of the silo needs it: who is there, how to ask an owner, how to leave.</summary>
/// <remarks>Members may be called from any thread.</remarks>
public interface ICluster : IEngine, IAsyncDisposable
{
    /// <summary>This silo's name: the owner's name in partition rows.</summary>
    string Silo { get; }

    /// <summary>The highest feature level that this silo reads.</summary>
    int Level { get; }

    /// <summary>The last view of the cluster; null before the first.</summary>
    ClusterView? View { get; }

    /// <summary>The other silos that are alive, by name.</summary>
    IReadOnlyList<string> Others { get; }

    /// <summary>Completes once every partition has been seen to have a live owner.</summary>
    Task Serving { get; }

    /// <summary>Completes if this silo must exit: the store or the cluster is not the one any more that it was started on.</summary>
    Task<Exception> Failed { get; }

    /// <summary>Whether a partition runs here and takes commands.</summary>
    bool Runs(int partition);

    /// <summary>Whether a partition runs here and no other silo can have taken it by now, as far as this engine can tell without asking: what is handed out of it is this silo's to hand out.</summary>
    bool Trusts(int partition);

    /// <summary>Asks the owner of a partition, wherever it is. The task does not fail: a refusal is an answer.</summary>
    Task<LinkAnswer> CallAsync(int partition, LinkAsk ask);

    /// <summary>Sends to one silo; false if it cannot be reached now.</summary>
    bool Send(string silo, LinkMessage message);

    /// <summary>Has <paramref name="delivery"/> answer what concerns delivery, and <paramref name="listener"/> hear of links and of messages that the engine does not know. Called before the start.</summary>
    void Attach(IOwnerCalls delivery, ILinkReceiver listener);

    /// <summary>Has the owner of a partition hand it over, wherever it is: an operator's wish.</summary>
    /// <returns>How long commands waited, or why it did not come to pass.</returns>
    Task<(TimeSpan? Pause, string Refused)> MoveAsync(int partition, string silo);

    /// <summary>Hands everything over and takes nothing any more; still brings errands to their owners. Twice is harmless.</summary>
    /// <returns>When nothing runs here any more, or nobody takes it, or it takes too long.</returns>
    Task LeaveAsync();
}

/// <summary>What a silo does for a partition that it runs, besides commands: reads, settlements, leases.</summary>
public interface IOwnerCalls
{
    /// <summary>Answers a question; null if the partition does not run here. The task does not fail.</summary>
    Task<LinkAnswer>? TryCall(int partition, LinkAsk ask);
}
