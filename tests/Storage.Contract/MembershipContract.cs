using Orchestrator.Silo.Engines;
using Orchestrator.Silo.Journal;
using Xunit;

namespace Orchestrator.Storage.Contract.Tests;

/// <summary>What every list of a cluster's silos must do. Whoever has one derives from this and says how to open it over a store.</summary>
public abstract class MembershipContract : IAsyncLifetime
{
    private const int Partitions = 4;

    private IStore _store = null!;
    private IMembership _membership = null!;

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>A store over this test's place, not yet opened.</summary>
    protected abstract IStore CreateStore();

    /// <summary>A membership over the same place, as another process would have it. Owned by the one who derives.</summary>
    protected abstract IMembership CreateMembership();

    /// <summary>Lets so much time pass for all leases that there are.</summary>
    protected abstract Task LetPassAsync(TimeSpan time);

    public virtual async ValueTask InitializeAsync()
    {
        _store = CreateStore();
        await _store.OpenAsync(new StoreCreation(Partitions, "contract", Level: 3), Cancel);
        _membership = CreateMembership();
    }

    public virtual async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_silo_that_enters_is_seen_with_all_that_it_said()
    {
        var view = await _membership.RenewAsync(Silo("a", zone: "north", level: 4, leaving: true), Cancel);
        Assert.Equal(new SiloRow("a", "a:7500", "north", 4, Alive: true, Leaving: true, SiloMarks.None), Assert.Single(view.Silos) with { Until = default });
        Assert.False(view.Lapsed);
        Assert.Equal((3, 1L), (view.Level, view.Incarnation));
    }

    [Fact]
    public async Task All_see_the_same_silos_and_a_tool_sees_them_without_entering()
    {
        var other = CreateMembership();
        await _membership.RenewAsync(Silo("b"), Cancel);
        var view = await other.RenewAsync(Silo("a"), Cancel);
        Assert.Equal(["a", "b"], view.Silos.Select(silo => silo.Silo));
        Assert.Equal(view.Silos, (await CreateMembership().ViewAsync(Cancel)).Silos);
    }

    [Fact]
    public async Task Partitions_are_seen_with_epoch_and_owner_whether_or_not_the_owner_is_there()
    {
        await _store.TakeOverAsync(2, 0, "gone", Cancel);
        await _store.TakeOverAsync(2, 1, "a", Cancel);
        await _store.TakeOverAsync(3, 0, "gone", Cancel);
        var view = await _membership.RenewAsync(Silo("a"), Cancel);
        Assert.Equal([new(0, 0, ""), new(1, 0, ""), new(2, 2, "a"), new(3, 1, "gone")], view.Partitions);
    }

    [Fact]
    public async Task A_silo_whose_lease_runs_out_is_seen_dead_and_is_alive_again_when_it_renews()
    {
        await _membership.RenewAsync(Silo("a", seconds: 5), Cancel);
        await _membership.RenewAsync(Silo("b", seconds: 60), Cancel);
        await LetPassAsync(TimeSpan.FromSeconds(30));
        Assert.Equal([false, true], (await _membership.ViewAsync(Cancel)).Silos.Select(silo => silo.Alive));
        var back = await _membership.RenewAsync(Silo("a", seconds: 5), Cancel);
        Assert.True(back.Lapsed, "others may have taken what it owned");
        Assert.Equal([true, true], back.Silos.Select(silo => silo.Alive));
        Assert.False((await _membership.RenewAsync(Silo("a", seconds: 5), Cancel)).Lapsed);
    }

    [Fact]
    public async Task A_silo_that_is_long_dead_is_swept_away_and_has_lapsed_if_it_comes_back()
    {
        var other = CreateMembership();
        await _membership.RenewAsync(Silo("a", seconds: 5), Cancel);
        await LetPassAsync(IMembership.DeadKept - TimeSpan.FromMinutes(1));
        Assert.Equal(["a", "b"], (await other.RenewAsync(Silo("b"), Cancel)).Silos.Select(silo => silo.Silo));
        await LetPassAsync(TimeSpan.FromMinutes(2));
        await other.RenewAsync(Silo("b"), Cancel);
        Assert.Equal(["b"], (await other.ViewAsync(Cancel)).Silos.Select(silo => silo.Silo));
        Assert.True((await _membership.RenewAsync(Silo("a", seconds: 5), Cancel)).Lapsed);
    }

    [Fact]
    public async Task A_renewal_counts_from_when_it_was_made()
    {
        await _membership.RenewAsync(Silo("a", seconds: 60), Cancel);
        await LetPassAsync(TimeSpan.FromSeconds(40));
        Assert.False((await _membership.RenewAsync(Silo("a", seconds: 60), Cancel)).Lapsed);
        await LetPassAsync(TimeSpan.FromSeconds(40));
        Assert.True(Assert.Single((await _membership.ViewAsync(Cancel)).Silos).Alive);
    }

    [Fact]
    public async Task It_is_seen_when_a_lease_ends_on_the_clock_by_which_it_is_judged()
    {
        var lease = TimeSpan.FromSeconds(60);
        var entered = await _membership.RenewAsync(Silo("a", seconds: 60), Cancel);
        var left = Assert.Single(entered.Silos).Until - entered.At;
        Assert.InRange(left, lease / 2, lease);
        await LetPassAsync(TimeSpan.FromSeconds(40));
        var later = await _membership.ViewAsync(Cancel);
        Assert.InRange(Assert.Single(later.Silos).Until - later.At, TimeSpan.Zero, left - TimeSpan.FromSeconds(40));
        await LetPassAsync(TimeSpan.FromSeconds(40));
        var dead = await _membership.ViewAsync(Cancel);
        Assert.True(Assert.Single(dead.Silos) is { Alive: false } row && row.Until < dead.At);
    }

    [Fact]
    public async Task A_silo_that_leaves_is_not_seen_any_more_and_may_enter_again()
    {
        await _membership.RenewAsync(Silo("a"), Cancel);
        await _membership.LeaveAsync("a", Cancel);
        await _membership.LeaveAsync("a", Cancel);
        Assert.Empty((await _membership.ViewAsync(Cancel)).Silos);
        Assert.False((await _membership.RenewAsync(Silo("a"), Cancel)).Lapsed);
    }

    [Fact]
    public async Task A_silo_whose_row_was_taken_away_by_others_hears_that_it_has_lapsed()
    {
        await _membership.RenewAsync(Silo("a"), Cancel);
        await CreateMembership().LeaveAsync("a", Cancel);
        Assert.True((await _membership.RenewAsync(Silo("a"), Cancel)).Lapsed);
    }

    [Fact]
    public async Task Marks_stay_through_renewals_until_they_are_set_anew()
    {
        await _membership.RenewAsync(Silo("a"), Cancel);
        Assert.True(await CreateMembership().MarkAsync("a", SiloMarks.Cordoned | SiloMarks.Draining, Cancel));
        Assert.Equal(SiloMarks.Cordoned | SiloMarks.Draining, Assert.Single((await _membership.RenewAsync(Silo("a"), Cancel)).Silos).Marks);
        Assert.True(await _membership.MarkAsync("a", SiloMarks.None, Cancel));
        Assert.Equal(SiloMarks.None, Assert.Single((await _membership.ViewAsync(Cancel)).Silos).Marks);
    }

    [Fact]
    public async Task A_silo_that_is_not_there_cannot_be_marked() => Assert.False(await _membership.MarkAsync("nobody", SiloMarks.Draining, Cancel));

    [Fact]
    public async Task A_level_that_a_living_silo_cannot_read_is_refused_and_one_that_all_can_read_is_raised()
    {
        await using var newer = CreateStore();
        await newer.OpenAsync(new StoreCreation(Partitions, "newer", Level: 5), Cancel);
        await _membership.RenewAsync(Silo("old", level: 4, seconds: 5), Cancel);
        await newer.RaiseLevelAsync(4, Cancel);
        var refused = await Assert.ThrowsAsync<StoreRefusedException>(() => newer.RaiseLevelAsync(5, Cancel));
        Assert.Contains("cannot read feature level 5", refused.Message, StringComparison.Ordinal);
        Assert.Equal(4, (await _membership.ViewAsync(Cancel)).Level);
        await LetPassAsync(TimeSpan.FromSeconds(30));
        await newer.RaiseLevelAsync(5, Cancel);
        Assert.Equal(5, (await _membership.ViewAsync(Cancel)).Level);
        await newer.RaiseLevelAsync(4, Cancel);
        Assert.Equal(5, (await _membership.ViewAsync(Cancel)).Level);
    }

    [Fact]
    public async Task A_silo_that_cannot_read_the_level_takes_no_partition_over_and_cannot_come_back()
    {
        await using var newer = CreateStore();
        await newer.OpenAsync(new StoreCreation(Partitions, "newer", Level: 4), Cancel);
        await _store.TakeOverAsync(0, 0, "old", Cancel);
        await newer.RaiseLevelAsync(4, Cancel);
        var refused = await Assert.ThrowsAsync<StoreRefusedException>(() => _store.TakeOverAsync(1, 0, "old", Cancel));
        Assert.Contains("has feature level 4, this silo reads up to 3", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, (await newer.PartitionsAsync(Cancel))[1].Epoch);
        await using var again = CreateStore();
        await Assert.ThrowsAsync<StoreRefusedException>(() => again.OpenAsync(new StoreCreation(Partitions, "old", Level: 3), Cancel));
        Assert.NotNull(await newer.TakeOverAsync(1, 0, "newer", Cancel));
    }

    private static SiloAnnouncement Silo(string name, string zone = "", int level = 3, int seconds = 60, bool leaving = false) =>
        new(name, $"{name}:7500", zone, level, TimeSpan.FromSeconds(seconds), leaving);
}
