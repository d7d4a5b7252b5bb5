namespace Orchestrator.Silo.Engines.Orleans;

/// <summary>How many partitions may be taken over in one step: few at first, twice as many in each step, so that a take-over of hundreds does not come at the store at once.</summary>
internal sealed class ClaimRamp(int first)
{
    private const int Largest = 1 << 20;
    private int _doublings;

    /// <summary>How many of those that wait may be taken now; the ramp begins anew when nothing waits.</summary>
    public int Take(int waiting)
    {
        if (waiting == 0)
        {
            _doublings = 0;
            return 0;
        }

        var budget = Math.Min((long)first << Math.Min(_doublings++, 20), Largest);
        return (int)Math.Min(budget, waiting);
    }
}
