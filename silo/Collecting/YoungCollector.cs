namespace Orchestrator.Silo.Collecting;

/// <summary>Collects the young objects of this process at <see cref="CollectorPace"/>, behind a commit: then fewest signals are on their way and live on.</summary>
internal sealed class YoungCollector
{
    private const long Least = 8 * 1024 * 1024;

    private readonly CollectorPace _pace = new(Least, Math.Max(Least, AppContext.GetData("System.GC.Gen0MaxBudget") is { } most && long.TryParse(most.ToString(), out var bytes) ? bytes : Least));

    /// <summary>Call often, one at a time; takes well below a microsecond unless it collects.</summary>
    public void Look()
    {
        if (_pace.IsDue(CollectorPace.Heap.Now))
        {
            // With the first generation each time: what the last one found alive is little then, while left to gather it makes every third pause twice as long.
            // Not blocking: of these generations that is a pause all the same, but where the runtime finds all generations due and begins in the background, the caller goes on, instead of
            // waiting for the end of it with all commits behind him.
            GC.Collect(1, GCCollectionMode.Forced, blocking: false);
        }
    }
}
