using Orchestrator.Silo.Engines;
using Orchestrator.Silo.Engines.Postgres;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Journal.Postgres;
using Xunit;

namespace Orchestrator.Storage.Contract.Tests.Postgres;

/// <summary>The contract of memberships, run against a PostgreSQL server.</summary>
public sealed class PostgresMembershipContract(PostgresServer server) : MembershipContract
{
    private readonly string _place = server.NewPlace();
    private readonly List<PostgresMembership> _opened = [];

    protected override IStore CreateStore() => new PostgresStore(_place);

    protected override IMembership CreateMembership()
    {
        _opened.Add(new PostgresMembership(_place));
        return _opened[^1];
    }

    // Nobody waits: the leases are moved back instead of the clock forward.
    protected override async Task LetPassAsync(TimeSpan time) =>
        await PostgresServer.AskAsync(_place, FormattableString.Invariant($"UPDATE silo SET lease_until = lease_until - interval '{time.TotalSeconds} seconds'"));

    public override async ValueTask DisposeAsync()
    {
        foreach (var membership in _opened)
        {
            await membership.DisposeAsync();
        }
        await base.DisposeAsync();
    }

    [Fact]
    public async Task Leases_are_counted_by_the_servers_clock()
    {
        var membership = (PostgresMembership)CreateMembership();
        var view = await membership.RenewAsync(new SiloAnnouncement("a", "a:1", "", 1, TimeSpan.FromSeconds(90), Leaving: false), Cancel);
        var rest = (DateTime)(await PostgresServer.AskAsync(_place, "SELECT lease_until FROM silo"))! - view.At.UtcDateTime;
        Assert.InRange(rest, TimeSpan.FromSeconds(80), TimeSpan.FromSeconds(90));
    }
}
