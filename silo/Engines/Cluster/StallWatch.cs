namespace Orchestrator.Silo.Engines.Cluster;

/// <summary>
/// A silo's doubt about itself: was it running, and may others think it dead? On the machine's monotonic clock, since no other can be compared over a pause. Belongs to the engine's loop.
/// </summary>
internal sealed class StallWatch(TimeProvider machine, TimeSpan lease, double stallShare)
{
    private long _sleptAt = machine.GetTimestamp();
    private TimeSpan _sleep;
    private long? _sentAt;

    /// <summary>The loop goes to sleep for at most this long.</summary>
    public void Sleeps(TimeSpan sleep) => (_sleptAt, _sleep) = (machine.GetTimestamp(), sleep);

    /// <summary>How much too late the loop woke.</summary>
    public TimeSpan Lateness => machine.GetElapsedTime(_sleptAt) - _sleep;

    /// <summary>It woke so late that it was not running meanwhile.</summary>
    public bool HasStalled => Lateness > lease * stallShare;

    /// <summary>The last renewal that succeeded was sent at this timestamp: the lease cannot have begun before it.</summary>
    public void Renewed(long sentAt) => _sentAt = sentAt;

    /// <summary>Others may think us dead by now.</summary>
    public bool LeaseIsOver => _sentAt is { } sent && machine.GetElapsedTime(sent) >= lease;
}
