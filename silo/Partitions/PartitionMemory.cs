using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Outbox;
using Orchestrator.Silo.Snapshots;
using Orchestrator.Silo.Timers;
using Orchestrator.V1;

namespace Orchestrator.Silo.Partitions;

/// <summary>All that a partition knows, and that is thrown away as a whole when a commit fails: what follows from an unwritten frame must not be seen by anyone.</summary>
internal sealed class PartitionMemory
{
    public PartitionMemory(PartitionRow row, IStore store, PartitionSettings settings)
    {
        Epoch = row.Epoch;
        NextSequence = row.NextSequence;
        Grains = new ResidentGrains(settings);
        Wakes = new WakeIndex(store, row.Partition);
        Snapshots = new SnapshotPlan(settings, Grains, row.Partition, row.Checkpoint);
        OfferAgain = new OfferAgain(store, row.Partition);
        Outbox = new OutboxState(row.Partition);
    }

    public long Epoch { get; set; }

    /// <summary>The sequence that the next frame takes.</summary>
    public long NextSequence { get; set; }

    /// <summary>The highest instant that a frame was stamped with, UTC ticks.</summary>
    public long LastAt { get; set; }

    public ResidentGrains Grains { get; }

    public OutboxState Outbox { get; }

    public WakeIndex Wakes { get; }

    public SnapshotPlan Snapshots { get; }

    public OfferAgain OfferAgain { get; }

    public PartitionCare Care { get; } = new();

    /// <summary>Of grains that have not been loaded since the take-over: the sequences of all their entries behind the checkpoint, ascending. So that each is not found by the one behind it, in as many round trips.</summary>
    public Dictionary<GrainKey, List<long>> Tails { get; } = [];

    /// <summary>What is saved with a checkpoint.</summary>
    public StoredWatermarks Save()
    {
        var saved = Outbox.Save(LastAt);
        saved.Care = Care.Save();
        return saved;
    }
}
