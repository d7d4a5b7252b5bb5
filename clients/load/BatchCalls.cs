using Orchestrator.Client;
using Orchestrator.V1;

namespace Orchestrator.Load;

/// <summary>A RecordBatch call for whatever fell due in a tick, without waiting for the calls before: open loop, whatever the silo does.</summary>
sealed class BatchCalls(OrchestratorClient client, Workload workload, Lane lane) : IPacedCall
{
    /// <summary>The most that a call may carry.</summary>
    const int MostSignals = 1000;

    readonly TaskCompletionSource over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    int pending = 1;

    public Task RunAsync() => over.Task;

    public void Tick()
    {
        while (lane.HasDue)
        {
            var batch = new RecordBatchRequest();
            while (batch.Signals.Count < MostSignals && lane.TryTake(out var number))
            {
                // The message outlives this tick, so it needs a slate of its own.
                batch.Signals.Add(workload.Fill(new Workload.Slate(), number).Signal);
            }

            Interlocked.Increment(ref pending);
            _ = SendAsync(batch);
        }
    }

    public void End() => Finish();

    async Task SendAsync(RecordBatchRequest batch)
    {
        try
        {
            var response = await client.Signals.RecordBatch(batch, new()).ConfigureAwait(false);
            lock (lane)
            {
                lane.Settle(response.Acknowledgements);
            }

            Finish();
        }
#pragma warning disable CA1031 // Whatever ended the call ends the run; RunAsync throws it.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            over.TrySetException(fault);
        }
    }

    void Finish()
    {
        if (Interlocked.Decrement(ref pending) == 0)
        {
            over.TrySetResult();
        }
    }
}
