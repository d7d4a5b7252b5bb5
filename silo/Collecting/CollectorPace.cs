namespace Orchestrator.Silo.Collecting;

/// <summary>
/// When the young objects of this process are collected. The fewer are let gather, the shorter each pause; the more, the less all pauses take together, since what
/// lives on is copied less often. So few while pauses take little of the time, and more as they begin to take much of it: short pauses at a load that leaves room,
/// throughput at one that does not.
/// </summary>
/// <remarks>The runtime itself knows one budget for all loads, <c>System.GC.Gen0MaxBudget</c>: it stays the upper bound. Not for several threads at a time.</remarks>
internal sealed class CollectorPace
{
    /// <summary>Of the time between two collections. From the most to the least the share grows by half at the same load, so the lower one stands well below the upper.</summary>
    private const double MuchPaused = 0.28;
    private const double LittlePaused = 0.18;

    private readonly long _least;
    private readonly long _most;
    private Heap _last;

    /// <param name="least">Bytes that are always let gather, above 0.</param>
    /// <param name="most">Bytes after which the runtime collects by itself.</param>
    public CollectorPace(long least, long most)
    {
        (_least, _most) = (least, most);
        Budget = least;
    }

    /// <summary>How many bytes are let gather now.</summary>
    public long Budget { get; private set; }

    /// <summary>Whether to collect now; if so, look again behind it.</summary>
    public bool IsDue(in Heap heap)
    {
        if (heap.Collections != _last.Collections)
        {
            Adapt(heap);
            _last = heap;
        }

        return heap.Allocated - _last.Allocated >= Budget;
    }

    private void Adapt(in Heap heap)
    {
        var between = heap.At - _last.At;
        var paused = between > TimeSpan.Zero ? (heap.Paused - _last.Paused) / between : 0;
        Budget = paused > MuchPaused ? Math.Min(_most, Budget * 2) : paused < LittlePaused ? Math.Max(_least, Budget / 2) : Budget;
    }

    /// <summary>What the collector tells of itself.</summary>
    /// <param name="Collections">So far, of any generation.</param>
    /// <param name="Allocated">Bytes since the process began.</param>
    /// <param name="Paused">In all, since the process began.</param>
    /// <param name="At">Since any beginning; never goes back.</param>
    internal readonly record struct Heap(int Collections, long Allocated, TimeSpan Paused, TimeSpan At)
    {
        public static Heap Now => new(GC.CollectionCount(0), GC.GetTotalAllocatedBytes(), GC.GetTotalPauseDuration(), TimeSpan.FromMilliseconds(Environment.TickCount64));
    }
}
