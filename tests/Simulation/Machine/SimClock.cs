namespace Orchestrator.Simulation.Machine;

/// <summary>The clocks of one process: a wall clock that may be wrong and may jump, a monotonic one that is right, and timers that keep to the latter.</summary>
internal sealed class SimClock(SimMachine simulation, Process process) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow() => SimMachine.Start + TimeSpan.FromTicks(simulation.Now) + process.ClockOffset;

    public override long GetTimestamp() => simulation.Now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimTimer(simulation, process, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Waits in the process.</summary>
    public Task Delay(TimeSpan time) => Task.Delay(time, this);

    private sealed class SimTimer(SimMachine simulation, Process process, TimerCallback callback, object? state) : ITimer
    {
        private int _setting;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var setting = ++_setting;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                Arm(dueTime, period, setting);
            }

            return true;
        }

        public void Dispose() => _setting++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }

        private void Arm(TimeSpan dueTime, TimeSpan period, int setting) => simulation.After(dueTime, process, () =>
        {
            // Set anew or stopped meanwhile: this one is stale.
            if (setting == _setting)
            {
                if (period != Timeout.InfiniteTimeSpan && period > TimeSpan.Zero)
                {
                    Arm(period, period, setting);
                }

                callback(state);
            }
        });
    }
}
