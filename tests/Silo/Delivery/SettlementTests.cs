using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Accounts;
using Orchestrator.Silo.Delivery;
using Xunit;
using static Orchestrator.V1.SettlementResult.Types;

namespace Orchestrator.Silo.Tests.Delivery;

public sealed class SettlementTests : IDisposable
{
    private readonly DeliveryWorld world = new();

    public void Dispose() => world.Dispose();

    [Fact]
    public async Task A_settlement_after_the_lease_counts_if_nobody_else_settled()
    {
        var consumer = world.Join();
        var delivery = One(consumer);
        world.Leases.Advance(Limits.DefaultLease);
        Assert.Equal(Result.SettledLate, (await world.Done(delivery)).Result);
        Assert.Empty(world.Take(consumer));
        Assert.Equal(0, world.Hub.OpenActions);
    }

    [Fact]
    public async Task A_late_settlement_counts_and_takes_the_action_from_its_new_holder()
    {
        var slow = world.Join();
        var delivery = One(slow);
        var other = world.Join();
        world.Leases.Advance(Limits.DefaultLease);
        var again = Assert.Single(world.Take(other));
        Assert.Equal(Result.SettledLate, (await world.Done(delivery)).Result);
        Assert.Equal("1", Assert.Single(world.Hub.Take(other, 10).Revocations).ActionId);
        Assert.Equal(Result.AlreadySettled, (await world.Done(again)).Result);
        Assert.Single(world.Accounts.Ends);
    }

    [Fact]
    public async Task Giving_back_late_takes_nothing_from_the_new_holder()
    {
        var slow = world.Join();
        var delivery = One(slow);
        var other = world.Join();
        world.Leases.Advance(Limits.DefaultLease);
        var again = Assert.Single(world.Take(other));
        Assert.Equal(Result.LeaseLost, (await world.Retry(delivery)).Result);
        Assert.Equal(Result.Settled, (await world.Done(again)).Result);
    }

    [Fact]
    public async Task After_a_nack_the_same_id_settles_and_extends_nothing()
    {
        var delivery = One(world.Join());
        Assert.Equal(Result.Settled, (await world.Retry(delivery, TimeSpan.FromHours(1))).Result);
        Assert.Equal(Result.AlreadySettled, (await world.Done(delivery)).Result);
        Assert.Equal(Result.AlreadySettled, (await world.Retry(delivery)).Result);
        Assert.Equal(Result.AlreadySettled, (await world.Extend(delivery, TimeSpan.FromMinutes(1))).Result);
        Assert.Empty(world.Accounts.Ends);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_a_nack_and_an_ack_that_race_the_first_counts(bool nackFirst)
    {
        var delivery = One(world.Join());
        var hold = new TaskCompletionSource<SettleAnswer?>();
        world.Accounts.Before = (_, _) => new(hold.Task);
        var first = nackFirst ? world.Retry(delivery) : world.Done(delivery);
        var second = nackFirst ? world.Done(delivery) : world.Retry(delivery);
        var extension = world.Extend(delivery, TimeSpan.FromMinutes(1));
        Assert.False(first.IsCompleted || second.IsCompleted || extension.IsCompleted);
        hold.SetResult(null);
        Assert.Equal(Result.Settled, (await first).Result);
        Assert.Equal(Result.AlreadySettled, (await second).Result);
        Assert.Equal(nackFirst ? Result.AlreadySettled : Result.LeaseLost, (await extension).Result);
        Assert.Equal(nackFirst ? (0, 1) : (1, 0), (world.Accounts.Ends.Count, world.Accounts.Returns.Count));
    }

    [Fact]
    public async Task While_a_settlement_is_on_its_way_a_lapse_gives_the_action_to_nobody()
    {
        var consumer = world.Join();
        var delivery = One(consumer);
        var hold = new TaskCompletionSource<SettleAnswer?>();
        world.Accounts.Before = (_, _) => new(hold.Task);
        var done = world.Done(delivery);
        world.Leases.Advance(TimeSpan.FromMinutes(5));
        Assert.Empty(world.Take(consumer));
        hold.SetResult(null);
        Assert.Equal(Result.Settled, (await done).Result);
        Assert.Empty(world.Take(consumer));
    }

    [Fact]
    public async Task A_settlement_that_was_not_taken_may_be_sent_again_and_the_action_is_not_lost()
    {
        var consumer = world.Join();
        var delivery = One(consumer);
        world.Accounts.Before = (_, _) => new(new SettleAnswer.Overloaded(TimeSpan.FromMilliseconds(250)));
        var refused = await world.Done(delivery);
        Assert.Equal((Result.Unavailable, "overloaded; send it again in 250 ms"), (refused.Result, refused.Reason));
        world.Accounts.Before = (_, _) => new(new SettleAnswer.Unavailable("partition 7 moves"));
        Assert.Equal("partition 7 moves", (await world.Done(delivery)).Reason);
        Assert.Equal(1, world.Hub.Outstanding);
        world.Accounts.Before = null;
        world.Leases.Advance(Limits.DefaultLease);
        Assert.Equal(2, Assert.Single(world.Take(consumer)).Attempt);
        Assert.Equal(Result.SettledLate, (await world.Done(delivery)).Result);
    }

    [Fact]
    public async Task A_settlement_that_was_taken_though_nobody_heard_so_stays_settled()
    {
        var consumer = world.Join();
        var delivery = One(consumer);
        world.Accounts.After = (_, _) => new(new SettleAnswer.Unavailable("no answer in 5 s"));
        Assert.Equal(Result.Unavailable, (await world.Done(delivery)).Result);
        world.Accounts.After = null;
        Assert.Equal(Result.AlreadySettled, (await world.Done(delivery)).Result);
        Assert.Equal((0, 0), (world.Hub.Outstanding, world.Hub.OpenActions));
    }

    [Fact]
    public async Task A_nack_that_was_taken_though_nobody_heard_so_ends_the_lease()
    {
        var consumer = world.Join();
        var delivery = One(consumer);
        world.Accounts.After = (_, _) => new(new SettleAnswer.Unavailable("no answer in 5 s"));
        Assert.Equal(Result.Unavailable, (await world.Retry(delivery, TimeSpan.FromMinutes(1))).Result);
        world.Accounts.After = null;
        Assert.Equal(Result.AlreadySettled, (await world.Done(delivery)).Result);
        world.Business.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(2, Assert.Single(world.Take(consumer)).Attempt);
    }

    [Fact]
    public async Task An_account_that_throws_leaves_the_action_deliverable()
    {
        var consumer = world.Join();
        var delivery = One(consumer);
        world.Accounts.Before = (_, _) => throw new TimeoutException("the store is away");
        await Assert.ThrowsAsync<TimeoutException>(() => world.Done(delivery));
        world.Accounts.Before = null;
        Assert.Equal(Result.Settled, (await world.Done(delivery)).Result);
    }

    [Fact]
    public async Task An_action_withdrawn_while_its_settlement_is_refused_is_revoked()
    {
        var consumer = world.Join();
        var delivery = One(consumer);
        var hold = new TaskCompletionSource<SettleAnswer?>();
        world.Accounts.Before = (_, _) => new(hold.Task);
        var done = world.Done(delivery);
        world.Accounts.Withdraw(DeliveryWorld.Account("a"), "1", "goal reached");
        hold.SetResult(new SettleAnswer.Unavailable("moving"));
        Assert.Equal(Result.Unavailable, (await done).Result);
        Assert.Equal([new("1", "goal reached")], world.Hub.Take(consumer, 10).Revocations);
        Assert.Equal(0, world.Hub.OpenActions);
    }

    [Fact]
    public async Task After_a_restart_an_old_ack_id_settles_but_prolongs_nobody_elses_lease()
    {
        var delivery = One(world.Join());
        world.Restart();
        var again = Assert.Single(world.Take(world.Join()));
        Assert.Equal("1", again.Action.Id);
        Assert.NotEqual(delivery.AckId, again.AckId);
        Assert.Equal(Result.LeaseLost, (await world.Extend(delivery, TimeSpan.FromMinutes(1))).Result);
        Assert.Equal(Result.SettledLate, (await world.Done(delivery)).Result);
        Assert.Equal(Result.AlreadySettled, (await world.Done(again)).Result);
    }

    [Fact]
    public async Task An_ack_id_settles_before_its_action_was_offered_again()
    {
        var delivery = One(world.Join());
        world.Hub.Forget(_ => true);
        Assert.Equal((0, 0), (world.Hub.OpenActions, world.Hub.Outstanding));
        Assert.Equal(Result.SettledLate, (await world.Done(delivery)).Result);
    }

    [Fact]
    public async Task A_restart_forgets_no_journaled_return()
    {
        var delivery = One(world.Join());
        await world.Retry(delivery);
        world.Restart();
        Assert.Equal(Result.AlreadySettled, (await world.Done(delivery)).Result);
        Assert.Equal(2, Assert.Single(world.Take(world.Join())).Attempt);
    }

    [Fact]
    public async Task An_action_that_the_account_does_not_know_is_gone()
    {
        var ack = new AckIds(DeliveryWorld.Key).Write(new(DeliveryWorld.Account("a"), "x-1", 1, 1));
        var result = await world.Hub.SettleAsync(DeliveryWorld.Tenant, new() { AckId = ack, Done = new() }, default);
        Assert.Equal(Result.LeaseLost, result.Result);
        Assert.Contains("`x-1`", result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_verdict_reaches_the_account_as_it_was_sent()
    {
        var consumer = world.Join();
        for (var i = 1; i <= 3; i++)
        {
            world.Decide($"a{i}", $"{i}");
        }

        var acks = world.Take(consumer).Select(d => d.AckId).ToArray();
        await world.Hub.SettleAsync(DeliveryWorld.Tenant, new() { AckId = acks[0], Done = new() { Note = "n" } }, default);
        await world.Hub.SettleAsync(DeliveryWorld.Tenant, new() { AckId = acks[1], Reject = new() { Reason = "no such mailbox" } }, default);
        await world.Hub.SettleAsync(DeliveryWorld.Tenant, new() { AckId = acks[2], Declined = new() { Reason = "not now", Snooze = Duration.FromTimeSpan(TimeSpan.FromDays(30)) } }, default);
        Assert.Equal(
            [("1", new Settlement.Done("done", "n")), ("2", new Settlement.Reject("no such mailbox")), ("3", (Settlement)new Settlement.Declined("not now", TimeSpan.FromDays(30)))],
            world.Accounts.Ends);
    }

    public static TheoryData<V1.Settlement, string> BadSettlements => new()
    {
        { new(), "settlement has no verdict; expected one of done, retry, reject, declined" },
        { new() { Done = new() { Outcome = new string('x', 65) } }, "outcome has 65 bytes, at most 64 are taken" },
        { new() { Done = new() { Outcome = new string('é', 33) } }, "outcome has 66 bytes, at most 64 are taken" },
        { new() { Retry = new() { Delay = new() { Seconds = -1 } } }, "delay is -1.000000000 s, expected 0 to 86400 s" },
        { new() { Retry = new() { Delay = new() { Seconds = 86_400, Nanos = 100 } } }, "delay is 86400.000000100 s, expected 0 to 86400 s" },
        { new() { Retry = new() { Delay = new() { Seconds = long.MaxValue, Nanos = int.MinValue } } }, "delay is 9223372036854775807.2147483648 s, expected 0 to 86400 s" },
        { new() { Reject = new() { Reason = new string('x', 1_025) } }, "reason has 1025 bytes, at most 1024 are taken" },
        { new() { Declined = new() { Snooze = new() { Seconds = -5 } } }, "snooze is -5.000000000 s, expected 0 to 31622400 s" },
    };

    [Theory]
    [MemberData(nameof(BadSettlements))]
    public async Task A_settlement_out_of_bounds_is_refused_and_the_lease_goes_on(V1.Settlement bad, string why)
    {
        var delivery = One(world.Join());
        bad = bad.Clone();
        bad.AckId = delivery.AckId;
        var refused = await world.Hub.SettleAsync(DeliveryWorld.Tenant, bad, default);
        Assert.Equal((Result.Refused, why, delivery.AckId), (refused.Result, refused.Reason, refused.AckId));
        Assert.Equal(1, world.Hub.Outstanding);
    }

    [Theory]
    [InlineData(0, 999_999_999)]
    [InlineData(600, 1_000)]
    [InlineData(-1, 0)]
    public async Task An_extension_out_of_bounds_is_refused(long seconds, int nanos)
    {
        var delivery = One(world.Join());
        var refused = await world.Hub.ExtendAsync(DeliveryWorld.Tenant, new() { AckId = delivery.AckId, Lease = new() { Seconds = seconds, Nanos = nanos } }, default);
        Assert.Equal(Result.Refused, refused.Result);
        Assert.EndsWith("expected 1 to 600 s", refused.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_decision_leases_its_action_and_asked_again_shows_the_same()
    {
        var consumer = world.Join();
        var action = world.Action("1", "web", asked: true);
        var first = world.Hub.LeaseNow(DeliveryWorld.Account("a"), action, [], TimeSpan.FromSeconds(30))!;
        world.Hub.Offer(DeliveryWorld.Account("a"), action, []);
        world.Leases.Advance(TimeSpan.FromSeconds(20));
        var second = world.Hub.LeaseNow(DeliveryWorld.Account("a"), action, [], TimeSpan.FromSeconds(30))!;
        Assert.Equal((first.AckId, 1, first.LeaseUntil.ToDateTimeOffset().AddSeconds(20)), (second.AckId, second.Attempt, second.LeaseUntil.ToDateTimeOffset()));
        Assert.Equal(1, world.Hub.Outstanding);
        world.Leases.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(0, world.Hub.Outstanding);
        Assert.Empty(world.Take(consumer));
        Assert.Equal(2, world.Hub.LeaseNow(DeliveryWorld.Account("a"), action, [], TimeSpan.FromSeconds(30))!.Attempt);
    }

    [Fact]
    public void A_decision_does_not_take_an_action_from_a_subscriber()
    {
        var action = world.Decide("a", "1");
        Assert.Single(world.Take(world.Join()));
        Assert.Null(world.Hub.LeaseNow(DeliveryWorld.Account("a"), action, [], TimeSpan.FromSeconds(30)));
    }

    private V1.Delivery One(Consumer consumer)
    {
        world.Decide("a", "1");
        return Assert.Single(world.Take(consumer));
    }
}
