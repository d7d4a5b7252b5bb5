using Orchestrator.Silo.Delivery;
using Xunit;

namespace Orchestrator.Silo.Tests.Delivery;

public sealed class OrderTests : IDisposable
{
    private readonly DeliveryWorld world = new();

    public void Dispose() => world.Dispose();

    [Fact]
    public async Task Actions_of_one_account_come_one_at_a_time_in_the_order_decided()
    {
        var consumers = new[] { world.Join(), world.Join() };
        foreach (var i in Enumerable.Range(0, 20))
        {
            world.Decide("a", DeliveryWorld.Name(i));
        }

        for (var i = 0; i < 20; i++)
        {
            var delivery = Assert.Single(consumers.SelectMany(c => world.Take(c)));
            Assert.Equal(DeliveryWorld.Name(i), delivery.Action.Id);
            await world.Done(delivery);
        }
    }

    [Fact]
    public void Accounts_do_not_wait_for_each_other()
    {
        var consumer = world.Join();
        world.Decide("a", "1");
        world.Decide("a", "2");
        world.Decide("b", "3");
        Assert.Equal(["1", "3"], world.Ids(consumer));
    }

    [Fact]
    public async Task An_action_given_back_holds_back_what_was_decided_after_it()
    {
        var consumer = world.Join();
        world.Decide("a", "1");
        world.Decide("a", "2");
        await world.Retry(Assert.Single(world.Take(consumer)), TimeSpan.FromMinutes(1));
        Assert.Empty(world.Take(consumer));
        world.Business.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(["1"], world.Ids(consumer));
    }

    [Fact]
    public async Task A_transactional_action_is_held_back_by_a_live_lease_only()
    {
        var consumer = world.Join();
        world.Decide("a", "1", notBefore: TimeSpan.FromHours(8));
        world.Decide("a", "2");
        world.Decide("a", "outage", transactional: true);
        var delivery = Assert.Single(world.Take(consumer));
        Assert.Equal("outage", delivery.Action.Id);
        await world.Done(delivery);
        Assert.Empty(world.Take(consumer));
    }

    [Fact]
    public void Subscriptions_with_other_filters_do_not_wait_for_each_other()
    {
        var mail = world.Join("mailer", DeliveryWorld.Channels("email"));
        var sales = world.Join("sales", new DeliveryFilter([], ["sales"], []));
        world.Decide("a", "1", "email");
        world.Decide("a", "2", "task", "sales");
        Assert.Equal(["1"], world.Ids(mail));
        Assert.Equal(["2"], world.Ids(sales));
    }

    [Fact]
    public async Task An_action_withdrawn_lets_the_next_one_go()
    {
        var consumer = world.Join();
        world.Decide("a", "1");
        world.Decide("a", "2");
        var first = Assert.Single(world.Take(consumer));
        world.Accounts.Withdraw(DeliveryWorld.Account("a"), "1", "goal reached");
        Assert.Equal(["2"], world.Ids(consumer));
        Assert.Equal(V1.SettlementResult.Types.Result.AlreadySettled, (await world.Done(first)).Result);
    }

    [Fact]
    public void An_action_that_expires_while_it_waits_lets_the_next_one_go()
    {
        var consumer = world.Join();
        world.Decide("a", "1", notBefore: TimeSpan.FromHours(8), valid: TimeSpan.FromHours(1));
        world.Decide("a", "2");
        Assert.Empty(world.Take(consumer));
        world.Business.Advance(TimeSpan.FromHours(1));
        Assert.Equal(["2"], world.Ids(consumer));
    }

    [Fact]
    public void Offered_in_another_order_they_still_come_in_the_order_decided()
    {
        var first = world.Action("1");
        var second = world.Action("2");
        world.Hub.Offer(DeliveryWorld.Account("a"), second, []);
        world.Hub.Offer(DeliveryWorld.Account("a"), first, []);
        Assert.Equal(["1"], world.Ids(world.Join()));
    }
}
