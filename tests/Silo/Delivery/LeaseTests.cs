using Orchestrator.Silo.Delivery;
using Xunit;
using static Orchestrator.V1.SettlementResult.Types;

namespace Orchestrator.Silo.Tests.Delivery;

public sealed class LeaseTests : IDisposable
{
    private readonly DeliveryWorld world = new();

    public void Dispose() => world.Dispose();

    [Fact]
    public async Task An_action_is_delivered_once_and_is_over_when_it_is_done()
    {
        var consumer = world.Join();
        world.Decide("a", "1");
        var delivery = Assert.Single(world.Take(consumer));
        Assert.Equal((1, "a", "1"), (delivery.Attempt, delivery.OrderingKey, delivery.Action.Id));
        Assert.Equal(DeliveryWorld.Start + Limits.DefaultLease, delivery.LeaseUntil.ToDateTimeOffset());
        Assert.Equal(Result.Settled, (await world.Done(delivery)).Result);
        Assert.Equal(Result.AlreadySettled, (await world.Done(delivery)).Result);
        world.Leases.Advance(TimeSpan.FromMinutes(5));
        Assert.Empty(world.Take(consumer));
        Assert.Equal((0, 0), (world.Hub.OpenActions, world.Hub.Outstanding));
    }

    [Fact]
    public void An_action_that_nobody_takes_waits_for_a_subscriber()
    {
        world.Decide("a", "1", channel: "web");
        var mail = world.Join("mailer", DeliveryWorld.Channels("email"));
        Assert.Empty(world.Take(mail));
        Assert.Equal(["1"], world.Ids(world.Join("site", DeliveryWorld.Channels("web"))));
    }

    [Fact]
    public void A_lease_lapses_at_its_end_and_not_a_tick_before()
    {
        var first = world.Join(lease: TimeSpan.FromSeconds(10), credit: 1);
        world.Decide("a", "1");
        Assert.Equal(1, Assert.Single(world.Take(first)).Attempt);
        var second = world.Join();
        world.Leases.Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromTicks(1));
        Assert.Empty(world.Take(second));
        world.Leases.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(2, Assert.Single(world.Take(second)).Attempt);
        Assert.Empty(world.Take(first));
    }

    [Fact]
    public void A_silo_that_may_have_lost_an_account_hands_nothing_of_it_out_until_it_is_sure_again()
    {
        var sure = false;
        world.Hub.Owns = account => sure || account != DeliveryWorld.Account("a");
        var consumer = world.Join(lease: TimeSpan.FromSeconds(10));
        world.Decide("a", "1");
        world.Decide("b", "2");
        Assert.Equal(["2"], world.Ids(consumer));
        Assert.Empty(world.Take(consumer));
        sure = true;
        world.Hub.RingUnread();
        Assert.Equal(1, Assert.Single(world.Take(consumer)).Attempt);
    }

    [Fact]
    public void What_was_kept_from_a_consumer_counts_no_more_once_its_account_is_forgotten()
    {
        world.Hub.Owns = account => account != DeliveryWorld.Account("a");
        var consumer = world.Join(credit: 1);
        world.Decide("a", "1");
        Assert.Empty(world.Take(consumer));
        world.Decide("b", "2");
        Assert.Empty(world.Take(consumer));
        world.Hub.Forget(account => account == DeliveryWorld.Account("a"));
        Assert.Empty(world.Take(consumer));
        Assert.Equal(["2"], world.Ids(consumer));
        world.Hub.CheckInvariants();
    }

    [Fact]
    public void An_action_that_lapsed_goes_to_another_consumer_if_there_is_one()
    {
        var lazy = world.Join();
        world.Decide("a", "1");
        Assert.Single(world.Take(lazy));
        var others = Enumerable.Range(0, 3).Select(_ => world.Join()).ToList();
        for (var round = 0; round < 4; round++)
        {
            world.Leases.Advance(Limits.DefaultLease);
            var lazyHas = world.Take(lazy).Count;
            Assert.Equal(1, lazyHas + others.Sum(o => world.Take(o).Count));
            Assert.True(round > 0 || lazyHas == 0, "the one that let it lapse got it again");
        }
    }

    [Fact]
    public void The_only_consumer_gets_back_what_it_let_lapse()
    {
        var only = world.Join();
        world.Decide("a", "1");
        for (var attempt = 1; attempt <= 5; attempt++)
        {
            Assert.Equal(attempt, Assert.Single(world.Take(only)).Attempt);
            world.Leases.Advance(Limits.DefaultLease);
        }
    }

    [Fact]
    public void A_subscriber_that_dies_loses_nothing()
    {
        var dies = world.Join(credit: 1_000);
        for (var i = 0; i < 500; i++)
        {
            world.Decide($"a{i}", DeliveryWorld.Name(i));
        }

        Assert.Equal(500, world.Take(dies).Count);
        world.Hub.Leave(dies);
        var heir = world.Join(credit: 1_000);
        Assert.Empty(world.Take(heir));
        world.Leases.Advance(Limits.DefaultLease);
        Assert.Equal(500, world.Take(heir).Select(d => d.Action.Id).Distinct().Count());
    }

    [Fact]
    public void What_was_never_read_is_free_at_once_and_was_no_attempt()
    {
        var dies = world.Join();
        world.Decide("a", "1");
        world.Hub.Leave(dies);
        Assert.Equal(1, Assert.Single(world.Take(world.Join())).Attempt);
    }

    [Fact]
    public void Release_on_close_frees_leases_at_once()
    {
        var dies = world.Join(release: true);
        world.Decide("a", "1");
        Assert.Single(world.Take(dies));
        world.Hub.Leave(dies);
        Assert.Equal(2, Assert.Single(world.Take(world.Join())).Attempt);
    }

    [Fact]
    public async Task Credit_is_never_exceeded_and_comes_back_with_each_settlement()
    {
        var consumer = world.Join(credit: 3);
        for (var i = 0; i < 10; i++)
        {
            world.Decide($"a{i}", DeliveryWorld.Name(i));
        }

        var held = world.Take(consumer);
        Assert.Equal(3, held.Count);
        Assert.Equal(3, world.Hub.Outstanding);
        Assert.Empty(world.Take(consumer));
        await world.Done(held[0]);
        Assert.Single(world.Take(consumer));
        Assert.Empty(world.Take(consumer));
    }

    [Fact]
    public void A_consumer_that_does_not_read_is_given_its_credit_once()
    {
        var stuck = world.Join(credit: 5, lease: TimeSpan.FromSeconds(1));
        for (var i = 0; i < 50; i++)
        {
            world.Decide($"a{i}", DeliveryWorld.Name(i));
        }

        for (var i = 0; i < 100; i++)
        {
            world.Leases.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(0, world.Hub.Outstanding);
        Assert.Equal(50, world.Ids(world.Join(credit: 100)).Length);
        Assert.Empty(world.Take(stuck));
    }

    [Fact]
    public async Task An_extension_counts_from_now_and_keeps_the_action()
    {
        var consumer = world.Join(lease: TimeSpan.FromSeconds(10));
        world.Decide("a", "1");
        var delivery = Assert.Single(world.Take(consumer));
        world.Leases.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(Result.Extended, (await world.Extend(delivery, TimeSpan.FromSeconds(30))).Result);
        world.Leases.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(1, world.Hub.Outstanding);
        Assert.Empty(world.Take(consumer));
        Assert.Equal(Result.Extended, (await world.Extend(delivery, TimeSpan.FromSeconds(1))).Result);
        world.Leases.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(2, Assert.Single(world.Take(consumer)).Attempt);
        Assert.Equal(Result.LeaseLost, (await world.Extend(delivery, TimeSpan.FromSeconds(30))).Result);
    }

    [Fact]
    public void The_wall_clock_of_leases_may_jump_an_hour_and_no_lease_moves()
    {
        var consumer = world.Join();
        world.Decide("a", "1");
        Assert.Single(world.Take(consumer));
        world.Leases.Jump(TimeSpan.FromHours(1));
        world.Leases.Advance(Limits.DefaultLease - TimeSpan.FromTicks(1));
        Assert.Empty(world.Take(consumer));
        world.Leases.Jump(TimeSpan.FromHours(-2));
        world.Leases.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(2, Assert.Single(world.Take(consumer)).Attempt);
    }

    [Fact]
    public void A_fast_business_clock_shortens_no_lease()
    {
        var consumer = world.Join();
        world.Decide("a", "1", valid: TimeSpan.FromDays(400));
        Assert.Single(world.Take(consumer));
        world.Business.Advance(TimeSpan.FromDays(300));
        Assert.Equal(1, world.Hub.Outstanding);
    }

    [Fact]
    public void Ten_thousand_consumers_and_offers_of_one_action_in_parallel_give_one_lease()
    {
        var action = world.Action("1");
        var seen = 0;
        Parallel.For(0, 10_000, i =>
        {
            world.Hub.Offer(DeliveryWorld.Account("a"), action, []);
            var consumer = world.Join(i % 3 == 0 ? "x" : "y", i % 3 == 0 ? DeliveryFilter.All : DeliveryWorld.Channels("email"));
            Interlocked.Add(ref seen, world.Take(consumer).Count);
            if (i % 2 == 0)
            {
                world.Hub.Leave(consumer);
            }
        });
        Assert.Equal((1, 1), (seen, world.Hub.Outstanding));
    }
}
