namespace Orchestrator.Silo.Partitions;

/// <summary>Tells those who read the journal that something was written. Costs one read where nobody waits.</summary>
internal sealed class CommitBell
{
    private TaskCompletionSource? waiting;

    /// <summary>Completes with the next ring; made when somebody asks. Any thread.</summary>
    public Task Next
    {
        get
        {
            while (true)
            {
                if (Volatile.Read(ref waiting) is { } there)
                {
                    return there.Task;
                }

                var made = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                if (Interlocked.CompareExchange(ref waiting, made, null) is null)
                {
                    return made.Task;
                }
            }
        }
    }

    /// <summary>Called by the committer behind each transaction.</summary>
    public void Ring()
    {
        if (Volatile.Read(ref waiting) is not null)
        {
            Interlocked.Exchange(ref waiting, null)?.TrySetResult();
        }
    }
}
