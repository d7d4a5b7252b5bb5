using System.Collections.Concurrent;

namespace Orchestrator.Silo.Journal;

/// <summary>The one thread that writes. Work is done in the order it was given; a commit's fsync blocks this thread and no thread of the pool.</summary>
internal sealed class WriterThread : IDisposable
{
    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;

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
        try
        {
            _work.Add(item, CancellationToken.None);
        }
        catch (InvalidOperationException)
        {
            throw new ObjectDisposedException(nameof(SqliteStore), "the store is closed");
        }
        return done.Task;
    }

    /// <summary>Finishes what was given and ends the thread.</summary>
    public void Dispose()
    {
        _work.CompleteAdding();
        if (Thread.CurrentThread != _thread)
        {
            _thread.Join();
            _work.Dispose();
        }
    }

    private void Loop()
    {
        foreach (var item in _work.GetConsumingEnumerable())
        {
            item();
        }
    }
}
