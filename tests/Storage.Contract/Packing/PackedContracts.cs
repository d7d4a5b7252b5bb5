using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Journal.Packing;
using Orchestrator.Storage.Contract.Tests.Sqlite;

namespace Orchestrator.Storage.Contract.Tests.Packing;

/// <summary>The contract of every store, met by one that packs.</summary>
public sealed class PackedFenceContract : FenceContract
{
    private readonly TemporaryFolder _folder = new();

    protected override IStore Create() => Newest(_folder);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }

    internal static PackedStore Newest(TemporaryFolder folder)
    {
        var level = new WritableLevel();
        level.Learn(FeatureLevel.Current);
        return PackedStore.Over(new SqliteStore(folder.File, TimeProvider.System), level, aside: true);
    }
}

public sealed class PackedJournalContract : JournalContract
{
    private readonly TemporaryFolder _folder = new();

    protected override IStore Create() => PackedFenceContract.Newest(_folder);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }
}

public sealed class PackedSnapshotContract : SnapshotContract
{
    private readonly TemporaryFolder _folder = new();

    protected override IStore Create() => PackedFenceContract.Newest(_folder);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }
}

public sealed class PackedRetentionContract : RetentionContract
{
    private readonly TemporaryFolder _folder = new();

    protected override IStore Create() => PackedFenceContract.Newest(_folder);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }
}
