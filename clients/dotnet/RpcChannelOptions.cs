using Orchestrator.Protos.Rpc;

namespace Orchestrator.Client;

/// <summary>Settings of a channel.</summary>
public sealed record RpcChannelOptions
{
    /// <summary>Largest message taken, before and after inflating; bytes.</summary>
    public int MaxReceiveMessageBytes { get; init; } = MessageReaderOptions.DefaultLimitBytes;

    /// <summary>How long to try to connect.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Deadline of calls that bring none, from their start; null for none. Streams never get it.</summary>
    public TimeSpan? DefaultTimeout { get; init; }

    /// <summary>Metadata sent with every call, for example authorization.</summary>
    public Metadata Metadata { get; init; } = new();

    /// <summary>How calls marked <see cref="CallContext.Idempotent"/> are tried again.</summary>
    public RetryPolicy Retry { get; init; } = new();

    /// <summary>Null makes a handler that fits gRPC; one passed in stays the caller's to dispose.</summary>
    public HttpMessageHandler? Handler { get; init; }
}
