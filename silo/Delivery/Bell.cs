namespace Orchestrator.Silo.Delivery;

/// <summary>Wakes one waiter; a ring without a waiter is kept for the next. Safe from any thread, and under a lock: continuations never run inside <see cref="Ring"/>.</summary>
internal sealed class Bell
{
    private readonly Lock gate = new();
    private TaskCompletionSource? waiting;
    private bool rung;

    public void Ring()
    {
        lock (gate)
        {
            if (waiting is null)
            {
                rung = true;
                return;
            }

            waiting.TrySetResult();
            waiting = null;
        }
    }

    public Task WaitAsync()
    {
        lock (gate)
        {
            if (rung)
            {
                rung = false;
                return Task.CompletedTask;
            }

            waiting ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return waiting.Task;
        }
    }
}
