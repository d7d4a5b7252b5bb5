namespace Orchestrator.Protos.Rpc;

/// <summary>What a <see cref="MessageReader{T}"/> must know of its call.</summary>
/// <param name="LimitBytes">Largest message, before and after inflating.</param>
/// <param name="Compressed">Whether messages may be gzip, by <c>grpc-encoding</c>.</param>
/// <param name="Fault">What a broken transport means at this end.</param>
public sealed record MessageReaderOptions(int LimitBytes, bool Compressed, Func<IOException, Exception> Fault)
{
    /// <summary>4 MiB, as gRPC's own libraries have it.</summary>
    public const int DefaultLimitBytes = 4 * 1024 * 1024;
}
