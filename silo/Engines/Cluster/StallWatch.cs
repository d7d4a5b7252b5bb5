namespace Orchestrator.Silo.Engines.Cluster;

/// <summary>
/// A silo's doubt about itself: was it running, and may others think it dead? On the machine's monotonic clock, since no other can be compared over a pause. Belongs to the engine's loop,
/// but for <see cref="Trusts"/>.
/// </summary>
internal sealed class StallWatch(TimeProvider machine, TimeSpan lease, TimeSpan margin, double stallShare)
{
    private const long Never = long.MinValue;

    private readonly TimeSpan _held = margin > TimeSpan.Zero ? lease - margin : lease;
    private long _sleptAt = machine.GetTimestamp();
    private TimeSpan _sleep;
    private long _sentAt = Never;
    private int _doubts;

    /// <summary>The loop goes to sleep for at most this long.</summary>
    public void Sleeps(TimeSpan sleep) => (_sleptAt, _sleep) = (machine.GetTimestamp(), sleep);

    /// <summary>How much too late the loop woke.</summary>
    public TimeSpan Lateness => machine.GetElapsedTime(_sleptAt) - _sleep;

    /// <summary>It woke so late that it was not running meanwhile.</summary>
    public bool HasStalled => Lateness > lease * stallShare;

    /// <summary>The last renewal that succeeded was sent at this timestamp: the lease cannot have begun before it.</summary>
    public void Renewed(long sentAt) => Volatile.Write(ref _sentAt, sentAt);

    /// <summary>Others may soon think us dead, and are to find nothing here any more then.</summary>
    public bool LeaseIsOver => Left is { Ticks: <= 0 };

    /// <summary>
    /// For how long nobody can think us dead, less the margin: the database counts the lease from when the renewal was made, which was not before it was sent. Null before the first.
    /// </summary>
    public TimeSpan? Left => Volatile.Read(ref _sentAt) is not Never and var sent ? _held - machine.GetElapsedTime(sent) : null;

    /// <summary>How often this silo has come to doubt what it owns.</summary>
    public int Doubts => Volatile.Read(ref _doubts);

    /// <summary>What was taken before may have been taken by others meanwhile.</summary>
    public void Doubt() => Interlocked.Increment(ref _doubts);

    /// <summary>
    /// Whether nobody can have taken over, by now, what was taken when the silo had doubted so often: its lease holds, with a margin for clocks that run at different
    /// speeds, and held all the time since. From any thread.
    /// </summary>
    public bool Trusts(int doubts) =>
        doubts == Doubts && Volatile.Read(ref _sentAt) is not Never and var sent && machine.GetElapsedTime(sent) < lease - margin;
}
