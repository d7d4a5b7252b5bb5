using Orchestrator.Silo.Journal;
using Orchestrator.Simulation.Planting;

namespace Orchestrator.Simulation.Store;

/// <summary>
/// What is durable: fence rows, frames, snapshots, checkpoints, settings. Says what each statement of <see cref="IStore"/> decides and does, and nothing of how
/// statements travel. It passes the contract suite of the real stores. An observer hears of everything that becomes durable, in that order.
/// </summary>
internal sealed class StoreModel
{
    private readonly Dictionary<string, byte[]> _settings = [];
    private Part[] _parts = [];

    /// <summary>Rises with every restore.</summary>
    public long Incarnation { get; private set; } = 1;

    public IStoreObserver? Observer { get; set; }

    public PlantedBug Planted { get; init; }

    public int Partitions => _parts.Length;

    /// <summary>What may be written: nothing that a process of this feature level could not read.</summary>
    public int Level { get; private set; }

    /// <summary>The cluster's silos, by the database's own clock.</summary>
    public MembershipModel Members { get; init; } = new(() => DateTimeOffset.UnixEpoch);

    /// <summary>Makes the partitions on first use.</summary>
    public StoreDescription Open(StoreCreation creation)
    {
        var created = _parts.Length == 0;
        if (created)
        {
            _parts = [.. Enumerable.Range(0, creation.Partitions).Select(_ => new Part())];
            Level = creation.Level;
        }

        CheckLevel(creation.Level);
        return new StoreDescription(_parts.Length, Incarnation, created, Level);
    }

    /// <summary>Raises the feature level, unless somebody who lives could not read it.</summary>
    public void Raise(int level, int mine)
    {
        if (level < 1 || level > mine)
        {
            throw new ArgumentOutOfRangeException(nameof(level), level, $"expected a feature level from 1 to {mine}, got {level}");
        }

        if (Members.Living.FirstOrDefault(s => s.Level < level) is { } older)
        {
            throw new StoreRefusedException($"the living silo `{older.Silo}` cannot read feature level {level}, it reads up to {older.Level}");
        }

        Level = Math.Max(Level, level);
    }

    /// <summary>Drops frames from before an instant, oldest first, none above its partition's checkpoint.</summary>
    public long Drop(DateTimeOffset before)
    {
        var dropped = 0L;
        foreach (var part in _parts)
        {
            while (part.First <= part.Checkpoint && part.First < part.Next && part.Frames[0].At < before.UtcTicks)
            {
                part.Frames.RemoveAt(0);
                part.First++;
                dropped++;
            }
        }

        return dropped;
    }

    public PartitionRow Row(int partition)
    {
        var part = _parts[partition];
        return new PartitionRow(partition, part.Epoch, part.Next, part.Checkpoint, part.Watermarks, part.Owner);
    }

    public IReadOnlyList<PartitionRow> Rows() => [.. Enumerable.Range(0, _parts.Length).Select(Row)];

    /// <param name="level">The highest feature level that the caller can read.</param>
    public StoreCall<PartitionRow?> TakeOver(int partition, long seenEpoch, string owner, int level)
    {
        var raises = false;
        return new("take-over", [partition], () =>
        {
            if (Planted != PlantedBug.TakeOverIgnoresLevel)
            {
                CheckLevel(level);
            }

            raises = _parts[partition].Epoch == seenEpoch;
        }, () =>
        {
            // A database would have let the level rise before or after, and not in between.
            if (!raises || (level < Level && Planted != PlantedBug.TakeOverIgnoresLevel))
            {
                return null;
            }

            var part = _parts[partition];
            (part.Epoch, part.Owner) = (seenEpoch + 1, owner);
            Observer?.TookOver(partition, part.Epoch, owner, level, Level);
            return Planted == PlantedBug.SequenceReused && part.Frames.Count > 0
                ? Row(partition) with { NextSequence = part.Next - 1 }
                : Row(partition);
        });
    }

    public StoreCall<bool[]> Append(AppendBatch batch)
    {
        var accepted = new bool[batch.Frames.Count];
        return new("append", [.. PartitionsOf(batch)], () =>
        {
            for (var i = 0; i < accepted.Length; i++)
            {
                accepted[i] = IsNext(batch.Frames[i]);
            }
        }, () =>
        {
            for (var i = 0; i < accepted.Length; i++)
            {
                if (accepted[i])
                {
                    Add(batch.Frames[i]);
                }
                else
                {
                    Observer?.Refused(batch.Frames[i], Row(batch.Frames[i].Partition));
                }
            }

            foreach (var snapshot in batch.Snapshots)
            {
                Save(snapshot);
            }

            foreach (var checkpoint in batch.Checkpoints)
            {
                Save(checkpoint);
            }

            return accepted;
        })
        {
            Early = () => accepted,
        };
    }

    /// <summary>The oldest frame kept, and the last; the last is one below the first where nothing is kept.</summary>
    public (long First, long Last) Ends(int partition) => (_parts[partition].First, _parts[partition].Next - 1);

    public List<JournalFrame> Frames(int partition, long from, long to)
    {
        var part = _parts[partition];
        var first = Math.Max(part.First, from);
        var last = Math.Min(to, part.Next - 1);
        return first > last ? [] : part.Frames.GetRange((int)(first - part.First), (int)(last - first + 1));
    }

    public JournalFrame? Frame(int partition, long sequence)
    {
        var part = _parts[partition];
        return sequence >= part.First && sequence < part.Next ? part.Frames[(int)(sequence - part.First)] : null;
    }

    public SnapshotRow? Snapshot(int partition, string grain) => _parts[partition].Snapshots.GetValueOrDefault(grain);

    public List<WakeRow> Wakes(int partition, long until, int limit, long afterWake, string afterGrain) =>
        Planted == PlantedBug.WakesForgotten
            ? []
            : [.. _parts[partition].Snapshots.Values
                .Where(s => s.Wake != 0 && s.Wake <= until && (s.Wake > afterWake || (s.Wake == afterWake && Utf8Order.Instance.Compare(s.Grain, afterGrain) > 0)))
                .OrderBy(s => s.Wake).ThenBy(s => s.Grain, Utf8Order.Instance).Take(limit).Select(s => new WakeRow(s.Grain, s.Wake))];

    public List<string> Flagged(int partition, string after, int limit) =>
        Planted == PlantedBug.OffersForgotten
            ? []
            : [.. _parts[partition].Snapshots.Values.Where(s => s.Flagged && Utf8Order.Instance.Compare(s.Grain, after) > 0).Take(limit).Select(s => s.Grain)];

    public List<SnapshotRow> AllSnapshots(int partition, string after, int limit) =>
        [.. _parts[partition].Snapshots.Values.Where(s => Utf8Order.Instance.Compare(s.Grain, after) > 0).Take(limit)];

    public byte[]? Setting(string name) => _settings.GetValueOrDefault(name);

    public void Set(string name, byte[] value) => _settings[name] = [.. value];

    /// <summary>The last frames of a partition are gone, as after a failover to a standby that did not have them. The fence goes back with them.</summary>
    /// <returns>How many there were to lose.</returns>
    public int LoseLast(int partition, int frames)
    {
        var part = _parts[partition];
        var lost = Math.Min(frames, part.Frames.Count);
        part.Frames.RemoveRange(part.Frames.Count - lost, lost);
        return lost;
    }

    /// <summary>Everything as of now, to be restored later.</summary>
    public Backup Save() => new([.. _parts.Select(p => p.Copy())]);

    /// <summary>Goes back to a backup, under a higher incarnation.</summary>
    public void Restore(Backup backup)
    {
        _parts = [.. backup.Parts.Select(p => p.Copy())];
        Incarnation += Planted == PlantedBug.RestoreKeepsIncarnation ? 0 : 1;
        Observer?.Restored(this);
    }

    private static IEnumerable<int> PartitionsOf(AppendBatch batch) =>
        batch.Frames.Select(f => f.Partition).Concat(batch.Snapshots.Select(s => s.Partition)).Concat(batch.Checkpoints.Select(c => c.Partition)).Distinct().Order();

    private void CheckLevel(int mine)
    {
        if (Level > mine)
        {
            throw new StoreRefusedException($"the store has feature level {Level}, this silo reads up to {mine}; start a newer version");
        }
    }

    private bool IsNext(in JournalAppend frame)
    {
        var part = _parts[frame.Partition];
        return (Planted == PlantedBug.NoEpochInWhere || part.Epoch == frame.Epoch)
            && (part.Next == frame.Sequence || (Planted == PlantedBug.SequenceReused && part.Next - 1 == frame.Sequence));
    }

    private void Add(in JournalAppend append)
    {
        var part = _parts[append.Partition];
        var frame = new JournalFrame(append.Partition, append.Sequence, append.Epoch, append.At, append.Body.ToArray());
        if (append.Sequence < part.Next)
        {
            part.Frames[(int)(append.Sequence - part.First)] = frame;
        }
        else
        {
            part.Frames.Add(frame);
        }

        Observer?.Appended(frame, Level);
    }

    private void Save(in SnapshotWrite write)
    {
        var part = _parts[write.Partition];
        var newest = part.Snapshots.GetValueOrDefault(write.Grain)?.Sequence ?? 0;
        if (Planted != PlantedBug.UnfencedSnapshot && (part.Epoch != write.Epoch || write.Sequence >= part.Next || write.Sequence <= newest))
        {
            return;
        }

        var row = new SnapshotRow(write.Grain, write.Sequence, write.Wake, write.Flagged, write.Body.ToArray());
        part.Snapshots[write.Grain] = row;
        Observer?.Saved(write.Partition, write.Epoch, row);
    }

    private void Save(in CheckpointWrite write)
    {
        var part = _parts[write.Partition];
        if (part.Epoch == write.Epoch && write.Checkpoint < part.Next && write.Checkpoint >= part.Checkpoint)
        {
            (part.Checkpoint, part.Watermarks) = (write.Checkpoint, write.Watermarks.ToArray());
        }
    }

    internal sealed record Backup(IReadOnlyList<Part> Parts);

    internal sealed class Part
    {
        public long Epoch { get; set; }

        public string Owner { get; set; } = "";

        public long Checkpoint { get; set; }

        public byte[] Watermarks { get; set; } = [];

        /// <summary>The oldest frame kept.</summary>
        public long First { get; set; } = 1;

        public long Next => First + Frames.Count;

        public List<JournalFrame> Frames { get; private init; } = [];

        public SortedDictionary<string, SnapshotRow> Snapshots { get; private init; } = new(Utf8Order.Instance);

        public Part Copy() => new()
        {
            Epoch = Epoch, Owner = Owner, Checkpoint = Checkpoint, Watermarks = Watermarks, First = First, Frames = [.. Frames], Snapshots = new(Snapshots, Utf8Order.Instance),
        };
    }
}

/// <summary>Hears what became durable.</summary>
internal interface IStoreObserver
{
    /// <param name="reads">The highest feature level that the silo reads whose statement it was.</param>
    /// <param name="level">The store's.</param>
    void TookOver(int partition, long epoch, string owner, int reads, int level);

    /// <param name="level">The store's feature level.</param>
    void Appended(JournalFrame frame, int level);

    void Refused(in JournalAppend frame, PartitionRow row);

    void Saved(int partition, long epoch, SnapshotRow snapshot);

    void Restored(StoreModel model);
}
