using Orchestrator.Protos.Rpc;

namespace Orchestrator.Silo.Rpc;

/// <summary>Settings of a served service.</summary>
public sealed record RpcOptions
{
    /// <summary>Largest message taken, before and after inflating; bytes.</summary>
    public int MaxReceiveMessageBytes { get; init; } = MessageReaderOptions.DefaultLimitBytes;

    /// <summary>How long a stream whose token has fired may take to end by itself at shutdown, before it is ended with UNAVAILABLE.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Tells callers the message of an unforeseen exception. For development: such messages may hold anything.</summary>
    public bool DetailedErrors { get; init; }

    /// <summary>Clock of the deadlines.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
