namespace Orchestrator.Simulation.Machine;

/// <summary>
/// One simulated process: what is ready to run in it, as a scheduler and a synchronization context at once, so that every await of the code that runs in it
/// comes back here and the simulation decides what goes on next. A process that died runs nothing any more; one that is paused keeps what is ready.
/// </summary>
internal sealed class Process : TaskScheduler
{
    private readonly SimMachine _simulation;
    private readonly List<Work> _ready = [];
    private readonly List<(long From, long To)> _pauses = [];

    public Process(SimMachine simulation, int id, string name)
    {
        (_simulation, Id, Name) = (simulation, id, name);
        Context = new ProcessContext(this);
        Clock = new SimClock(simulation, this);
    }

    public new int Id { get; }

    public string Name { get; }

    public bool Alive { get; private set; } = true;

    /// <summary>Until when nothing runs, in ticks of the simulation; what comes meanwhile waits.</summary>
    public long PausedUntil { get; private set; }

    public bool Paused => PausedUntil > _simulation.Now;

    /// <summary>How far its wall clock is off. Its timers and its monotonic clock are right.</summary>
    public TimeSpan ClockOffset { get; set; }

    public SimClock Clock { get; }

    public SynchronizationContext Context { get; }

    public override int MaximumConcurrencyLevel => 1;

    /// <summary>Things that may run now.</summary>
    public int Ready => Alive && !Paused ? _ready.Count : 0;

    /// <summary>Runs this in the process, when its turn comes.</summary>
    public void Post(Action action) => Add(new Work(static state => ((Action)state!)(), action, null));

    /// <summary>Starts something that takes time in the process.</summary>
    public void Start(Func<Task> work) => Post(() => Watch(work()));

    public void Kill()
    {
        Alive = false;
        _ready.Clear();
    }

    public void Pause(TimeSpan time)
    {
        Stood();
        PausedUntil = Math.Max(PausedUntil, _simulation.Now + time.Ticks);
        _pauses.Add((_simulation.Now, PausedUntil));
        _simulation.After(time, null, static () => { });
    }

    public void Resume()
    {
        Stood();
        PausedUntil = 0;
    }

    /// <summary>The instant from which on the process has run for so long until <paramref name="at"/>: what it had no time to notice is no fault of its.</summary>
    public TimeSpan RunningSince(TimeSpan at, TimeSpan time)
    {
        var (from, left) = (at.Ticks, time.Ticks);
        for (var i = _pauses.Count - 1; i >= 0 && left > 0; i--)
        {
            var ran = Math.Max(0, from - _pauses[i].To);
            if (ran >= left)
            {
                break;
            }

            left -= ran;
            from = Math.Min(from, _pauses[i].From);
        }

        return TimeSpan.FromTicks(from - left);
    }

    /// <summary>A pause that is prolonged, or ended by force, ends now.</summary>
    private void Stood()
    {
        if (_pauses.Count > 0 && _pauses[^1].To > _simulation.Now)
        {
            _pauses[^1] = (_pauses[^1].From, _simulation.Now);
        }
    }

    /// <summary>Runs one thing that is ready.</summary>
    public void Run(int index)
    {
        var work = _ready[index];
        _ready.RemoveAt(index);
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(Context);
        try
        {
            if (work.Task is { } task)
            {
                TryExecuteTask(task);
            }
            else
            {
                work.Callback!(work.State);
            }
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    protected override void QueueTask(Task task) => Add(new Work(null, null, task));

    // Inlining would be a choice that the seed does not make.
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => [];

    private void Add(Work work)
    {
        _simulation.MustBeOnItsThread();
        if (Alive)
        {
            _ready.Add(work);
        }
    }

    private async void Watch(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception e)
        {
            _simulation.Break("escaped", $"an exception of {Name} reached nobody: {e}");
        }
    }

    private readonly record struct Work(SendOrPostCallback? Callback, object? State, Task? Task);

    private sealed class ProcessContext(Process process) : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) => process.Add(new Work(d, state, null));

        public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("nothing is sent synchronously between processes");

        public override SynchronizationContext CreateCopy() => this;
    }
}
