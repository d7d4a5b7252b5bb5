using Orchestrator.Grains.Partitioning;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Insight;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;

namespace Orchestrator.Silo.Identities;

/// <summary>What undoing a merge is worked out from: nothing of it may be missing.</summary>
internal static class WholeHistory
{
    /// <summary>All of a grain's entries, oldest first.</summary>
    /// <exception cref="RpcException">FAILED_PRECONDITION: retention has dropped the beginning.</exception>
    public static async Task<IReadOnlyList<(long Sequence, StoredEntry Entry, DateTimeOffset At)>> ReadAsync(SiloRuntime runtime, GrainKey key, CancellationToken cancel)
    {
        var history = new History(runtime, key);
        await history.ReadAllAsync(cancel);
        return history.IsComplete ? [.. history.Entries.Reverse()]
            : throw new RpcException(StatusCode.FailedPrecondition, $"{history.Dropped}: a merge can be undone only for as long as the journal goes back to the beginning of both");
    }
}
