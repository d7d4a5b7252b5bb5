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

    [Fact]
    public async Task A_silo_of_another_engine_is_refused_as_long_as_one_is_alive_whose_marks_stay_beside_its_engine()
    {
        var membership = CreateMembership();
        var view = await membership.RenewAsync(Silo("a", SiloEngine.Orleans), Cancel);
        Assert.Equal(SiloEngine.Orleans, Assert.Single(view.Silos).Engine);
        Assert.True(await membership.MarkAsync("a", SiloMarks.Cordoned, Cancel));
        view = await membership.RenewAsync(Silo("a", SiloEngine.Orleans), Cancel);
        Assert.Equal((SiloEngine.Orleans, SiloMarks.Cordoned), (view.Silos[0].Engine, view.Silos[0].Marks));

        var refused = await Assert.ThrowsAsync<StoreRefusedException>(() => CreateMembership().RenewAsync(Silo("b", SiloEngine.Postgres), Cancel));
        Assert.Equal("this silo has the engine `postgres`, but `a` of the engine `orleans` is alive on this store: stop those first, or start this one with their engine", refused.Message);
        Assert.Equal("a", Assert.Single((await membership.ViewAsync(Cancel)).Silos).Silo);

        // Its lease over, the other has the store, and whoever comes back is refused.
        await LetPassAsync(TimeSpan.FromSeconds(100));
        await CreateMembership().RenewAsync(Silo("b", SiloEngine.Postgres), Cancel);
        await Assert.ThrowsAsync<StoreRefusedException>(() => membership.RenewAsync(Silo("a", SiloEngine.Orleans), Cancel));
        await CreateMembership().RenewAsync(Silo("c", SiloEngine.Postgres), Cancel);
        Assert.Equal([("a", false), ("b", true), ("c", true)], (await membership.ViewAsync(Cancel)).Silos.Select(s => (s.Silo, s.Alive)));
    }

    [Fact]
    public async Task Of_silos_of_two_engines_that_enter_at_the_same_moment_those_of_one_are_refused()
    {
        for (var round = 0; round < 20; round++)
        {
            var entering = Enumerable.Range(0, 6).Select(n => (Engine: (SiloEngine)(n % 2), Membership: CreateMembership(), Name: $"{round}-{n}")).ToArray();
            var entered = await Task.WhenAll(entering.Select(e => Task.Run(async () =>
            {
                try
                {
                    await e.Membership.RenewAsync(Silo(e.Name, e.Engine), Cancel);
                    return true;
                }
                catch (StoreRefusedException)
                {
                    return false;
                }
            })));
            Assert.Single(entering.Zip(entered).Where(e => e.Second).Select(e => e.First.Engine).Distinct());
            Assert.Equal(3, entered.Count(e => e));
            await LetPassAsync(TimeSpan.FromSeconds(100));
        }
    }

    private static SiloAnnouncement Silo(string name, SiloEngine engine) => new(name, $"{name}:1", "", 3, TimeSpan.FromSeconds(90), Leaving: false, engine);
}
