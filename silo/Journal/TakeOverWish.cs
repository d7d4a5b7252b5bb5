using System.Runtime.ExceptionServices;

namespace Orchestrator.Silo.Journal;

/// <summary>Somebody wants a partition's next epoch. Written on the writer's thread, together with others that came meanwhile.</summary>
internal sealed class TakeOverWish(int partition, long seenEpoch, string owner, CancellationToken cancel)
{
    private bool _cancelled;

    public int Partition => partition;

    public long SeenEpoch => seenEpoch;

    public string Owner => owner;

    /// <summary>True if the epoch was raised.</summary>
    public bool Raised { get; set; }

    /// <summary>What the transaction failed with.</summary>
    public Exception? Fault { get; set; }

    /// <summary>From here on a cancellation is too late. False: it came before.</summary>
    public bool Begin() => !(_cancelled = cancel.IsCancellationRequested);

    public bool Result()
    {
        if (_cancelled)
        {
            throw new OperationCanceledException(cancel);
        }
        if (Fault is not null)
        {
            ExceptionDispatchInfo.Throw(Fault);
        }
        return Raised;
    }
}
