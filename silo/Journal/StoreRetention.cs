namespace Orchestrator.Silo.Journal;

/// <summary>
/// Drops frames from the front of the journal table, which is in order of arrival, a page at a time. A partition stops at its first frame that is young or above its
/// checkpoint, so that what is left of it has no hole.
/// </summary>
/// <remarks>Lives on the writer's thread; one transaction a call of <see cref="DropSome"/>. The file does not shrink: its pages are used again.</remarks>
internal sealed class StoreRetention(SqliteConnection connection, FrameRuns runs, long before)
{
    private const int PageRows = 2_048;

    private readonly HashSet<int> _stopped = [];
    private readonly Dictionary<int, long> _oldest = [];
    private long _seen;
    private bool _last;

    /// <summary>Nothing is left to look at.</summary>
    public bool Ended { get; private set; }

    /// <returns>Frames dropped.</returns>
    public long DropSome()
    {
        var checkpoints = Checkpoints();
        var rows = new List<long>();
        var (seen, young) = (0, true);
        using (var page = connection.Prepare("SELECT row, partition, sequence, at FROM journal WHERE row > ?1 ORDER BY row LIMIT ?2"))
        {
            page.Bind(1, _seen).Bind(2, PageRows);
            while (page.Step())
            {
                (_seen, seen) = (page.Long(0), seen + 1);
                var (partition, sequence) = ((int)page.Long(1), page.Long(2));
                young &= page.Long(3) >= before;
                if (page.Long(3) >= before || sequence > checkpoints[partition])
                {
                    _stopped.Add(partition);
                }
                else if (!_stopped.Contains(partition))
                {
                    rows.Add(_seen);
                    _oldest[partition] = sequence + 1;
                }
            }
        }
        // A whole page of young frames: what follows is younger still, but for a silo whose clock was wrong, and that may be kept.
        _last = seen < PageRows || young;
        Delete(rows);
        // Told before the commit: a reader that misses a frame then finds that it begins later. If the commit fails, the frames are hidden until the next call drops them.
        foreach (var (partition, sequence) in _oldest)
        {
            runs.Dropped(partition, sequence);
        }
        return rows.Count;
    }

    /// <summary>What <see cref="DropSome"/> did is durable.</summary>
    public void Committed()
    {
        _oldest.Clear();
        Ended = _last;
    }

    private void Delete(List<long> rows)
    {
        using var delete = connection.Prepare("DELETE FROM journal WHERE row = ?1");
        using var oldest = connection.Prepare("INSERT OR REPLACE INTO oldest VALUES(?1, ?2)");
        using var empty = connection.Prepare("DELETE FROM run WHERE id >= ?1 AND id < ?2");
        foreach (var row in rows)
        {
            delete.Bind(1, row).Run();
        }
        foreach (var (partition, sequence) in _oldest)
        {
            oldest.Bind(1, partition).Bind(2, sequence).Run();
            empty.Bind(1, StoreReader.RunKey(partition, 0)).Bind(2, StoreReader.RunKey(partition, FrameRuns.RunOf(partition, sequence))).Run();
        }
    }

    private Dictionary<int, long> Checkpoints()
    {
        var checkpoints = new Dictionary<int, long>();
        using var all = connection.Prepare("SELECT partition, sequence FROM checkpoint");
        while (all.Step())
        {
            checkpoints.Add((int)all.Long(0), all.Long(1));
        }
        return checkpoints;
    }
}
