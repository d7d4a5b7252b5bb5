using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Silo.Journal;
using Orchestrator.V1;

namespace Orchestrator.Silo.Partitions;

/// <summary>
/// Gets a partition back from the store after its epoch was taken: counters and wakes at once, grains when they are first needed
/// (snapshot plus the entries that it does not include). Only folds; nothing is decided again.
/// </summary>
internal static class PartitionRecovery
{
    // Names of grains begin with their kind, so catalogs are a range.
    private static readonly string Catalogs = $"{(byte)GrainKind.Catalog}\u001f";
    private const int CatalogPage = 64;

    public static async Task<PartitionMemory> ReadAsync(IStore store, PartitionRow row, PartitionSettings settings, CancellationToken cancel)
    {
        var memory = new PartitionMemory(row, store, settings);
        if (row.Watermarks.Length > 0)
        {
            var saved = StoredWatermarks.Parser.ParseFrom(row.Watermarks);
            memory.Outbox.Load(saved);
            memory.LastAt = saved.LastAt;
        }

        var changed = new List<Resident>();
        await foreach (var frame in store.ReadFramesAsync(row.Partition, row.Checkpoint + 1, row.NextSequence - 1, cancel))
        {
            Fold(memory, frame, changed);
        }

        foreach (var resident in changed)
        {
            var last = resident.Tail![^1].Entry;
            if (last.Wake > 0)
            {
                resident.QueuedWake = last.Wake;
                memory.Wakes.Add(resident.Key, resident.Name, last.Wake);
            }

            if (last.Flagged)
            {
                memory.OfferAgain.Add(resident.Key);
            }
        }

        return memory;
    }

    /// <summary>Brings grains into memory with one query.</summary>
    public static async Task LoadAsync(IStore store, int partition, PartitionMemory memory, IReadOnlyCollection<GrainKey> keys, CancellationToken cancel)
    {
        var wanted = new List<Resident>(keys.Count);
        var names = new List<string>(keys.Count);
        foreach (var key in keys)
        {
            var resident = memory.Grains.Touch(key);
            if (!resident.Loaded)
            {
                wanted.Add(resident);
                names.Add(resident.Name);
            }
        }

        if (wanted.Count == 0)
        {
            return;
        }

        var rows = await store.ReadSnapshotsAsync(partition, names, cancel);
        for (var i = 0; i < wanted.Count; i++)
        {
            Load(memory.Grains, wanted[i], rows[i]);
        }
    }

    /// <summary>Names of the partition's catalogs.</summary>
    public static async Task<List<GrainKey>> CatalogsAsync(IStore store, int partition, PartitionMemory memory, CancellationToken cancel)
    {
        var found = new List<GrainKey>();
        foreach (var resident in memory.Grains.All)
        {
            if (resident.Key.Kind == GrainKind.Catalog)
            {
                found.Add(resident.Key);
            }
        }

        var after = Catalogs;
        while (true)
        {
            var rows = await store.ReadAllSnapshotsAsync(partition, after, CatalogPage, cancel);
            foreach (var row in rows)
            {
                var key = KeyForm.Parse(row.Grain);
                if (key.Kind == GrainKind.Catalog && !found.Contains(key))
                {
                    found.Add(key);
                }
            }

            if (rows.Count < CatalogPage)
            {
                return found;
            }

            after = rows[^1].Grain;
        }
    }

    private static void Fold(PartitionMemory memory, JournalFrame frame, List<Resident> changed)
    {
        var stored = FrameForm.Read(frame.Body);
        memory.LastAt = Math.Max(memory.LastAt, frame.At);
        memory.Outbox.Fold(stored);
        foreach (var entry in stored.Entries)
        {
            var resident = memory.Grains.Touch(KeyForm.Read(entry.Grain));
            if (resident.Tail is null)
            {
                resident.Tail = [];
                changed.Add(resident);
            }

            resident.Tail.Add((frame.Sequence, entry));
            resident.LastEntry = frame.Sequence;
            memory.Grains.Unsave(resident, frame.Sequence, frame.At, entry.Events.Count);
        }
    }

    private static void Load(ResidentGrains grains, Resident resident, SnapshotRow? row)
    {
        GrainState? state = null;
        long included = 0;
        if (row is not null)
        {
            (state, resident.LastEntry) = StateForm.Read(StoredState.Parser.ParseFrom(row.Body));
            included = row.Sequence;
            grains.Weigh(resident, row.Body.Length);
        }

        var folded = false;
        foreach (var (sequence, entry) in resident.Tail ?? [])
        {
            if (sequence > included)
            {
                state = Fold(resident.Key, state, entry);
                resident.LastEntry = sequence;
                folded = true;
            }
        }

        resident.State = state;
        resident.Loaded = true;
        resident.Tail = null;
        if (!folded && !resident.IsSaved)
        {
            // A snapshot from after the checkpoint includes all that the tail told.
            grains.Save(resident);
        }
    }

    /// <summary>Folds one entry of a grain.</summary>
    public static GrainState? Fold(GrainKey key, GrainState? state, StoredEntry entry)
    {
        foreach (var stored in entry.Events)
        {
            state = GrainTurn.Evolve(key, state, EventForm.Read(stored, key));
        }

        return state is null ? null : state with { Wake = Ticks.InstantOrNone(entry.Wake) };
    }
}
