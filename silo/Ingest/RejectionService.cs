using Google.Protobuf.WellKnownTypes;
using Orchestrator.Protos.Rpc;
using Orchestrator.V1;

namespace Orchestrator.Silo.Ingest;

/// <summary>Shows refused signals over gRPC.</summary>
public sealed class RejectionService(RejectedSignals rejected)
{
    private const int DefaultLimit = 10;

    public Task<ListRejectedResponse> ListRejected(ListRejectedRequest request, CallContext call)
    {
        if (request.Limit is < 0 or > RejectedSignals.MostOfType)
        {
            throw new RpcException(StatusCode.InvalidArgument, $"`limit` must be 1 to {RejectedSignals.MostOfType}, or 0 for {DefaultLimit}; it is {request.Limit}");
        }

        var limit = request.Limit == 0 ? DefaultLimit : request.Limit;
        var response = new ListRejectedResponse { Since = Timestamp.FromDateTimeOffset(rejected.Since) };
        foreach (var (type, count, latest) in rejected.Look().Where(t => request.Type.Length == 0 || t.Type == request.Type))
        {
            response.Types_.Add(new RejectedType
            {
                Type = type,
                Count = count,
                LastAt = Timestamp.FromDateTimeOffset(latest[0].At),
                Latest = { latest.Take(limit).Select(r => new RejectedSignal { At = Timestamp.FromDateTimeOffset(r.At), Reason = r.Reason, Signal = r.Signal }) },
            });
        }

        return Task.FromResult(response);
    }
}
