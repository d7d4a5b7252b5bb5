using System.Diagnostics.Metrics;
using System.Threading.Channels;
using Grpc.Health.V1;
using Grpc.Testing;
using Orchestrator.Client;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Rpc;
using Xunit;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Orchestrator.Conformance;

/// <summary>How calls end: by deadline, client, fault and shutdown, with handlers that cooperate and handlers that do not.</summary>
public sealed class CallLifeTests
{
    static readonly Google.Protobuf.Reflection.ServiceDescriptor Descriptor = TestReflection.Descriptor.Services[0];

    [Fact]
    public async Task A_deadline_ends_a_stream_whose_handler_ignores_it_and_the_handler_can_read_no_more()
    {
        var handler = new Stubborn();
        var clock = new ManualClock();
        await using var app = await Host.StartAsync(0, map: app => app.MapRpc(Descriptor, handler, new() { Clock = clock }, "test.Stubborn"));
        using var channel = new RpcChannel(Host.AddressOf(app));
        var requests = Channel.CreateUnbounded<StreamingOutputCallRequest>();
        requests.Writer.TryWrite(new());

        // The header alone, without a timer at the client: the end is the server's doing.
        var call = new CallContext();
        call.RequestHeaders.AddAsTravels("grpc-timeout", "10S");
        await using var responses = channel.Duplex(
            "/test.Stubborn/FullDuplexCall", requests.Reader.ReadAllAsync(), StreamingOutputCallResponse.Parser, call).GetAsyncEnumerator();
        Assert.True(await responses.MoveNextAsync());
        clock.Advance(TimeSpan.FromSeconds(10));
        var failure = await Assert.ThrowsAsync<RpcException>(async () => await responses.MoveNextAsync());
        Assert.Equal(StatusCode.DeadlineExceeded, failure.Code);
        await handler.Ended.Task.WaitAsync(TimeSpan.FromSeconds(20));

        handler.GoOn.SetResult();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => handler.Read.Task.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task A_deadline_ends_a_unary_call_whose_handler_ignores_it()
    {
        var handler = new Stubborn();
        await using var app = await Host.StartAsync(0, map: app => app.MapRpc(Descriptor, handler, name: "test.Stubborn"));
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = Host.AddressOf(app) };
        using var content = new ByteArrayContent([0, 0, 0, 0, 0]);
        content.Headers.ContentType = new("application/grpc");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/test.Stubborn/EmptyCall") { Version = new(2, 0), VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = content };
        request.Headers.Add("grpc-timeout", "50m");

        // Asked without a client-side timer: the answer is the server's own.
        using var response = await http.SendAsync(request);
        Assert.Equal("4", Assert.Single(response.Headers.GetValues("grpc-status")));
        handler.GoOn.SetResult();
    }

    [Fact]
    public async Task Leaving_the_loop_early_cancels_the_handler()
    {
        var handler = new Stubborn();
        await using var app = await Host.StartAsync(0, map: app => app.MapRpc(Descriptor, handler, name: "test.Stubborn"));
        using var channel = new RpcChannel(Host.AddressOf(app));
        await foreach (var response in channel.Download("/test.Stubborn/StreamingOutputCall", new StreamingOutputCallRequest(), StreamingOutputCallResponse.Parser, new()))
        {
            break;
        }

        await handler.Ended.Task.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task At_shutdown_streams_end_with_UNAVAILABLE_and_health_watchers_hear_NOT_SERVING_first()
    {
        var app = await Host.StartAsync(0);
        using var channel = new RpcChannel(Host.AddressOf(app));
        var requests = Channel.CreateUnbounded<StreamingOutputCallRequest>();
        requests.Writer.TryWrite(new() { ResponseParameters = { new ResponseParameters { Size = 1 } } });
        await using var responses = channel.Create<ITestService>(Descriptor).FullDuplexCall(requests.Reader.ReadAllAsync(), new()).GetAsyncEnumerator();
        Assert.True(await responses.MoveNextAsync());
        await using var health = channel.Download("/grpc.health.v1.Health/Watch", new HealthCheckRequest(), HealthCheckResponse.Parser, new()).GetAsyncEnumerator();
        Assert.True(await health.MoveNextAsync());
        Assert.Equal(ServingStatus.Serving, health.Current.Status);

        var stop = app.StopAsync();
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(async () => await responses.MoveNextAsync())).Code);
        Assert.True(await health.MoveNextAsync());
        Assert.Equal(ServingStatus.NotServing, health.Current.Status);
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(async () => await health.MoveNextAsync())).Code);
        await stop;
        await app.DisposeAsync();
    }

    [Fact]
    public async Task Health_tells_each_change_to_its_watchers()
    {
        RpcHealth? health = null;
        await using var app = await Host.StartAsync(0, map: app => health = app.MapRpcHealth("test.Health"));
        using var channel = new RpcChannel(Host.AddressOf(app));
        await using var watch = channel.Download("/test.Health/Watch", new HealthCheckRequest { Service = "x" }, HealthCheckResponse.Parser, new()).GetAsyncEnumerator();
        foreach (var (set, expected) in new (bool?, ServingStatus)[] { (null, ServingStatus.ServiceUnknown), (true, ServingStatus.Serving), (false, ServingStatus.NotServing) })
        {
            if (set is { } serving)
            {
                health!.Set("x", serving);
            }

            Assert.True(await watch.MoveNextAsync());
            Assert.Equal(expected, watch.Current.Status);
        }
    }

    [Fact]
    public async Task A_handler_that_lacks_methods_or_has_them_mis_shaped_fails_start_up_with_the_signatures_expected()
    {
        var failure = await Assert.ThrowsAsync<ArgumentException>(() => Host.StartAsync(0, map: app => app.MapRpc(Descriptor, new Misshaped(), name: "test.Misshaped")));
        Assert.Contains("expected `public Task<SimpleResponse> UnaryCall(SimpleRequest request, CallContext call)`, found no method of that name", failure.Message, StringComparison.Ordinal);
        Assert.Contains("expected `public Task<Empty> EmptyCall(Empty request, CallContext call)`, found `", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("StreamingOutputCall(", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unforeseen_exception_is_UNKNOWN_and_tells_the_caller_nothing()
    {
        await using var app = await Host.StartAsync(0, map: app => app.MapRpc(Descriptor, new Stubborn(), name: "test.Stubborn"));
        using var channel = new RpcChannel(Host.AddressOf(app));
        var failure = await Assert.ThrowsAsync<RpcException>(() =>
            channel.UnaryAsync("/test.Stubborn/UnaryCall", new SimpleRequest(), SimpleResponse.Parser, new()));
        Assert.Equal(StatusCode.Unknown, failure.Code);
        Assert.DoesNotContain("secret", failure.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_callers_own_source_throws_comes_out_as_it_is()
    {
        await using var app = await Host.StartAsync(0);
        using var channel = new RpcChannel(Host.AddressOf(app));
        await Assert.ThrowsAsync<NotSupportedException>(() => channel.Create<ITestService>(Descriptor).StreamingInputCall(Broken(), new()));

        static async IAsyncEnumerable<StreamingInputCallRequest> Broken()
        {
            yield return new();
            await Task.Yield();
            throw new NotSupportedException();
        }
    }

    [Fact]
    public async Task A_call_that_ends_early_leaves_the_connection_usable()
    {
        await using var app = await Host.StartAsync(0);
        using var channel = new RpcChannel(Host.AddressOf(app));
        var service = channel.Create<ITestService>(Descriptor);
        var requests = Channel.CreateUnbounded<StreamingOutputCallRequest>();
        requests.Writer.TryWrite(new() { ResponseStatus = new() { Code = 5, Message = "gone" } });
        await using var responses = service.FullDuplexCall(requests.Reader.ReadAllAsync(), new()).GetAsyncEnumerator();
        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(async () => await responses.MoveNextAsync())).Code);
        await service.EmptyCall(new(), new());
    }

    [Fact]
    public async Task Calls_cut_at_any_moment_mix_no_streams_and_leave_the_connection_usable()
    {
        const int seed = 20261122;
        await using var app = await Host.StartAsync(0);
        using var channel = new RpcChannel(Host.AddressOf(app));
        var service = channel.Create<ITestService>(Descriptor);
        var whole = 0;
        await Parallel.ForAsync(0, 1_000, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (number, _) => await CallAsync(number));
        Assert.True(whole > 0);
        await service.EmptyCall(new(), new());

        // Each call asks for sizes of its own, so that a frame of another one would show.
        async Task CallAsync(int number)
        {
            using var cut = new CancellationTokenSource();
            var requests = Channel.CreateUnbounded<StreamingOutputCallRequest>();
            var cutAfter = new Random(seed + number).Next(6);
            try
            {
                requests.Writer.TryWrite(new() { ResponseParameters = { new ResponseParameters { Size = number } } });
                var seen = 0;
                await foreach (var response in service.FullDuplexCall(requests.Reader.ReadAllAsync(), new() { CancellationToken = cut.Token }))
                {
                    Assert.True(response.Payload.Body.Length == number + seen, $"seed {seed}, call {number}: expected {number + seen} bytes, found {response.Payload.Body.Length}");
                    seen++;
                    requests.Writer.TryWrite(new() { ResponseParameters = { new ResponseParameters { Size = number + seen } } });
                    if (seen == cutAfter)
                    {
                        await cut.CancelAsync();
                    }

                    if (seen == 5)
                    {
                        Interlocked.Increment(ref whole);
                        break;
                    }
                }
            }
            catch (RpcException failure)
            {
                Assert.True(failure.Code == StatusCode.Cancelled, $"seed {seed}, call {number}: {failure.Status}");
            }
        }
    }

    [Fact]
    public async Task No_server_is_UNAVAILABLE()
    {
        using var channel = new RpcChannel(new Uri("http://127.0.0.1:1"));
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => channel.Create<ITestService>(Descriptor).EmptyCall(new(), new()))).Code);
    }

    [Fact]
    public async Task A_served_call_is_measured_by_the_conventions_names()
    {
        var seen = new TaskCompletionSource<Dictionary<string, object?>>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name == "rpc.server.call.duration")
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) =>
        {
            var named = tags.ToArray().ToDictionary(tag => tag.Key, tag => tag.Value);
            if (named["rpc.method"] is "test.Measured/EmptyCall")
            {
                seen.TrySetResult(named);
            }
        });
        listener.Start();
        await using var app = await Host.StartAsync(0, map: app => app.MapRpc(Descriptor, new TestService(), name: "test.Measured"));
        using var channel = new RpcChannel(Host.AddressOf(app));
        await channel.UnaryAsync("/test.Measured/EmptyCall", new Empty(), Empty.Parser, new());
        var tags = await seen.Task.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(("grpc", "OK"), (tags["rpc.system.name"], tags["rpc.status_code"]));
    }

    /// <summary>Does what handlers should not do.</summary>
    sealed class Stubborn
    {
        public TaskCompletionSource GoOn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource<bool> Read { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async Task<Empty> EmptyCall(Empty request, CallContext call)
        {
            await GoOn.Task;
            return request;
        }

        public Task<SimpleResponse> UnaryCall(SimpleRequest request, CallContext call) => throw new FormatException("a secret");

        public Task<SimpleResponse> CacheableUnaryCall(SimpleRequest request, CallContext call) => throw new NotImplementedException();

        public async IAsyncEnumerable<StreamingOutputCallResponse> StreamingOutputCall(StreamingOutputCallRequest request, CallContext call)
        {
            using var registration = call.CancellationToken.Register(() => Ended.TrySetResult());
            yield return new();
            await Ended.Task;
        }

        public Task<StreamingInputCallResponse> StreamingInputCall(MessageReader<StreamingInputCallRequest> requests, CallContext call) => throw new NotImplementedException();

        public async IAsyncEnumerable<StreamingOutputCallResponse> FullDuplexCall(MessageReader<StreamingOutputCallRequest> requests, CallContext call)
        {
            using var registration = call.CancellationToken.Register(() => Ended.TrySetResult());
            await requests.WaitToReadAsync();
            requests.TryRead(out _);
            yield return new();
            await GoOn.Task;
            try
            {
                Read.TrySetResult(await requests.WaitToReadAsync());
            }
            catch (OperationCanceledException over)
            {
                Read.TrySetException(over);
            }
        }

        public IAsyncEnumerable<StreamingOutputCallResponse> HalfDuplexCall(IAsyncEnumerable<StreamingOutputCallRequest> requests, CallContext call) => throw new NotImplementedException();

        public Task<Empty> UnimplementedCall(Empty request, CallContext call) => throw new NotImplementedException();
    }

    sealed class Misshaped
    {
        public Empty EmptyCall(Empty request, CallContext call) => request;

        public IAsyncEnumerable<StreamingOutputCallResponse> StreamingOutputCall(StreamingOutputCallRequest request, CallContext call) => throw new NotImplementedException();
    }
}
