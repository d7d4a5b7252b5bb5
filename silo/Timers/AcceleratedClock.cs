namespace Orchestrator.Silo.Timers;

/// <summary>
/// Business time that runs faster than the machine's, from an origin of its own: two years pass in minutes. It can be held (<see cref="Hold"/>), so that it never
/// runs ahead of what has been done; it never goes back, and the time for which it was held does not count.
/// </summary>
/// <remarks>
/// Safe from any thread. Timers fire at the first tick of the machine's timer (about a millisecond) at or after their instant, never before it, in order of
/// their instants, on the thread pool. Until <see cref="Begin"/> it stands at <see cref="DateTimeOffset.UnixEpoch"/>.
/// </remarks>
public sealed class AcceleratedClock : TimeProvider, IDisposable
{
    private readonly Lock gate = new();
    private readonly TimeProvider machine;
    private readonly ITimer alarm;
    private readonly SortedSet<Timer> timers = new(Comparer<Timer>.Create(static (a, b) => a.Due != b.Due ? a.Due.CompareTo(b.Due) : a.Number.CompareTo(b.Number)));
    private long anchor = DateTimeOffset.UnixEpoch.UtcTicks;
    private long anchorAt;
    private long last = DateTimeOffset.UnixEpoch.UtcTicks;
    private long ceiling = long.MaxValue;
    private double speed;
    private long numbers;

    /// <param name="machine">The real clock underneath.</param>
    public AcceleratedClock(TimeProvider machine)
    {
        this.machine = machine;
        anchorAt = machine.GetTimestamp();
        alarm = machine.CreateTimer(static clock => ((AcceleratedClock)clock!).Fire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>Business seconds in a second of the machine; 0 = it stands.</summary>
    public double Speed
    {
        get
        {
            lock (gate)
            {
                return speed;
            }
        }
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (gate)
        {
            return new DateTimeOffset(Now(), TimeSpan.Zero);
        }
    }

    public override long GetTimestamp()
    {
        lock (gate)
        {
            return Now();
        }
    }

    /// <summary>Goes on from an instant, at a speed; from later, if it is later already.</summary>
    /// <param name="businessSpeed">0 or more.</param>
    public void Begin(DateTimeOffset at, double businessSpeed)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(businessSpeed);
        lock (gate)
        {
            anchor = last = Math.Max(Now(), at.UtcTicks);
            anchorAt = machine.GetTimestamp();
            speed = businessSpeed;
            Arm();
        }
    }

    /// <summary>It stops at this instant, or where it is if that is later, until it is told another; null = it runs freely.</summary>
    public void Hold(DateTimeOffset? at)
    {
        lock (gate)
        {
            anchor = Now();
            anchorAt = machine.GetTimestamp();
            ceiling = at?.UtcTicks ?? long.MaxValue;
            Arm();
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new Timer(this, callback, state, Interlocked.Increment(ref numbers));
        timer.Change(dueTime, period);
        return timer;
    }

    public void Dispose() => alarm.Dispose();

    private long Now()
    {
        var passed = machine.GetElapsedTime(anchorAt).Ticks * speed;
        var free = passed < DateTimeOffset.MaxValue.UtcTicks - anchor ? anchor + (long)passed : DateTimeOffset.MaxValue.UtcTicks;
        return last = Math.Max(last, Math.Min(free, ceiling));
    }

    private void Arm()
    {
        if (timers.Min is not { } first || speed == 0 || first.Due > Math.Max(ceiling, last))
        {
            alarm.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            return;
        }

        // Rounded up to what timers count in; a day at most, since they do not count further than weeks.
        var wait = Math.Ceiling(Math.Max(0, first.Due - Now()) / speed / TimeSpan.TicksPerMillisecond);
        alarm.Change(TimeSpan.FromMilliseconds(Math.Min(wait, 86_400_000)), Timeout.InfiniteTimeSpan);
    }

    private void Fire()
    {
        while (true)
        {
            Timer first;
            lock (gate)
            {
                if (timers.Min is not { } due || due.Due > Now())
                {
                    Arm();
                    return;
                }

                timers.Remove(first = due);
                first.Repeat();
            }

            first.Callback(first.State);
        }
    }

    private sealed class Timer(AcceleratedClock clock, TimerCallback callback, object? state, long number) : ITimer
    {
        private long period;

        public TimerCallback Callback { get; } = callback;

        public object? State { get; } = state;

        public long Number { get; } = number;

        public long Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock.gate)
            {
                clock.timers.Remove(this);
                this.period = period > TimeSpan.Zero ? period.Ticks : 0;
                if (dueTime >= TimeSpan.Zero)
                {
                    var now = clock.Now();
                    Due = dueTime.Ticks < DateTimeOffset.MaxValue.UtcTicks - now ? now + dueTime.Ticks : DateTimeOffset.MaxValue.UtcTicks;
                    clock.timers.Add(this);
                }

                clock.Arm();
            }

            return true;
        }

        /// <summary>Under the clock's lock, and not among its timers.</summary>
        public void Repeat()
        {
            if (period > 0)
            {
                Due += period;
                clock.timers.Add(this);
            }
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
