using Orchestrator.Silo.Journal;

namespace Orchestrator.Storage.Contract.Tests.Sqlite;

/// <summary>The contract, run against SQLite files.</summary>
public sealed class SqliteFenceContract : FenceContract
{
    private readonly TemporaryFolder _folder = new();

    protected override IStore Create() => new SqliteStore(_folder.File, TimeProvider.System);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }
}

public sealed class SqliteJournalContract : JournalContract
{
    private readonly TemporaryFolder _folder = new();

    protected override IStore Create() => new SqliteStore(_folder.File, TimeProvider.System);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }
}

public sealed class SqliteSnapshotContract : SnapshotContract
{
    private readonly TemporaryFolder _folder = new();

    protected override IStore Create() => new SqliteStore(_folder.File, TimeProvider.System);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }
}

public sealed class SqliteRetentionContract : RetentionContract
{
    private readonly TemporaryFolder _folder = new();

    protected override IStore Create() => new SqliteStore(_folder.File, TimeProvider.System);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }
}
