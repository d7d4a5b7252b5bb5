namespace Orchestrator.Silo.Tests.Delivery;

/// <summary>A clock that moves when told. Timers fire on the caller's thread, in the order due; the clock stands at each one's instant while it fires.</summary>
public sealed class DeliveryClock(DateTimeOffset start) : TimeProvider
{
    private readonly Lock gate = new();
    private readonly List<Alarm> alarms = [];
    private TimeSpan elapsed;
    private TimeSpan jumped;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public int Armed
    {
        get
        {
            lock (gate)
            {
                return alarms.Count;
            }
        }
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (gate)
        {
            return start + elapsed + jumped;
        }
    }

    public override long GetTimestamp()
    {
        lock (gate)
        {
            return elapsed.Ticks;
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var alarm = new Alarm(this, callback, state);
        alarm.Change(dueTime, period);
        return alarm;
    }

    /// <summary>Sets the wall clock forth or back; no time passes, so no timer fires.</summary>
    public void Jump(TimeSpan by)
    {
        lock (gate)
        {
            jumped += by;
        }
    }

    public void Advance(TimeSpan by)
    {
        TimeSpan until;
        lock (gate)
        {
            until = elapsed + by;
        }

        while (true)
        {
            Alarm next;
            lock (gate)
            {
                var due = alarms.Where(a => a.Due <= until).ToList();
                if (due.Count == 0)
                {
                    elapsed = until;
                    return;
                }

                next = due.MinBy(a => a.Due)!;
                alarms.Remove(next);
                elapsed = next.Due > elapsed ? next.Due : elapsed;
            }

            next.Fire();
        }
    }

    private sealed class Alarm(DeliveryClock clock, TimerCallback callback, object? state) : ITimer
    {
        public TimeSpan Due { get; private set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock.gate)
            {
                clock.alarms.Remove(this);
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    Due = clock.elapsed + dueTime;
                    clock.alarms.Add(this);
                }
            }

            return true;
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
