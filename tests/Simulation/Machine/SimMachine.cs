namespace Orchestrator.Simulation.Machine;

/// <summary>
/// The machine: one thread, one seed. Time stands still while something is ready, save a little for each step, and jumps to the next timer when nothing is.
/// Which process goes on, and with what, is drawn; nothing else decides anything.
/// </summary>
internal sealed class SimMachine
{
    public static readonly DateTimeOffset Start = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);

    private const long MostTicksOfAStep = 400;
    private readonly PriorityQueue<(Process? Process, Action Action), (long At, ulong Tie)> _due = new();
    private readonly List<Process> _processes = [];
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private readonly SimRandom _schedule;
    private int _nextId;

    public SimMachine(ulong seed, Trace trace)
    {
        Trace = trace;
        // Streams of their own, so that a change in one part of the world does not reshuffle all others.
        _schedule = new SimRandom(seed ^ 0x5ced);
        Random = new SimRandom(seed);
    }

    public SimRandom Random { get; }

    public Trace Trace { get; }

    /// <summary>Ticks since the beginning.</summary>
    public long Now { get; private set; }

    public TimeSpan Time => TimeSpan.FromTicks(Now);

    public long Steps { get; private set; }

    /// <summary>Share of steps at which a process takes what became ready first rather than anything.</summary>
    public double InOrder { get; set; } = 0.5;

    /// <summary>The first invariant that did not hold; the run ends with it.</summary>
    public Broken? Broken { get; private set; }

    public Process AddProcess(string name)
    {
        var process = new Process(this, _nextId++, name);
        _processes.Add(process);
        return process;
    }

    public void Remove(Process process) => _processes.Remove(process);

    /// <summary>Makes something ready in a process after a while; null = the machine itself does it, at once.</summary>
    public void After(TimeSpan time, Process? process, Action action) =>
        _due.Enqueue((process, action), (Now + Math.Max(0, time.Ticks), _schedule.Next()));

    public void Break(string invariant, string how)
    {
        if (Broken is null)
        {
            Trace.Note(Now, "BROKEN", text: invariant);
            Broken = new Broken(invariant, how);
        }
    }

    public void MustBeOnItsThread()
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            Break("one thread", $"something went on on another thread: {Environment.StackTrace}");
        }
    }

    /// <summary>Runs until the condition holds.</summary>
    /// <returns>False if the time or something that must hold ran out first.</returns>
    public bool RunUntil(Func<bool> done, TimeSpan limit, long mostSteps)
    {
        var until = Now + limit.Ticks;
        After(limit + TimeSpan.FromTicks(1), null, static () => { });
        var last = Steps + mostSteps;
        while (Broken is null)
        {
            if (done())
            {
                return true;
            }

            if (Now > until || Steps > last || !Step())
            {
                return false;
            }
        }

        return false;
    }

    private bool Step()
    {
        MakeReady();
        var count = 0;
        foreach (var process in _processes)
        {
            count += process.Ready > 0 ? 1 : 0;
        }

        if (count == 0)
        {
            if (!_due.TryPeek(out _, out var next))
            {
                return false;
            }

            Now = Math.Max(Now, next.At);
            return true;
        }

        var chosen = _schedule.Below(count);
        foreach (var process in _processes)
        {
            if (process.Ready > 0 && chosen-- == 0)
            {
                var index = process.Ready == 1 || _schedule.Chance(InOrder) ? 0 : _schedule.Below(process.Ready);
                Trace.Choice(Now, process.Id, index);
                Now += _schedule.Below((int)MostTicksOfAStep);
                Steps++;
                process.Run(index);
                return true;
            }
        }

        return false;
    }

    private void MakeReady()
    {
        while (_due.TryPeek(out var due, out var at) && at.At <= Now)
        {
            _due.Dequeue();
            if (due.Process is { } process)
            {
                process.Post(due.Action);
            }
            else
            {
                due.Action();
            }
        }
    }
}

/// <param name="Invariant">Its short name, as in README.md.</param>
/// <param name="How">What was found and what was expected.</param>
internal sealed record Broken(string Invariant, string How);
