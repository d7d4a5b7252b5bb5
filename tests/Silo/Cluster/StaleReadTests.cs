using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Engines.Cluster;
using Orchestrator.Silo.Partitions;

namespace Orchestrator.Silo.Tests.Cluster;

public sealed class StaleReadTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(5);

    [Theory]
    [InlineData(2_500, false)]
    [InlineData(0, true)]
    public async Task Memory_is_not_read_any_more_when_the_lease_may_soon_be_over(int margin, bool answers)
    {
        await using var world = await ClusterWorld.BeginAsync(settings: s => s with { ReadMargin = TimeSpan.FromMilliseconds(margin) });
        var a = world.Members[0];
        var key = GrainKey.Account(ClusterWorld.Tenant, ClusterWorld.AccountOf(a));
        await world.InTimeAsync(a.Silo.ReadAsync([key], CancellationToken.None));

        // It does not reach the database; its lease is not over.
        world.Membership.Cut[a.Name] = true;
        await world.PassAsync(TimeSpan.FromSeconds(3));
        Assert.Equal(answers, a.Runs(ClusterWorld.PartitionOf(key.Affinity)));
        var read = a.Silo.ReadAsync([key], CancellationToken.None);
        if (answers)
        {
            await world.InTimeAsync(read);
        }
        else
        {
            await Assert.ThrowsAsync<PartitionUnavailableException>(() => world.InTimeAsync(read));
        }

        world.Membership.Cut.TryRemove(a.Name, out _);
        await world.UntilAsync(() => world.AllRun(world.Members));
    }

    [Fact]
    public async Task A_read_that_began_before_a_doubt_is_not_answered_after_it()
    {
        await using var world = await ClusterWorld.BeginAsync();
        var a = world.Members[0];
        var gate = new TaskCompletionSource();
        a.Store.ReadGate = gate.Task;
        var read = a.Silo.ReadAsync([GrainKey.Account(ClusterWorld.Tenant, ClusterWorld.AccountOf(a))], CancellationToken.None);
        world.Membership.Cut[a.Name] = true;
        await world.UntilAsync(() => a.Running.Length == 0);
        gate.SetResult();
        var gone = await Assert.ThrowsAsync<PartitionUnavailableException>(() => world.InTimeAsync(read));
        Assert.Contains("not sure any more", gone.Message, StringComparison.Ordinal);
        world.Membership.Cut.TryRemove(a.Name, out _);
        await world.UntilAsync(() => world.AllRun(world.Members));
    }

    [Fact]
    public void A_renewal_does_not_bring_back_trust_in_what_was_taken_before_a_doubt()
    {
        var clock = new FakeTimeProvider(World.Start);
        var watch = new StallWatch(clock, Lease, TimeSpan.FromSeconds(1), 0.6);
        Assert.False(watch.Trusts(watch.Doubts));
        watch.Renewed(clock.GetTimestamp());
        var before = watch.Doubts;
        Assert.True(watch.Trusts(before));
        clock.Advance(Lease - TimeSpan.FromSeconds(1) - TimeSpan.FromMilliseconds(1));
        Assert.True(watch.Trusts(before));
        Assert.False(watch.LeaseIsOver);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(watch.Trusts(before));
        Assert.True(watch.LeaseIsOver);
        watch.Doubt();
        watch.Renewed(clock.GetTimestamp());
        Assert.False(watch.Trusts(before));
        Assert.True(watch.Trusts(watch.Doubts));
    }

    [Fact]
    public void Trust_counts_from_when_the_renewal_was_sent_and_not_from_its_answer()
    {
        var clock = new FakeTimeProvider(World.Start);
        var watch = new StallWatch(clock, Lease, TimeSpan.FromSeconds(1), 0.6);
        var sent = clock.GetTimestamp();
        clock.Advance(TimeSpan.FromSeconds(2));
        watch.Renewed(sent);
        clock.Advance(TimeSpan.FromMilliseconds(1999));
        Assert.True(watch.Trusts(0));
        clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(watch.Trusts(0));
    }
}
