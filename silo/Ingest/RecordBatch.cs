using Orchestrator.Silo.Partitions;
using Orchestrator.V1;

namespace Orchestrator.Silo.Ingest;

/// <summary>One unary batch: done when each of its signals is.</summary>
internal sealed class RecordBatch : IAcknowledged
{
    private readonly Acknowledgement[] acknowledgements;
    private readonly TaskCompletionSource<Acknowledgement[]> all = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int waiting;

    public RecordBatch(int count)
    {
        acknowledgements = new Acknowledgement[count];
        waiting = count;
        if (count == 0)
        {
            all.SetResult(acknowledgements);
        }
    }

    public Task<Acknowledgement[]> AllAsync => all.Task;

    public void Answered(object? state, Outcome outcome)
    {
        var slot = (Slot)state!;
        acknowledgements[slot.Index] = Acknowledging.Of(slot.SignalId, outcome);
        if (Interlocked.Decrement(ref waiting) == 0)
        {
            all.SetResult(acknowledgements);
        }
    }

    internal sealed record Slot(int Index, string SignalId);
}
