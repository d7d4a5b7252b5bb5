using System.Net.Http;
using System.Net.Sockets;
using Orchestrator.Protos.Rpc;

namespace Orchestrator.Client;

/// <summary>What a broken transport means, as a status.</summary>
static class RpcFault
{
    public static RpcException From(Exception fault)
    {
        for (var cause = fault; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case RpcException told:
                    return told;
                case HttpProtocolException reset:
                    return new(FromReset(reset.ErrorCode), $"the stream was reset by code {reset.ErrorCode}", fault);
                case SocketException socket:
                    return new(StatusCode.Unavailable, $"no connection: {socket.SocketErrorCode}", fault);
            }
        }

        return new(StatusCode.Unavailable, "the connection failed", fault);
    }

    // gRPC's table of HTTP/2 error codes. A cut connection comes as 0, like a clean reset.
    static StatusCode FromReset(long code) => code switch
    {
        0 or 7 => StatusCode.Unavailable,
        8 => StatusCode.Cancelled,
        11 => StatusCode.ResourceExhausted,
        12 => StatusCode.PermissionDenied,
        _ => StatusCode.Internal,
    };
}
