using Orchestrator.V1;

namespace Orchestrator.Client;

/// <summary>A signal without a verdict.</summary>
sealed class PendingSignal(Signal signal, long sequence)
{
    public Signal Signal { get; } = signal;

    public long Sequence { get; } = sequence;

    public TaskCompletionSource<Acknowledgement> Verdict { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LinkedListNode<PendingSignal>? Place { get; set; }

    /// <summary>The next one with the same id, not sent yet.</summary>
    public PendingSignal? Next { get; set; }

    public PendingSignal Last
    {
        get
        {
            var last = this;
            while (last.Next is { } next)
            {
                last = next;
            }

            return last;
        }
    }
}
