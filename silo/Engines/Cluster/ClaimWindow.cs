namespace Orchestrator.Silo.Engines.Cluster;

/// <summary>
/// How many take-overs may be under way at once: few at first, one more for each that succeeds, so that hundreds do not come at the store together and yet go as fast as it takes them. A ramp by the
/// clock would make a quick store wait and bury a slow one. Safe from any thread.
/// </summary>
/// <param name="first">From 1.</param>
/// <param name="most">A store has a few sessions for them; what waits there for longer than their time-outs fails.</param>
internal sealed class ClaimWindow(int first, int most)
{
    private readonly int _first = first;
    private readonly Lock _gate = new();
    private int _open = first;
    private int _underWay;
    private int _taken;
    private long _since;

    /// <summary>How many more may begin now.</summary>
    public int Room
    {
        get
        {
            lock (_gate)
            {
                return Math.Max(0, _open - _underWay);
            }
        }
    }

    /// <param name="now">The machine's timestamp.</param>
    public void Began(long now)
    {
        lock (_gate)
        {
            if (_underWay++ == 0)
            {
                (_open, _taken, _since) = (_first, 0, now);
            }
        }
    }

    /// <param name="taken">True: it runs here. False: another silo was faster. Null: the store did not do it.</param>
    /// <returns>If nothing is under way any more: how many were taken since something was, and the timestamp of that.</returns>
    public (int Taken, long Since)? Ended(bool? taken)
    {
        lock (_gate)
        {
            _taken += taken == true ? 1 : 0;
            _open = taken switch
            {
                true => Math.Min(most, _open + 1),
                false => _open,
                null => _first,
            };
            return --_underWay == 0 ? (_taken, _since) : null;
        }
    }
}
