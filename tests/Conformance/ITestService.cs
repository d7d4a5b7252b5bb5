using Grpc.Testing;
using Orchestrator.Protos.Rpc;

namespace Orchestrator.Conformance;

public interface ITestService
{
    Task<Empty> EmptyCall(Empty request, CallContext call);

    Task<SimpleResponse> UnaryCall(SimpleRequest request, CallContext call);

    IAsyncEnumerable<StreamingOutputCallResponse> StreamingOutputCall(StreamingOutputCallRequest request, CallContext call);

    Task<StreamingInputCallResponse> StreamingInputCall(IAsyncEnumerable<StreamingInputCallRequest> requests, CallContext call);

    IAsyncEnumerable<StreamingOutputCallResponse> FullDuplexCall(IAsyncEnumerable<StreamingOutputCallRequest> requests, CallContext call);

    Task<Empty> UnimplementedCall(Empty request, CallContext call);
}

public interface IUnimplementedService
{
    Task<Empty> UnimplementedCall(Empty request, CallContext call);
}
