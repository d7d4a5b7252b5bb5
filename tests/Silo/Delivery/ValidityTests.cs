using Orchestrator.Silo.Delivery;
using Xunit;
using static Orchestrator.V1.SettlementResult.Types;

namespace Orchestrator.Silo.Tests.Delivery;

public sealed class ValidityTests : IDisposable
{
    private readonly DeliveryWorld world = new();

    public void Dispose() => world.Dispose();

    [Fact]
    public void An_action_is_not_delivered_at_the_end_of_its_validity()
    {
        world.Decide("a", "1", valid: TimeSpan.FromHours(1));
        world.Business.Advance(TimeSpan.FromHours(1));
        Assert.Empty(world.Take(world.Join()));
        Assert.Equal(0, world.Hub.OpenActions);
    }

    [Fact]
    public void An_action_is_delivered_up_to_the_end_of_its_validity()
    {
        world.Decide("a", "1", valid: TimeSpan.FromHours(1));
        world.Business.Advance(TimeSpan.FromHours(1) - TimeSpan.FromTicks(1));
        Assert.Single(world.Take(world.Join()));
    }

    [Fact]
    public void Validity_is_looked_at_again_when_writing()
    {
        var consumer = world.Join();
        world.Decide("a", "1", valid: TimeSpan.FromHours(1));
        Assert.Equal(1, world.Hub.Outstanding);

        // The wall clock jumps: no timer fires, so only the look at the moment of writing can catch it.
        world.Business.Jump(TimeSpan.FromHours(1));
        var (deliveries, revocations) = world.Hub.Take(consumer, 10);
        Assert.Empty(deliveries);
        Assert.Empty(revocations);
        Assert.Equal((0, 0), (world.Hub.Outstanding, world.Hub.OpenActions));
    }

    [Fact]
    public void A_lease_that_lapsed_unread_is_not_written_and_gives_its_credit_back_when_read_past()
    {
        var stuck = world.Join(credit: 1, lease: TimeSpan.FromSeconds(1));
        world.Decide("a", "1");
        world.Leases.Advance(TimeSpan.FromSeconds(1));
        Assert.Empty(world.Take(stuck));
        Assert.Equal(1, Assert.Single(world.Take(stuck)).Attempt);
    }

    [Fact]
    public void Nothing_overdue_is_released_after_the_clock_jumped_an_hour()
    {
        for (var i = 0; i < 100; i++)
        {
            world.Decide($"a{i}", DeliveryWorld.Name(i), valid: TimeSpan.FromMinutes(i + 1));
        }

        world.Business.Jump(TimeSpan.FromHours(1));
        Assert.Equal(40, world.Ids(world.Join(credit: 1_000)).Length);
    }

    [Fact]
    public void A_holder_is_told_when_validity_ends()
    {
        var consumer = world.Join();
        world.Decide("a", "1", valid: TimeSpan.FromHours(1));
        Assert.Single(world.Take(consumer));
        world.Business.Advance(TimeSpan.FromHours(1));
        Assert.Equal([new("1", "expired")], world.Hub.Take(consumer, 10).Revocations);
        Assert.Equal(0, world.Hub.Outstanding);
    }

    [Fact]
    public void A_holder_is_told_when_the_action_is_withdrawn_and_nobody_gets_it_again()
    {
        var consumer = world.Join();
        world.Decide("a", "1");
        Assert.Single(world.Take(consumer));
        world.Accounts.Withdraw(DeliveryWorld.Account("a"), "1", "consent withdrawn");
        Assert.Equal([new("1", "consent withdrawn")], world.Hub.Take(consumer, 10).Revocations);
        world.Leases.Advance(TimeSpan.FromMinutes(1));
        Assert.Empty(world.Take(consumer));
    }

    [Fact]
    public void An_action_withdrawn_before_it_was_read_is_neither_delivered_nor_revoked()
    {
        var consumer = world.Join();
        world.Decide("a", "1");
        world.Accounts.Withdraw(DeliveryWorld.Account("a"), "1", "goal reached");
        var (deliveries, revocations) = world.Hub.Take(consumer, 10);
        Assert.Empty(deliveries);
        Assert.Empty(revocations);
        world.Decide("a", "2");
        Assert.Equal(["2"], world.Ids(consumer));
    }

    [Fact]
    public void An_action_waits_for_its_first_instant()
    {
        var consumer = world.Join();
        world.Decide("a", "1", notBefore: TimeSpan.FromHours(9));
        world.Business.Advance(TimeSpan.FromHours(9) - TimeSpan.FromTicks(1));
        Assert.Empty(world.Take(consumer));
        world.Business.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(["1"], world.Ids(consumer));
    }

    [Fact]
    public async Task An_action_given_back_waits_for_its_delay_and_counts_the_attempt()
    {
        var consumer = world.Join();
        world.Decide("a", "1");
        Assert.Equal(Result.Settled, (await world.Retry(Assert.Single(world.Take(consumer)), TimeSpan.FromMinutes(10))).Result);
        Assert.Equal(0, world.Hub.Outstanding);
        world.Business.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromTicks(1));
        Assert.Empty(world.Take(consumer));
        world.Business.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(2, Assert.Single(world.Take(consumer)).Attempt);
        Assert.Equal(1, Assert.Single(world.Accounts.Returns).Retry.Attempt);
    }

    [Fact]
    public void An_overdue_offer_is_not_taken()
    {
        var action = world.Action("1", valid: TimeSpan.FromHours(1));
        world.Business.Advance(TimeSpan.FromHours(1));
        world.Hub.Offer(DeliveryWorld.Account("a"), action, []);
        Assert.Equal(0, world.Hub.OpenActions);
    }
}
