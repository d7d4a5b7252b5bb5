using System.Collections.Concurrent;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.Client;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Rpc;
using Orchestrator.V1;
using Xunit;
using Result = Orchestrator.V1.Acknowledgement.Types.Result;

namespace Orchestrator.Conformance;

/// <summary>The recorder and the subscription against servers that misbehave on purpose, over the real wire.</summary>
public sealed class RecorderTests
{
    [Fact]
    public async Task A_flush_gives_one_verdict_for_each_signal_in_the_order_added()
    {
        await using var rig = await Rig.StartAsync((signal, _) => signal.Id.EndsWith('7') ? Verdict(signal, Result.Refused) : Verdict(signal, Result.Recorded));
        await using var recorder = rig.Client.NewRecorder();
        var ids = Enumerable.Range(0, 2_000).Select(i => $"s{i}").ToList();
        foreach (var id in ids)
        {
            await recorder.AddAsync(new() { Id = id, Account = "acme" });
        }

        var verdicts = await recorder.FlushAsync();
        Assert.Equal(ids, verdicts.Select(verdict => verdict.SignalId));
        Assert.All(verdicts, verdict => Assert.Equal(verdict.SignalId.EndsWith('7') ? Result.Refused : Result.Recorded, verdict.Result));
        Assert.Empty(await recorder.FlushAsync());
    }

    [Fact]
    public async Task An_overloaded_signal_is_sent_again_and_its_verdict_is_the_last_one()
    {
        await using var rig = await Rig.StartAsync((signal, attempt) => attempt < 3
            ? new() { SignalId = signal.Id, Result = Result.Overloaded, RetryAfter = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(5)) }
            : Verdict(signal, Result.Recorded));
        await using var recorder = rig.Client.NewRecorder();
        var verdict = await recorder.RecordAsync(new() { Id = "a" });
        Assert.Equal((Result.Recorded, 3), (verdict.Result, rig.Attempts["a"]));
    }

    [Fact]
    public async Task What_has_no_verdict_when_the_stream_breaks_is_sent_again()
    {
        await using var rig = await Rig.StartAsync((signal, attempt) => signal.Id == "b" && attempt == 1
            ? throw new RpcException(StatusCode.Unavailable, "stopping")
            : Verdict(signal, Result.Recorded));
        await using var recorder = rig.Client.NewRecorder(new() { Reconnect = new() { InitialBackoff = TimeSpan.FromMilliseconds(1) } });
        foreach (var id in new[] { "a", "b", "c" })
        {
            await recorder.AddAsync(new() { Id = id });
        }

        Assert.Equal(["a", "b", "c"], (await recorder.FlushAsync()).Select(verdict => verdict.SignalId));
        Assert.Equal(2, rig.Attempts["b"]);
    }

    [Fact]
    public async Task A_failure_that_another_attempt_would_not_mend_fails_the_flush_and_what_is_added_later()
    {
        await using var rig = await Rig.StartAsync((_, _) => throw new RpcException(StatusCode.PermissionDenied, "no"));
        await using var recorder = rig.Client.NewRecorder();
        await recorder.AddAsync(new() { Id = "a" });
        Assert.Equal(StatusCode.PermissionDenied, (await Assert.ThrowsAsync<RpcException>(() => recorder.FlushAsync())).Code);
        Assert.Equal(StatusCode.PermissionDenied, (await Assert.ThrowsAsync<RpcException>(() => recorder.RecordAsync(new() { Id = "b" }))).Code);
    }

    [Fact]
    public async Task A_flush_never_ends_while_a_verdict_is_missing_and_keeps_the_others_when_it_is_given_up()
    {
        await using var rig = await Rig.StartAsync((signal, _) => signal.Id == "mute" ? null : Verdict(signal, Result.Recorded));
        await using var recorder = rig.Client.NewRecorder();
        await recorder.AddAsync(new() { Id = "mute" });
        await recorder.RecordAsync(new() { Id = "heard" });
        using var give = new CancellationTokenSource();
        var flush = recorder.FlushAsync(give.Token);
        Assert.False(flush.IsCompleted);
        await give.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => flush);
    }

    [Fact]
    public async Task Two_signals_with_one_id_each_get_their_own_verdict()
    {
        await using var rig = await Rig.StartAsync((signal, attempt) => Verdict(signal, attempt == 1 ? Result.Recorded : Result.Duplicate));
        await using var recorder = rig.Client.NewRecorder();
        await recorder.AddAsync(new() { Id = "a", Account = "one" });
        await recorder.AddAsync(new() { Id = "a", Account = "two" });
        Assert.Equal([Result.Recorded, Result.Duplicate], (await recorder.FlushAsync()).Select(verdict => verdict.Result));
    }

    [Fact]
    public async Task An_idempotent_call_is_tried_again_when_the_server_is_unavailable_and_another_is_not()
    {
        await using var rig = await Rig.StartAsync((signal, attempt) => attempt == 1 ? throw new RpcException(StatusCode.Unavailable, "later") : Verdict(signal, Result.Recorded));
        var response = await rig.Client.Signals.RecordBatch(new() { Signals = { new Signal { Id = "a" } } }, new());
        Assert.Equal(Result.Recorded, Assert.Single(response.Acknowledgements).Result);

        var raw = rig.Client.Channel.Create<ISignalService>(SignalsReflection.Descriptor.Services[0]);
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => raw.RecordBatch(new() { Signals = { new Signal { Id = "b" } } }, new()))).Code);
    }

    [Fact]
    public async Task A_subscription_goes_on_across_a_drain_and_a_broken_stream_and_settles_on_any_connection()
    {
        var server = new Actions();
        await using var app = await Host.StartAsync(0, map: app => app.MapRpc(ActionsReflection.Descriptor.Services[0], server));
        using var client = new OrchestratorClient(Host.AddressOf(app));
        var subscription = client.Subscribe(new() { Subscription = "crm", Reconnect = new() { InitialBackoff = TimeSpan.FromMilliseconds(1) } });
        var taken = new List<string>();
        await foreach (var delivery in subscription)
        {
            taken.Add(delivery.AckId);
            var result = await subscription.DoneAsync(delivery, "delivered");
            Assert.Equal(SettlementResult.Types.Result.Settled, result.Result);
            if (taken.Count == 3)
            {
                break;
            }
        }

        Assert.Equal(["ack-1", "ack-2", "ack-3"], taken);
        Assert.Equal(["ack-1", "ack-2", "ack-3"], server.Settled);
    }

    [Fact]
    public async Task A_refused_subscription_ends_with_the_reason()
    {
        await using var app = await Host.StartAsync(0, map: app => app.MapRpc(ActionsReflection.Descriptor.Services[0], new Actions()));
        using var client = new OrchestratorClient(Host.AddressOf(app));
        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            await foreach (var _ in client.Subscribe(new() { Subscription = "" }))
            {
            }
        });
        Assert.Equal(StatusCode.InvalidArgument, failure.Code);
    }

    static Acknowledgement Verdict(Signal signal, Result result) => new() { SignalId = signal.Id, Result = result };

    /// <summary>A server that answers each signal as told; null says nothing.</summary>
    sealed class Rig(Func<Signal, int, Acknowledgement?> answer) : IAsyncDisposable
    {
        Microsoft.AspNetCore.Builder.WebApplication? app;

        public ConcurrentDictionary<string, int> Attempts { get; } = new();

        public OrchestratorClient Client => field ??= new(Host.AddressOf(app!));

        public static async Task<Rig> StartAsync(Func<Signal, int, Acknowledgement?> answer)
        {
            var rig = new Rig(answer);
            rig.app = await Host.StartAsync(0, map: app => app.MapRpc(SignalsReflection.Descriptor.Services[0], rig));
            return rig;
        }

        public async IAsyncEnumerable<RecordResponse> Record(MessageReader<RecordRequest> requests, CallContext call)
        {
            while (await requests.WaitToReadAsync())
            {
                var response = new RecordResponse();
                while (requests.TryRead(out var request))
                {
                    if (Answer(request.Signal) is { } verdict)
                    {
                        response.Acknowledgements.Add(verdict);
                    }
                }

                yield return response;
            }
        }

        public Task<RecordBatchResponse> RecordBatch(RecordBatchRequest request, CallContext call) =>
            Task.FromResult(new RecordBatchResponse { Acknowledgements = { request.Signals.Select(Answer) } });

        public async ValueTask DisposeAsync()
        {
            Client.Dispose();
            await app!.DisposeAsync();
        }

        Acknowledgement? Answer(Signal signal) => answer(signal, Attempts.AddOrUpdate(signal.Id, 1, static (_, before) => before + 1));
    }

    /// <summary>One action for each connection; the first drains it, the second breaks it.</summary>
    sealed class Actions
    {
        int connections;

        public ConcurrentQueue<string> Settled { get; } = new();

        public async IAsyncEnumerable<SubscribeResponse> Subscribe(IAsyncEnumerable<SubscribeRequest> requests, CallContext call)
        {
            await foreach (var request in requests)
            {
                if (request.Open.Subscription.Length == 0)
                {
                    throw new RpcException(StatusCode.InvalidArgument, "expected a subscription of 1 to 64 characters, found none");
                }

                var number = Interlocked.Increment(ref connections);
                yield return new() { Deliveries = { new Delivery { AckId = $"ack-{number}" } } };
                if (number == 1)
                {
                    yield return new() { Drain = new() { ReconnectAfter = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(1)) } };
                }
                else if (number == 2)
                {
                    throw new RpcException(StatusCode.Unavailable, "stopping");
                }
            }
        }

        public Task<SettleResponse> Settle(SettleRequest request, CallContext call)
        {
            foreach (var settlement in request.Settlements)
            {
                Settled.Enqueue(settlement.AckId);
            }

            return Task.FromResult(new SettleResponse
            {
                Results = { request.Settlements.Select(one => new SettlementResult { AckId = one.AckId, Result = SettlementResult.Types.Result.Settled }) },
            });
        }

        public Task<ExtendResponse> Extend(ExtendRequest request, CallContext call) => throw new NotImplementedException();

        public Task<PullResponse> Pull(PullRequest request, CallContext call) => throw new NotImplementedException();

        public Task<DecideResponse> Decide(DecideRequest request, CallContext call) => throw new NotImplementedException();
    }
}
