namespace Orchestrator.Protos.Rpc;

/// <summary>A call that did not end well: thrown by a handler to end it so, and by a client when it ended so.</summary>
/// <param name="status">Never <see cref="StatusCode.OK"/>.</param>
/// <param name="trailers">Metadata that travels with the status; null for none.</param>
/// <param name="cause">What led to it on this machine; it does not travel.</param>
#pragma warning disable CA1032 // Without a status there is nothing to say: the usual constructors would invent one.
public sealed class RpcException(Status status, Metadata? trailers = null, Exception? cause = null) : Exception(status.ToString(), cause)
#pragma warning restore CA1032
{
    public RpcException(StatusCode code, string detail, Exception? cause = null)
        : this(new Status(code, detail), null, cause)
    {
    }

    public Status Status { get; } = status;

    public StatusCode Code => Status.Code;

    /// <summary>Metadata that came, or goes, with the status. Never null; may be empty.</summary>
    public Metadata Trailers { get; } = trailers ?? new Metadata();
}
