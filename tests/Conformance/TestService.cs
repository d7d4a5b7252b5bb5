using Google.Protobuf;
using Grpc.Testing;
using Orchestrator.Protos.Rpc;

namespace Orchestrator.Conformance;

/// <summary>The server of gRPC's interoperability tests, as its description asks; one method says that it is not implemented.</summary>
public sealed class TestService
{
    const string EchoedHeader = "x-grpc-test-echo-initial";
    const string EchoedTrailer = "x-grpc-test-echo-trailing-bin";

    public Task<Empty> EmptyCall(Empty request, CallContext call)
    {
        Echo(call);
        return Task.FromResult(new Empty());
    }

    public Task<SimpleResponse> UnaryCall(SimpleRequest request, CallContext call)
    {
        Echo(call);
        Expect(request.ExpectCompressed, call);
        End(request.ResponseStatus);
        call.Compress = request.ResponseCompressed?.Value ?? false;
        return Task.FromResult(new SimpleResponse { Payload = Zeros(request.ResponseSize) });
    }

    public Task<SimpleResponse> CacheableUnaryCall(SimpleRequest request, CallContext call) => UnaryCall(request, call);

    public async IAsyncEnumerable<StreamingOutputCallResponse> StreamingOutputCall(StreamingOutputCallRequest request, CallContext call)
    {
        Echo(call);
        await foreach (var response in Answer(request, call))
        {
            yield return response;
        }
    }

    public async Task<StreamingInputCallResponse> StreamingInputCall(IAsyncEnumerable<StreamingInputCallRequest> requests, CallContext call)
    {
        Echo(call);
        var size = 0;
        await foreach (var request in requests)
        {
            Expect(request.ExpectCompressed, call);
            size += request.Payload?.Body.Length ?? 0;
        }

        return new() { AggregatedPayloadSize = size };
    }

    public async IAsyncEnumerable<StreamingOutputCallResponse> FullDuplexCall(IAsyncEnumerable<StreamingOutputCallRequest> requests, CallContext call)
    {
        Echo(call);
        await foreach (var request in requests)
        {
            await foreach (var response in Answer(request, call))
            {
                yield return response;
            }
        }
    }

    public async IAsyncEnumerable<StreamingOutputCallResponse> HalfDuplexCall(IAsyncEnumerable<StreamingOutputCallRequest> requests, CallContext call)
    {
        var all = new List<StreamingOutputCallRequest>();
        await foreach (var request in requests)
        {
            all.Add(request);
        }

        foreach (var request in all)
        {
            await foreach (var response in Answer(request, call))
            {
                yield return response;
            }
        }
    }

    public Task<Empty> UnimplementedCall(Empty request, CallContext call) => throw new NotImplementedException();

    static async IAsyncEnumerable<StreamingOutputCallResponse> Answer(StreamingOutputCallRequest request, CallContext call)
    {
        End(request.ResponseStatus);
        foreach (var wanted in request.ResponseParameters)
        {
            if (wanted.IntervalUs > 0)
            {
                await Task.Delay(TimeSpan.FromMicroseconds(wanted.IntervalUs), call.CancellationToken);
            }

            call.Compress = wanted.Compressed?.Value ?? false;
            yield return new() { Payload = Zeros(wanted.Size) };
        }
    }

    static Payload Zeros(int size) => new() { Body = ByteString.CopyFrom(new byte[size]) };

    static void End(EchoStatus? status)
    {
        if (status is { Code: not 0 })
        {
            throw new RpcException((StatusCode)status.Code, status.Message);
        }
    }

    static void Expect(BoolValue? compressed, CallContext call)
    {
        if (compressed is not null && compressed.Value != call.ReceivedCompressed)
        {
            throw new RpcException(StatusCode.InvalidArgument, $"expected compressed `{compressed.Value}`, found `{call.ReceivedCompressed}`");
        }
    }

    static void Echo(CallContext call)
    {
        if (call.RequestHeaders.Get(EchoedHeader) is { } header)
        {
            call.ResponseHeaders.Add(EchoedHeader, header);
        }

        foreach (var trailer in call.RequestHeaders.GetBytes(EchoedTrailer))
        {
            call.ResponseTrailers.Add(EchoedTrailer, trailer);
        }
    }
}
