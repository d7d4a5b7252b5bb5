using System.Threading.Channels;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.Silo.Delivery;
using Xunit;
using static Orchestrator.V1.SettlementResult.Types;

namespace Orchestrator.Silo.Tests.Delivery;

public sealed class StreamTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly DeliveryWorld world = new();

    public void Dispose() => world.Dispose();

    [Fact]
    public async Task A_stream_delivers_takes_settlements_and_answers_them()
    {
        await using var stream = new Stream(world);
        await stream.OpenAsync();
        world.Decide("a", "1");
        var delivery = Assert.Single((await stream.NextAsync()).Deliveries);
        stream.Send(new() { Settlements = { new V1.Settlement { AckId = delivery.AckId, Done = new() } }, Extensions = { new V1.LeaseExtension { AckId = "forged" } } });
        var results = new List<V1.SettlementResult>();
        while (results.Count < 2)
        {
            results.AddRange((await stream.NextAsync()).Results);
        }

        Assert.Equal(Result.Settled, results.Single(r => r.AckId == delivery.AckId).Result);
        Assert.Equal(Result.Refused, results.Single(r => r.AckId == "forged").Result);
    }

    [Fact]
    public async Task An_ack_id_is_taken_on_another_stream_and_by_a_unary_call()
    {
        world.Decide("a", "1");
        world.Decide("b", "2");
        V1.Delivery[] held;
        await using (var first = new Stream(world))
        {
            await first.OpenAsync();
            held = [.. (await first.NextAsync()).Deliveries];
        }

        await using var second = new Stream(world);
        await second.OpenAsync();
        second.Send(new() { Settlements = { new V1.Settlement { AckId = held[0].AckId, Done = new() } } });
        Assert.Equal(Result.Settled, Assert.Single((await second.NextAsync()).Results).Result);
        var calls = new ActionCalls(world.Hub, default);
        var answer = await calls.SettleAsync(DeliveryWorld.Tenant, new() { Settlements = { new V1.Settlement { AckId = held[1].AckId, Done = new() }, new V1.Settlement { AckId = held[1].AckId, Done = new() } } });
        Assert.Equal([Result.Settled, Result.AlreadySettled], answer.Results.Select(r => r.Result));
    }

    [Fact]
    public async Task A_silent_stream_says_that_it_is_there_every_15_s()
    {
        await using var stream = new Stream(world);
        await stream.OpenAsync();
        for (var i = 0; i < 3; i++)
        {
            var next = stream.NextAsync();
            world.Leases.Advance(TimeSpan.FromSeconds(15) - TimeSpan.FromTicks(1));
            Assert.False(next.IsCompleted);
            world.Leases.Advance(TimeSpan.FromTicks(1));
            Assert.True((await next).Heartbeat);
        }
    }

    [Fact]
    public async Task A_revocation_reaches_the_holder()
    {
        await using var stream = new Stream(world);
        await stream.OpenAsync();
        world.Decide("a", "1");
        Assert.Single((await stream.NextAsync()).Deliveries);
        world.Accounts.Withdraw(DeliveryWorld.Account("a"), "1", "goal reached");
        var revocation = Assert.Single((await stream.NextAsync()).Revocations);
        Assert.Equal(("1", "goal reached"), (revocation.ActionId, revocation.Reason));
    }

    [Fact]
    public async Task A_draining_silo_says_when_to_come_back_and_ends_the_stream()
    {
        await using var stream = new Stream(world);
        await stream.OpenAsync();
        var next = stream.NextAsync();
        world.Hub.Drain(TimeSpan.FromSeconds(3));
        Assert.Equal(3, (await next).Drain.ReconnectAfter.Seconds);
        Assert.False(await stream.MoveNextAsync());
    }

    [Fact]
    public async Task A_stream_that_breaks_loses_no_settlement_that_was_read()
    {
        var hold = new TaskCompletionSource<SettleAnswer?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Accounts.Before = (_, _) =>
        {
            reached.SetResult();
            return new(hold.Task);
        };
        world.Decide("a", "1");
        await using (var stream = new Stream(world))
        {
            await stream.OpenAsync();
            var delivery = Assert.Single((await stream.NextAsync()).Deliveries);
            stream.Send(new() { Settlements = { new V1.Settlement { AckId = delivery.AckId, Done = new() } } });
            await reached.Task.WaitAsync(Patience);
        }

        hold.SetResult(null);
        while (world.Accounts.Ends.IsEmpty || world.Hub.TurnsTaken > 0)
        {
            await Task.Yield();
        }

        Assert.Equal(0, world.Hub.OpenActions);
    }

    [Fact]
    public async Task A_stream_that_ends_asked_for_release_frees_its_leases()
    {
        world.Decide("a", "1");
        await using (var stream = new Stream(world))
        {
            await stream.OpenAsync(new() { Subscription = "mailer", ReleaseOnClose = true });
            Assert.Single((await stream.NextAsync()).Deliveries);
        }

        Assert.Equal(0, world.Hub.Outstanding);
    }

    [Fact]
    public async Task A_client_that_sends_no_more_may_go_on_listening()
    {
        await using var stream = new Stream(world);
        await stream.OpenAsync();
        stream.Complete();
        world.Decide("a", "1");
        Assert.Single((await stream.NextAsync()).Deliveries);
    }

    public static TheoryData<V1.SubscribeRequest, string> BadOpenings => new()
    {
        { new(), "the first message must be `open`" },
        { new() { Open = new() { Subscription = "Ä" } }, "subscription is `Ä`, expected 1 to 64 characters of a-z, 0-9, `-` and `.`" },
        { new() { Open = new() { Subscription = "s", MaxOutstanding = 10_001 } }, "max_outstanding is 10001, expected 1 to 10000, or 0 for 100" },
        { new() { Open = new() { Subscription = "s", MaxOutstanding = -1 } }, "max_outstanding is -1, expected 1 to 10000, or 0 for 100" },
        { new() { Open = new() { Subscription = "s", Lease = Duration.FromTimeSpan(TimeSpan.FromMinutes(11)) } }, "lease is 660.000000000 s, expected 1 to 600 s" },
        { new() { Open = new() { Subscription = "s", Filter = new() { Channels = { "" } } } }, "filter has a value of 0 bytes among its channels, expected 1 to 128" },
    };

    [Theory]
    [MemberData(nameof(BadOpenings))]
    public async Task A_bad_opening_is_refused_with_what_was_expected(V1.SubscribeRequest first, string why)
    {
        await using var stream = new Stream(world);
        stream.Send(first);
        var refused = await Assert.ThrowsAsync<DeliveryRefusedException>(stream.NextAsync);
        Assert.Equal((RefusalKind.Invalid, why), (refused.Kind, refused.Message));
    }

    [Fact]
    public async Task A_second_opening_is_refused()
    {
        await using var stream = new Stream(world);
        await stream.OpenAsync();
        stream.Send(new() { Open = new() { Subscription = "other" } });
        Assert.Equal(RefusalKind.Invalid, (await Assert.ThrowsAsync<DeliveryRefusedException>(stream.NextAsync)).Kind);
    }

    [Fact]
    public async Task A_pull_takes_what_is_there_and_leaves_the_lease_with_its_caller()
    {
        var calls = new ActionCalls(world.Hub, default);
        for (var i = 0; i < 10; i++)
        {
            world.Decide($"a{i}", $"{i}");
        }

        var pulled = await calls.PullAsync(DeliveryWorld.Tenant, new() { Subscription = "cron", MaxActions = 4 }, default);
        Assert.Equal(4, pulled.Deliveries.Count);
        Assert.Equal(4, world.Hub.Outstanding);
        Assert.Single((await calls.PullAsync(DeliveryWorld.Tenant, new() { Subscription = "cron" }, default)).Deliveries);
        Assert.All(await Task.WhenAll(pulled.Deliveries.Select(d => world.Done(d))), r => Assert.Equal(Result.Settled, r.Result));
    }

    [Fact]
    public async Task A_pull_waits_for_the_first_action_and_no_longer_than_asked()
    {
        var calls = new ActionCalls(world.Hub, default);
        var request = new V1.PullRequest { Subscription = "cron", Wait = Duration.FromTimeSpan(TimeSpan.FromSeconds(30)) };
        var pull = calls.PullAsync(DeliveryWorld.Tenant, request, default).AsTask();
        world.Leases.Advance(TimeSpan.FromSeconds(29));
        Assert.False(pull.IsCompleted);
        world.Decide("a", "1");
        Assert.Single((await pull.WaitAsync(Patience)).Deliveries);
        pull = calls.PullAsync(DeliveryWorld.Tenant, request, default).AsTask();
        world.Leases.Advance(TimeSpan.FromSeconds(29));
        Assert.False(pull.IsCompleted);
        world.Leases.Advance(TimeSpan.FromSeconds(1));
        Assert.Single((await pull.WaitAsync(Patience)).Deliveries, d => d.Attempt == 2);
    }

    private sealed class Stream : IAsyncDisposable
    {
        private readonly Channel<V1.SubscribeRequest> requests = Channel.CreateUnbounded<V1.SubscribeRequest>();
        private readonly CancellationTokenSource over = new();
        private readonly IAsyncEnumerator<V1.SubscribeResponse> responses;
        private readonly DeliveryWorld world;
        private Task<bool>? moving;

        public Stream(DeliveryWorld world)
        {
            this.world = world;
            responses = ActionStream.ServeAsync(world.Hub, DeliveryWorld.Tenant, requests.Reader.ReadAllAsync(), default, over.Token).GetAsyncEnumerator();
        }

        public Task OpenAsync(V1.SubscribeRequest.Types.Open? open = null)
        {
            Send(new() { Open = open ?? new() { Subscription = "mailer" } });
            moving = responses.MoveNextAsync().AsTask();

            // All of it has run by now, up to the wait for something to say: what it needed was there.
            Assert.Contains("mailer", world.Hub.SubscriptionNames);
            return Task.CompletedTask;
        }

        public void Send(V1.SubscribeRequest request) => Assert.True(requests.Writer.TryWrite(request));

        public void Complete() => requests.Writer.Complete();

        public Task<bool> MoveNextAsync()
        {
            var next = moving ?? responses.MoveNextAsync().AsTask();
            moving = null;
            return next.WaitAsync(Patience);
        }

        public async Task<V1.SubscribeResponse> NextAsync()
        {
            Assert.True(await MoveNextAsync(), "the stream ended");
            return responses.Current;
        }

        public async ValueTask DisposeAsync()
        {
            await over.CancelAsync();
            if (moving is not null)
            {
                await moving.WaitAsync(Patience);
            }

            await responses.DisposeAsync();
            over.Dispose();
        }
    }
}
