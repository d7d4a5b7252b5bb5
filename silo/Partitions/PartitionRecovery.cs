using System.Runtime.InteropServices;
using Google.Protobuf;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Snapshots;
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
    private const int FramesAtOnce = 512;

    public static async Task<PartitionMemory> ReadAsync(IStore store, PartitionRow row, PartitionSettings settings, CancellationToken cancel)
    {
        var memory = new PartitionMemory(row, store, settings);
        if (row.Watermarks.Length > 0)
        {
            var saved = StoredWatermarks.Parser.ParseFrom(row.Watermarks);
            memory.Outbox.Load(saved);
            memory.LastAt = saved.LastAt;
            if (saved.Care is { } care)
            {
                memory.Care.Load(care);
            }
        }

        var changed = new List<Resident>();
        var flagged = new HashSet<Resident>();
        var heads = new List<EntryHead>();
        await foreach (var frame in store.ReadFramesAsync(row.Partition, row.Checkpoint + 1, row.NextSequence - 1, cancel))
        {
            memory.LastAt = Math.Max(memory.LastAt, frame.At);
            var rest = FrameHead.Read(frame.Body, heads);
            if (rest is not null)
            {
                memory.Outbox.Fold(rest);
            }

            memory.Care.Fold(frame.Sequence, rest?.Care);

            foreach (var head in heads)
            {
                Note(memory, frame, head, changed, flagged);
            }
        }

        foreach (var resident in changed)
        {
            if (resident.QueuedWake > 0)
            {
                memory.Wakes.Add(resident.Key, resident.Name, resident.QueuedWake);
            }

            if (flagged.Contains(resident))
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
        List<Unread>? unread = null;
        for (var i = 0; i < wanted.Count; i++)
        {
            if (!wanted[i].IsSaved && wanted[i].LastEntry > (rows[i]?.Sequence ?? 0))
            {
                (unread ??= []).Add(new Unread(wanted[i], rows[i]));
            }
            else
            {
                Restore(memory.Grains, wanted[i], rows[i], []);
            }
        }

        if (unread is not null)
        {
            await ReadTailsAsync(store, partition, memory.Tails, unread, cancel);
            foreach (var (resident, row, entries) in unread)
            {
                Restore(memory.Grains, resident, row, entries);
            }
        }

        foreach (var resident in wanted)
        {
            memory.Tails.Remove(resident.Key);
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

    private static void Note(PartitionMemory memory, JournalFrame frame, in EntryHead head, List<Resident> changed, HashSet<Resident> flagged)
    {
        var resident = memory.Grains.Touch(head.Grain);
        if (resident.IsSaved)
        {
            changed.Add(resident);
        }

        (CollectionsMarshal.GetValueRefOrAddDefault(memory.Tails, head.Grain, out _) ??= []).Add(frame.Sequence);
        resident.LastEntry = frame.Sequence;
        resident.QueuedWake = head.Wake;
        _ = head.Flagged ? flagged.Add(resident) : flagged.Remove(resident);
        memory.Grains.Unsave(resident, frame.Sequence, frame.At, head.Events);
    }

    /// <summary>
    /// Reads the entries that the snapshots do not include: those known from the take-over all at once, what they do not tell of one after the other, back along the grains' chains.
    /// </summary>
    private static async Task ReadTailsAsync(IStore store, int partition, Dictionary<GrainKey, List<long>> tails, List<Unread> unread, CancellationToken cancel)
    {
        var frames = new Dictionary<long, byte[]>();
        var known = new SortedSet<long>();
        foreach (var grain in unread)
        {
            known.UnionWith(tails.GetValueOrDefault(grain.Key)?.Where(grain.Lacks) ?? []);
        }

        foreach (var chunk in known.Chunk(FramesAtOnce))
        {
            await ReadAsync(chunk);
        }

        while (true)
        {
            var missing = new SortedSet<long>();
            foreach (var grain in unread)
            {
                if (grain.Next is > 0 and var next && !frames.ContainsKey(next))
                {
                    missing.Add(next);
                }
            }

            if (missing.Count > 0)
            {
                await ReadAsync([.. missing]);
            }

            var done = true;
            foreach (var grain in unread)
            {
                if (grain.Next is > 0 and var next)
                {
                    grain.Add(next, frames[next], partition);
                    done &= grain.Next == 0;
                }
            }

            if (done)
            {
                return;
            }
        }

        async Task ReadAsync(long[] sequences)
        {
            var read = await store.ReadFramesAsync(partition, sequences, cancel);
            for (var i = 0; i < sequences.Length; i++)
            {
                frames.Add(sequences[i], read[i]?.Body ?? throw new StoreCorruptException($"frame {sequences[i]} of partition {partition} is gone, though no snapshot includes it"));
            }
        }
    }

    private static void Restore(ResidentGrains grains, Resident resident, SnapshotRow? row, IEnumerable<(long Sequence, StoredEntry Entry)> tail)
    {
        GrainState? state = null;
        if (row is not null)
        {
            (state, resident.LastEntry) = StateReader.TryRead(row.Body, resident.Key, SharedTexts.Sharing) ?? Parse(row.Body, resident.Key);
            grains.Weigh(resident, row.Body.Length);
        }

        var folded = false;
        foreach (var (sequence, entry) in tail)
        {
            state = Fold(resident.Key, state, entry);
            resident.LastEntry = sequence;
            folded = true;
        }

        resident.State = state;
        resident.Loaded = true;
        if (!folded && !resident.IsSaved)
        {
            // A snapshot from after the checkpoint includes all that the tail told.
            grains.Save(resident);
        }
    }

    private static (GrainState State, long LastEntry) Parse(byte[] body, GrainKey key)
    {
        var stored = StoredState.Parser.ParseFrom(body);
        SharedTexts.Share(stored, key);
        return StateForm.Read(stored);
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

    /// <summary>A grain of which the journal says more than its snapshot.</summary>
    private sealed class Unread(Resident resident, SnapshotRow? row)
    {
        private readonly Stack<(long Sequence, StoredEntry Entry)> _entries = new();
        private readonly byte[] _key = KeyForm.Write(resident.Key).ToByteArray();

        /// <summary>The sequence of the entry to read next, going back; 0 = the snapshot includes all that is left.</summary>
        public long Next { get; private set; } = resident.LastEntry;

        public GrainKey Key => resident.Key;

        /// <summary>Whether the snapshot does not include the entry of this sequence.</summary>
        public bool Lacks(long sequence) => sequence > (row?.Sequence ?? 0);

        public void Add(long sequence, byte[] frame, int partition)
        {
            var entry = FrameHead.EntryOf(frame, _key)
                ?? throw new StoreCorruptException($"frame {sequence} of partition {partition} has no entry of `{resident.Key}`, though its history says so");
            _entries.Push((sequence, entry));
            Next = entry.Previous < sequence && entry.Previous > (row?.Sequence ?? 0) ? entry.Previous : 0;
        }

        /// <param name="entries">Oldest first.</param>
        public void Deconstruct(out Resident grain, out SnapshotRow? snapshot, out IEnumerable<(long Sequence, StoredEntry Entry)> entries) =>
            (grain, snapshot, entries) = (resident, row, _entries);
    }
}
