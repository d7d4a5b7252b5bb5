using Orchestrator.Silo.Partitions;
using Orchestrator.V1;

namespace Orchestrator.Silo.Ingest;

/// <summary>One unary batch: done when each of its signals is.</summary>
internal sealed class RecordBatch : IAcknowledged
{
    private readonly SignalService service;
    private readonly Acknowledgement[] acknowledgements;
    private readonly TaskCompletionSource<Acknowledgement[]> all = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int waiting;

    public RecordBatch(SignalService service, int count)
    {
        this.service = service;
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
        acknowledgements[slot.Index] = service.Acknowledge(slot.Signal, outcome);
        if (Interlocked.Decrement(ref waiting) == 0)
        {
            all.SetResult(acknowledgements);
        }
    }

    internal sealed record Slot(int Index, Signal Signal);
}
