using System.Runtime.CompilerServices;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Journal;

namespace Orchestrator.Silo.Retention;

/// <summary>The recorded history of a partition, for analyses that answer a call with what they fold from it.</summary>
internal static class RecordedHistory
{
    /// <summary>All frames of a partition from the oldest kept to where the row says that it ends.</summary>
    /// <exception cref="RpcException">ABORTED: retention dropped frames between those read and those to read; asked again the call begins behind them.</exception>
    /// <exception cref="StoreCorruptException">A frame is damaged.</exception>
    public static async IAsyncEnumerable<JournalFrame> ReadHistoryAsync(this IStore store, PartitionRow row, [EnumeratorCancellation] CancellationToken cancel)
    {
        await using var frames = store.ReadFramesAsync(row.Partition, 1, row.NextSequence - 1, cancel).GetAsyncEnumerator(cancel);
        while (true)
        {
            try
            {
                if (!await frames.MoveNextAsync())
                {
                    yield break;
                }
            }
            catch (FramesDroppedException dropped)
            {
                throw new RpcException(StatusCode.Aborted, $"{dropped.Message}: ask again");
            }

            yield return frames.Current;
        }
    }
}
