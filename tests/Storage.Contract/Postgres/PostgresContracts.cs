using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Journal.Postgres;

namespace Orchestrator.Storage.Contract.Tests.Postgres;

/// <summary>The contract, run against a PostgreSQL server; each test has a schema of its own.</summary>
public sealed class PostgresFenceContract(PostgresServer server) : FenceContract
{
    private readonly string _place = server.NewPlace();

    protected override IStore Create() => new PostgresStore(_place);
}

public sealed class PostgresJournalContract(PostgresServer server) : JournalContract
{
    private readonly string _place = server.NewPlace();

    protected override IStore Create() => new PostgresStore(_place);
}

public sealed class PostgresSnapshotContract(PostgresServer server) : SnapshotContract
{
    private readonly string _place = server.NewPlace();

    protected override IStore Create() => new PostgresStore(_place);
}

public sealed class PostgresRetentionContract(PostgresServer server) : RetentionContract
{
    private readonly string _place = server.NewPlace();

    protected override IStore Create() => new PostgresStore(_place);
}
