using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;
using Orchestrator.V1;

namespace Orchestrator.Silo.Partitions;

/// <summary>A grain that a partition has in memory, or of which it knows journal entries that no snapshot includes. Lives on the partition's loop.</summary>
internal sealed class Resident(GrainKey key)
{
    private const int EmptyBytes = 400;

    /// <summary>What an event adds to the estimate of memory, until a snapshot tells the true size.</summary>
    public const int EventBytes = 200;

    private Neighbours _byUse;
    private Neighbours _byChange;

    public GrainKey Key => key;

    /// <summary>The grain's name in the store. Made anew each time: kept, it would be a tenth of an idle grain's memory.</summary>
    public string Name => KeyForm.Name(key);

    /// <summary>False while only the place of its last entry is known: the state is the snapshot plus the entries behind it.</summary>
    public bool Loaded { get; set; }

    /// <summary>Null: there is no such grain (yet).</summary>
    public GrainState? State { get; set; }

    /// <summary>Whether nobody else refers to the state or a part of it, so that the next one may be written into it.</summary>
    public bool OwnsState { get; set; }

    /// <summary>The open actions of an account whose people were all found in memory; null = none were.</summary>
    public OpenAction[]? HeldBy { get; set; }

    /// <summary>When they were, as <see cref="ResidentGrains"/> counts who leaves.</summary>
    public long HeldAt { get; set; }

    /// <summary>Sequence of the grain's last entry; 0 = none.</summary>
    public long LastEntry { get; set; }

    /// <summary>Sequence of the first entry that no snapshot includes; 0 = a snapshot includes all.</summary>
    public long FirstUnsaved { get; set; }

    /// <summary>When <see cref="FirstUnsaved"/> was written, UTC ticks.</summary>
    public long UnsavedSince { get; set; }

    /// <summary>Events that no snapshot includes.</summary>
    public int UnsavedEvents { get; set; }

    /// <summary>Entries that no snapshot includes.</summary>
    public int UnsavedEntries { get; set; }

    /// <summary>The earliest instant for which the wake index holds this grain, UTC ticks; 0 = none.</summary>
    public long QueuedWake { get; set; }

    /// <summary>After a wake whose decision failed: not tried again before, UTC ticks.</summary>
    public long WakeNotBefore { get; set; }

    /// <summary>How often in a row its wake failed.</summary>
    public int FailedWakes { get; set; }

    /// <summary>What this batch did to it; null = nothing.</summary>
    public FrameEntry? Entry { get; set; }

    /// <summary>Estimated memory.</summary>
    public int Bytes { get; set; } = EmptyBytes;

    /// <summary>How long its snapshot was, about; 0 or less if it has none or was read with a long tail.</summary>
    public int StoredBytes => (Bytes - EmptyBytes - (UnsavedEvents * EventBytes)) / 2;

    /// <summary>When it was last loaded or changed, or a little earlier, UTC ticks of the machine's clock.</summary>
    public long UsedAt { get; set; }

    /// <summary>Which move to the end of the chain by use was its last, as <see cref="ResidentGrains"/> counts them.</summary>
    public int Move { get; set; }

    /// <summary>Of all that are in memory.</summary>
    public ref Neighbours ByUse => ref _byUse;

    /// <summary>Of those that are not saved.</summary>
    public ref Neighbours ByChange => ref _byChange;

    public bool IsSaved => FirstUnsaved == 0;

    /// <summary>Estimates memory from the size of the stored form; objects take about twice as much.</summary>
    public void Weigh(int storedBytes) => Bytes = EmptyBytes + (storedBytes * 2);
}
