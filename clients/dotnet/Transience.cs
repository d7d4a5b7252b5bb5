using Orchestrator.Protos.Rpc;

namespace Orchestrator.Client;

/// <summary>Which ends of a stream are worth a new connection: those that say nothing about what was asked.</summary>
static class Transience
{
    public static bool IsTransient(RpcException failure) => failure.Code
        is StatusCode.Unavailable or StatusCode.ResourceExhausted or StatusCode.Aborted or StatusCode.Cancelled or StatusCode.DeadlineExceeded;
}
