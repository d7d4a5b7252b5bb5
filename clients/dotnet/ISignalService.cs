using Orchestrator.Protos.Rpc;
using Orchestrator.V1;

namespace Orchestrator.Client;

/// <summary>The signal service as it is on the wire; <see cref="SignalRecorder"/> is the friendlier way. Errors: <see cref="RpcException"/>, as signals.proto says.</summary>
public interface ISignalService
{
    IAsyncEnumerable<RecordResponse> Record(IAsyncEnumerable<RecordRequest> requests, CallContext call);

    Task<RecordBatchResponse> RecordBatch(RecordBatchRequest request, CallContext call);
}
