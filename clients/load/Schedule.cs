using System.Diagnostics;

namespace Orchestrator.Load;

/// <summary>When each signal falls due: fixed before the run, and never moved because the silo is slow. Latency is counted from here.</summary>
public sealed class Schedule(double rate, double warmUpSeconds, double seconds)
{
    long start;

    /// <summary>All signals of the run, warm-up included.</summary>
    public long Signals { get; } = Math.Max(1, (long)(rate * (warmUpSeconds + seconds)));

    /// <summary>The first one that is measured.</summary>
    public long FirstMeasured { get; } = (long)(rate * warmUpSeconds);

    /// <summary>Starts the clock a little ahead, for the first tick to be in time.</summary>
    public void Start() => start = Stopwatch.GetTimestamp() + (Stopwatch.Frequency / 100);

    /// <summary>How many are due at a timestamp.</summary>
    public long DueBy(long timestamp) =>
        timestamp < start ? 0 : Math.Min(Signals, (long)((timestamp - start) * rate / Stopwatch.Frequency) + 1);

    /// <summary>Nanoseconds from when a signal was due to a timestamp.</summary>
    public long NanosecondsSince(long number, long timestamp) =>
        (long)((timestamp - start - (number * Stopwatch.Frequency / rate)) * (1e9 / Stopwatch.Frequency));

    /// <summary>Seconds from the start of the measured part to a timestamp.</summary>
    public double MeasuredSecondsAt(long timestamp) => ((double)(timestamp - start) / Stopwatch.Frequency) - warmUpSeconds;
}
