using System.Diagnostics;
using System.Threading.Tasks.Sources;

namespace Orchestrator.Silo.Partitions;

/// <summary>
/// Where the loops of a silo's partitions run: a few threads that step one runnable partition after the other. A partition that has something to do costs a
/// place in a queue and no wake-up of a thread, which at a few signals a step was as dear as deciding them.
/// </summary>
/// <remarks>
/// Any thread may queue; tasks run on this type's threads only. In order of arrival, except that those of <see cref="First"/> go before all others.
/// Waiting threads do not spin: both cores may be wanted by whoever sends.
/// </remarks>
internal sealed class PartitionScheduler : TaskScheduler, IValueTaskSource, IDisposable
{
    /// <summary>Whoever waits for rest is not kept longer by a silo that never rests.</summary>
    private static readonly long LongestUnrest = Stopwatch.Frequency / 1_000;

    [ThreadStatic]
    private static PartitionScheduler? s_current;

    private readonly object _gate = new();
    private readonly Queue<Task> _tasks = new();
    private readonly Queue<Task> _first = new();
    private readonly Thread[] _threads;
    private ManualResetValueTaskSourceCore<bool> _rest = new() { RunContinuationsAsynchronously = true };
    private long _restAsked;
    private int _sleeping;
    private bool _awaitingRest;
    private bool _ended;

    /// <param name="threads">How many steps may run at the same time, from 1.</param>
    public PartitionScheduler(int threads)
    {
        First = new Lane(this);
        _threads = new Thread[threads];
        for (var i = 0; i < threads; i++)
        {
            _threads[i] = new Thread(Work) { Name = "partitions", IsBackground = true };
            _threads[i].Start();
        }
    }

    /// <summary>The same threads, before everything else that waits: for the committer, which all partitions wait for.</summary>
    public TaskScheduler First { get; }

    public override int MaximumConcurrencyLevel => _threads.Length;

    /// <summary>Completes when no partition is runnable any more, at the latest after a millisecond. One waiter at a time.</summary>
    public ValueTask RestAsync()
    {
        lock (_gate)
        {
            if (_tasks.Count == 0)
            {
                return default;
            }

            _rest.Reset();
            _restAsked = Stopwatch.GetTimestamp();
            _awaitingRest = true;
            return new ValueTask(this, _rest.Version);
        }
    }

    /// <summary>
    /// Runs something behind all steps that are queued now, when called from a step; else at once. A commit makes all its partitions runnable together, and what
    /// each of them gives to the same connection is then there before anybody is woken to send it.
    /// </summary>
    public static void BehindSteps(Action<object?> act, object? state)
    {
        if (s_current is { } scheduler)
        {
            Task.Factory.StartNew(act, state, CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler);
        }
        else
        {
            act(state);
        }
    }

    /// <summary>Ends the threads; nothing may be queued any more.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _ended = true;
            Monitor.PulseAll(_gate);
        }

        foreach (var thread in _threads)
        {
            if (thread != Thread.CurrentThread)
            {
                thread.Join();
            }
        }
    }

    void IValueTaskSource.GetResult(short token) => _rest.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _rest.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _rest.OnCompleted(continuation, state, token, flags);

    protected override void QueueTask(Task task) => Queue(task, _tasks);

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        !taskWasPreviouslyQueued && s_current == this && TryExecuteTask(task);

    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (_gate)
        {
            return [.. _first, .. _tasks];
        }
    }

    private void Queue(Task task, Queue<Task> queue)
    {
        lock (_gate)
        {
            queue.Enqueue(task);
            if (_sleeping > 0)
            {
                Monitor.Pulse(_gate);
            }
        }
    }

    private void Work()
    {
        s_current = this;
        while (Next() is var (task, lane))
        {
            if (lane is null)
            {
                TryExecuteTask(task);
            }
            else
            {
                lane.Execute(task);
            }
        }
    }

    /// <summary>Waits for the next task; null at the end.</summary>
    private (Task Task, Lane? Lane)? Next()
    {
        while (true)
        {
            lock (_gate)
            {
                if (_first.TryDequeue(out var first))
                {
                    return (first, (Lane)First);
                }

                if (!RestIsOver() && _tasks.TryDequeue(out var task))
                {
                    return (task, null);
                }

                if (!_awaitingRest)
                {
                    if (_ended)
                    {
                        return null;
                    }

                    _sleeping++;
                    Monitor.Wait(_gate);
                    _sleeping--;
                    continue;
                }

                _awaitingRest = false;
            }

            // Queues the waiter, hence outside the lock.
            _rest.SetResult(true);
        }
    }

    private bool RestIsOver() => _awaitingRest && (_tasks.Count == 0 || Stopwatch.GetTimestamp() - _restAsked >= LongestUnrest);

    /// <summary>The way to the head of the queue.</summary>
    private sealed class Lane(PartitionScheduler scheduler) : TaskScheduler
    {
        public override int MaximumConcurrencyLevel => scheduler.MaximumConcurrencyLevel;

        public void Execute(Task task) => TryExecuteTask(task);

        protected override void QueueTask(Task task) => scheduler.Queue(task, scheduler._first);

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
            !taskWasPreviouslyQueued && s_current == scheduler && TryExecuteTask(task);

        protected override IEnumerable<Task> GetScheduledTasks() => scheduler.GetScheduledTasks();
    }
}
