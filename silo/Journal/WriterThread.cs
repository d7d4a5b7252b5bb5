namespace Orchestrator.Silo.Journal;

/// <summary>The one thread that writes. Work is done in the order it was given; a commit's fsync blocks this thread and no thread of the pool.</summary>
internal sealed class WriterThread : IDisposable
{
    // A queue and a pulse, not a BlockingCollection: the semaphore beneath that spins before it waits, and gives its core away up to a hundred times, while nothing is to be written for a millisecond.
    private readonly object _gate = new();
    private readonly Queue<Action> _work = new();
    private readonly Thread _thread;
    private bool _ended;

    public WriterThread()
    {
        _thread = new Thread(Loop) { Name = "store writer", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Does the work on the writer's thread. Cancelled only before it starts: a transaction that has begun runs to its end.</summary>
    public Task<T> Do<T>(Func<T> work, CancellationToken cancel)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var item = () =>
        {
            if (cancel.IsCancellationRequested)
            {
                done.SetCanceled(cancel);
                return;
            }
            try
            {
                done.SetResult(work());
            }
#pragma warning disable CA1031 // Handed to the caller through the task, whatever it is.
            catch (Exception e)
            {
                done.SetException(e);
            }
#pragma warning restore CA1031
        };
        lock (_gate)
        {
            if (_ended)
            {
                throw new ObjectDisposedException(nameof(SqliteStore), "the store is closed");
            }
            _work.Enqueue(item);
            Monitor.Pulse(_gate);
        }
        return done.Task;
    }

    /// <summary>Finishes what was given and ends the thread.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _ended = true;
            Monitor.Pulse(_gate);
        }
        if (Thread.CurrentThread != _thread)
        {
            _thread.Join();
        }
    }

    private void Loop()
    {
        while (Next() is { } item)
        {
            item();
        }
    }

    /// <summary>Waits for the next; null once nothing is left and nothing may come.</summary>
    private Action? Next()
    {
        lock (_gate)
        {
            Action? item;
            while (!_work.TryDequeue(out item) && !_ended)
            {
                Monitor.Wait(_gate);
            }
            return item;
        }
    }
}
