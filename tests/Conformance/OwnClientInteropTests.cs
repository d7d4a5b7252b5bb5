using System.Threading.Channels;
using Google.Protobuf;
using Grpc.Testing;
using Orchestrator.Client;
using Orchestrator.Protos.Rpc;
using Xunit;

namespace Orchestrator.Conformance;

/// <summary>gRPC's standard interoperability cases, by our own client.</summary>
public sealed class OwnClientInteropTests(Server server) : IDisposable
{
    static readonly int[] RequestSizes = [27182, 8, 1828, 45904];
    static readonly int[] ResponseSizes = [31415, 9, 2653, 58979];
    readonly RpcChannel channel = new(server.Address);

    ITestService Service => channel.Create<ITestService>(TestReflection.Descriptor.Services[0]);

    public void Dispose() => channel.Dispose();

    [Fact]
    public async Task Empty_unary() => Assert.Equal(new Empty(), await Service.EmptyCall(new(), new()));

    [Fact]
    public async Task Large_unary()
    {
        var response = await Service.UnaryCall(new() { ResponseSize = 314159, Payload = Zeros(271828) }, new());
        Assert.Equal(314159, response.Payload.Body.Length);
    }

    [Fact]
    public async Task Client_streaming()
    {
        var response = await Service.StreamingInputCall(
            Each(RequestSizes.Select(size => new StreamingInputCallRequest { Payload = Zeros(size) })), new());
        Assert.Equal(74922, response.AggregatedPayloadSize);
    }

    [Fact]
    public async Task Server_streaming()
    {
        var request = new StreamingOutputCallRequest { ResponseParameters = { ResponseSizes.Select(size => new ResponseParameters { Size = size }) } };
        Assert.Equal(ResponseSizes, await SizesOf(Service.StreamingOutputCall(request, new())));
    }

    [Fact]
    public async Task Ping_pong()
    {
        var requests = Channel.CreateUnbounded<StreamingOutputCallRequest>();
        await using var responses = Service.FullDuplexCall(requests.Reader.ReadAllAsync(), new()).GetAsyncEnumerator();
        foreach (var (request, response) in RequestSizes.Zip(ResponseSizes))
        {
            requests.Writer.TryWrite(new() { ResponseParameters = { new ResponseParameters { Size = response } }, Payload = Zeros(request) });
            Assert.True(await responses.MoveNextAsync());
            Assert.Equal(response, responses.Current.Payload.Body.Length);
        }

        requests.Writer.Complete();
        Assert.False(await responses.MoveNextAsync());
    }

    [Fact]
    public async Task Empty_stream() => Assert.Empty(await SizesOf(Service.FullDuplexCall(Each<StreamingOutputCallRequest>([]), new())));

    [Fact]
    public async Task Timeout_on_sleeping_server()
    {
        var requests = Channel.CreateUnbounded<StreamingOutputCallRequest>();
        requests.Writer.TryWrite(new() { Payload = Zeros(27182), ResponseParameters = { new ResponseParameters { Size = 1, IntervalUs = 60_000_000 } } });
        var failure = await Assert.ThrowsAsync<RpcException>(() =>
            SizesOf(Service.FullDuplexCall(requests.Reader.ReadAllAsync(), new() { Timeout = TimeSpan.FromMilliseconds(1) })));
        Assert.Equal(StatusCode.DeadlineExceeded, failure.Code);
    }

    [Fact]
    public async Task Cancel_after_begin()
    {
        using var cancel = new CancellationTokenSource();
        var requests = Channel.CreateUnbounded<StreamingInputCallRequest>();
        var call = Service.StreamingInputCall(requests.Reader.ReadAllAsync(), new() { CancellationToken = cancel.Token });
        await cancel.CancelAsync();
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => call)).Code);
    }

    [Fact]
    public async Task Cancel_after_first_response()
    {
        using var cancel = new CancellationTokenSource();
        var requests = Channel.CreateUnbounded<StreamingOutputCallRequest>();
        requests.Writer.TryWrite(new() { ResponseParameters = { new ResponseParameters { Size = 31415 } }, Payload = Zeros(27182) });
        await using var responses = Service.FullDuplexCall(requests.Reader.ReadAllAsync(), new() { CancellationToken = cancel.Token }).GetAsyncEnumerator();
        Assert.True(await responses.MoveNextAsync());
        await cancel.CancelAsync();
        var failure = await Assert.ThrowsAsync<RpcException>(async () => await responses.MoveNextAsync());
        Assert.Equal(StatusCode.Cancelled, failure.Code);
    }

    [Fact]
    public async Task Custom_metadata()
    {
        var unary = Labelled();
        await Service.UnaryCall(new() { ResponseSize = 314159, Payload = Zeros(271828) }, unary);
        Echoed(unary);

        var duplex = Labelled();
        var request = new StreamingOutputCallRequest { ResponseParameters = { new ResponseParameters { Size = 314159 } }, Payload = Zeros(271828) };
        await SizesOf(Service.FullDuplexCall(Each([request]), duplex));
        Echoed(duplex);

        static CallContext Labelled()
        {
            var call = new CallContext();
            call.RequestHeaders.Add("x-grpc-test-echo-initial", "test_initial_metadata_value");
            call.RequestHeaders.Add("x-grpc-test-echo-trailing-bin", [0xAB, 0xAB, 0xAB]);
            return call;
        }

        static void Echoed(CallContext call)
        {
            Assert.Equal("test_initial_metadata_value", call.ResponseHeaders.Get("x-grpc-test-echo-initial"));
            Assert.Equal([0xAB, 0xAB, 0xAB], Assert.Single(call.ResponseTrailers.GetBytes("x-grpc-test-echo-trailing-bin")));
        }
    }

    [Theory]
    [InlineData("test status message")]
    [InlineData("\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP \U0001F608\t\n")]
    public async Task Status_code_and_message_and_special_status_message(string message)
    {
        var status = new EchoStatus { Code = 2, Message = message };
        var unary = await Assert.ThrowsAsync<RpcException>(() => Service.UnaryCall(new() { ResponseStatus = status }, new()));
        Assert.Equal(new Status(StatusCode.Unknown, message), unary.Status);

        var duplex = await Assert.ThrowsAsync<RpcException>(() => SizesOf(Service.FullDuplexCall(Each([new StreamingOutputCallRequest { ResponseStatus = status }]), new())));
        Assert.Equal(new Status(StatusCode.Unknown, message), duplex.Status);
    }

    [Fact]
    public async Task Unimplemented_method() =>
        Assert.Equal(StatusCode.Unimplemented, (await Assert.ThrowsAsync<RpcException>(() => Service.UnimplementedCall(new(), new()))).Code);

    [Fact]
    public async Task Unimplemented_service()
    {
        var absent = channel.Create<IUnimplementedService>(TestReflection.Descriptor.Services[1]);
        Assert.Equal(StatusCode.Unimplemented, (await Assert.ThrowsAsync<RpcException>(() => absent.UnimplementedCall(new(), new()))).Code);
    }

    [Fact]
    public async Task Client_compressed_unary()
    {
        SimpleRequest Request(bool compressed) => new() { ExpectCompressed = new() { Value = compressed }, ResponseSize = 314159, Payload = Zeros(271828) };
        var probe = await Assert.ThrowsAsync<RpcException>(() => Service.UnaryCall(Request(compressed: true), new()));
        Assert.Equal(StatusCode.InvalidArgument, probe.Code);
        Assert.Equal(314159, (await Service.UnaryCall(Request(compressed: true), new() { Compress = true })).Payload.Body.Length);
        Assert.Equal(314159, (await Service.UnaryCall(Request(compressed: false), new())).Payload.Body.Length);
    }

    [Fact]
    public async Task Client_compressed_streaming()
    {
        var call = new CallContext { Compress = true };
        var response = await Service.StreamingInputCall(Requests(), call);
        Assert.Equal(73086, response.AggregatedPayloadSize);

        async IAsyncEnumerable<StreamingInputCallRequest> Requests()
        {
            await Task.CompletedTask;
            yield return new() { ExpectCompressed = new() { Value = true }, Payload = Zeros(27182) };
            call.Compress = false;
            yield return new() { ExpectCompressed = new() { Value = false }, Payload = Zeros(45904) };
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Server_compressed_unary(bool compressed)
    {
        var call = new CallContext();
        var response = await Service.UnaryCall(
            new() { ResponseCompressed = new() { Value = compressed }, ResponseSize = 314159, Payload = Zeros(271828) }, call);
        Assert.Equal((314159, compressed), (response.Payload.Body.Length, call.ReceivedCompressed));
    }

    [Fact]
    public async Task Server_compressed_streaming()
    {
        var call = new CallContext();
        var request = new StreamingOutputCallRequest
        {
            ResponseParameters =
            {
                new ResponseParameters { Size = 31415, Compressed = new() { Value = true } },
                new ResponseParameters { Size = 92653, Compressed = new() { Value = false } },
            },
        };
        var seen = new List<(int, bool)>();
        await foreach (var response in Service.StreamingOutputCall(request, call))
        {
            seen.Add((response.Payload.Body.Length, call.ReceivedCompressed));
        }

        Assert.Equal([(31415, true), (92653, false)], seen);
    }

    static Payload Zeros(int size) => new() { Body = ByteString.CopyFrom(new byte[size]) };

    static async IAsyncEnumerable<T> Each<T>(IEnumerable<T> items)
    {
        await Task.CompletedTask;
        foreach (var item in items)
        {
            yield return item;
        }
    }

    static async Task<List<int>> SizesOf(IAsyncEnumerable<StreamingOutputCallResponse> responses)
    {
        var sizes = new List<int>();
        await foreach (var response in responses)
        {
            sizes.Add(response.Payload.Body.Length);
        }

        return sizes;
    }
}
