using Orchestrator.Silo.Journal;

namespace Orchestrator.Storage.Contract.Tests.Sqlite;

/// <summary>The contract, run against SQLite files.</summary>
public sealed class SqliteFenceContract : FenceContract
{
    protected override IStore Create() => new SqliteStore(Folder.File, TimeProvider.System);
}

public sealed class SqliteJournalContract : JournalContract
{
    protected override IStore Create() => new SqliteStore(Folder.File, TimeProvider.System);
}

public sealed class SqliteSnapshotContract : SnapshotContract
{
    protected override IStore Create() => new SqliteStore(Folder.File, TimeProvider.System);
}

public sealed class SqliteRetentionContract : RetentionContract
{
    protected override IStore Create() => new SqliteStore(Folder.File, TimeProvider.System);
}
