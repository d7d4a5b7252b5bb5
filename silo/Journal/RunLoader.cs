namespace Orchestrator.Silo.Journal;

/// <summary>Builds the growing runs when a store is opened: the stored part of each, and the journal's rows behind the mark. Never reads more than that.</summary>
internal static class RunLoader
{
    /// <returns>The last row of the journal, and the mark.</returns>
    public static (long LastRow, long MarkedRow) Load(SqliteConnection connection, FrameRuns runs)
    {
        using (var partitions = connection.Prepare("SELECT partition, next_sequence FROM fence"))
        using (var stored = connection.Prepare("SELECT rows FROM run WHERE id = ?1"))
        {
            while (partitions.Step())
            {
                var (partition, next) = ((int)partitions.Long(0), partitions.Long(1));
                stored.Bind(1, StoreReader.RunKey(partition, FrameRuns.RunOf(partition, next)));
                // A damaged run is reported when one of its frames is read; the others stay readable.
                runs.Load(partition, next, stored.Step() ? FrameRuns.Decode(stored.Bytes(0)) : null);
                stored.Reset();
            }
        }
        using (var dropped = connection.Prepare("SELECT partition, sequence FROM oldest"))
        {
            while (dropped.Step())
            {
                runs.Dropped((int)dropped.Long(0), dropped.Long(1));
            }
        }
        var marked = connection.Scalar("SELECT row FROM mark")!.Value;
        var last = marked;
        using var journal = connection.Prepare("SELECT row, partition, sequence FROM journal WHERE row > ?1 ORDER BY row");
        journal.Bind(1, marked);
        while (journal.Step())
        {
            last = journal.Long(0);
            runs.Found((int)journal.Long(1), journal.Long(2), last);
        }
        return (last, marked);
    }
}
