using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Silo.Journal;

namespace Orchestrator.Silo.Timers;

/// <summary>Which grains of a partition want to be woken, by due instant. Lives on the partition's loop.</summary>
/// <remarks>
/// Holds every grain whose wake is newer than its snapshot, and of the others only a page from the store, so that a million sleeping grains
/// cost a page of memory. Invariant: a grain that wants to be woken at w is held for an instant at or before w, or its snapshot says w and lies
/// behind the cursor. What is held is a hint: the grain's own state says whether it is due, so a stale hint costs a look and no more.
/// </remarks>
internal sealed class WakeIndex(IStore store, int partition)
{
    // Every partition holds one: 1,024 hints in each of 256 were 60 MB, and half a second of CPU before the first signal after a start.
    private const int Page = 64;
    private readonly PriorityQueue<GrainKey, (long Due, string Name)> _queue = new(Comparer<(long Due, string Name)>.Create(Compare));
    private long _cursorWake;
    private string _cursorGrain = "";
    private bool _exhausted;

    /// <summary>Hints held.</summary>
    public int Count => _queue.Count;

    /// <summary>When to look next, UTC ticks; null = nobody wants to be woken.</summary>
    public long? Next => (_queue.TryPeek(out _, out var first), _exhausted) switch
    {
        (true, true) => first.Due,
        (true, false) => Math.Min(first.Due, Math.Max(_cursorWake, 1)),
        (false, true) => null,
        (false, false) => Math.Max(_cursorWake, 1),
    };

    /// <summary>Holds a grain for an instant, UTC ticks. <paramref name="name"/> breaks ties, so that the order does not depend on memory.</summary>
    public void Add(GrainKey grain, string name, long due) => _queue.Enqueue(grain, (due, name));

    /// <summary>Takes the grains held for an instant up to <paramref name="now"/>, in order of due, at most <paramref name="limit"/>.</summary>
    public async ValueTask TakeDueAsync(long now, int limit, List<(GrainKey Grain, long Due)> into, CancellationToken cancel)
    {
        while (into.Count < limit)
        {
            // What the store knows and is due earlier than what is held must be seen first, or the order would depend on paging.
            while (!_exhausted && _cursorWake <= now && (!_queue.TryPeek(out _, out var next) || next.Due >= _cursorWake))
            {
                await ReadPageAsync(cancel);
            }

            if (!_queue.TryPeek(out var grain, out var first) || first.Due > now)
            {
                return;
            }

            _queue.Dequeue();
            into.Add((grain, first.Due));
        }
    }

    private async ValueTask ReadPageAsync(CancellationToken cancel)
    {
        var rows = await store.ReadWakesAsync(partition, long.MaxValue, Page, _cursorWake, _cursorGrain, cancel);
        foreach (var row in rows)
        {
            _queue.Enqueue(KeyForm.Parse(row.Grain), (row.Wake, row.Grain));
        }

        if (rows.Count < Page)
        {
            _exhausted = true;
        }
        else
        {
            (_cursorGrain, _cursorWake) = (rows[^1].Grain, rows[^1].Wake);
        }
    }

    private static int Compare((long Due, string Name) a, (long Due, string Name) b) =>
        a.Due != b.Due ? a.Due.CompareTo(b.Due) : string.CompareOrdinal(a.Name, b.Name);
}
