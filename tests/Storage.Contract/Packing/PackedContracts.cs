using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Journal.Packing;

namespace Orchestrator.Storage.Contract.Tests.Packing;

/// <summary>The contract of every store, met by one that packs.</summary>
public sealed class PackedFenceContract : FenceContract
{
    protected override IStore Create() => Packed.Newest(Folder);
}

public sealed class PackedJournalContract : JournalContract
{
    protected override IStore Create() => Packed.Newest(Folder);
}

public sealed class PackedSnapshotContract : SnapshotContract
{
    protected override IStore Create() => Packed.Newest(Folder);
}

public sealed class PackedRetentionContract : RetentionContract
{
    protected override IStore Create() => Packed.Newest(Folder);
}

internal static class Packed
{
    /// <summary>A store that packs by all that this build knows.</summary>
    public static PackedStore Newest(TemporaryFolder folder)
    {
        var level = new WritableLevel();
        level.Learn(FeatureLevel.Current);
        return PackedStore.Over(new SqliteStore(folder.File, TimeProvider.System), level, aside: true);
    }
}
