using System.Security.Claims;

namespace Orchestrator.Protos.Rpc;

/// <summary>All that belongs to one call besides its messages. The same type at both ends, so that one C# interface can be served and called.</summary>
/// <remarks>
/// A client makes a new one for each call, sets what it wants to send and may read the response's headers and trailers afterwards.
/// A server gets one with each call; it may set response headers until its first message and trailers until its end.
/// Not thread-safe: it belongs to whoever runs the call.
/// </remarks>
public class CallContext
{
    Metadata? requestHeaders;
    Metadata? responseHeaders;
    Metadata? responseTrailers;

    /// <summary><c>/package.Service/Method</c>; empty at a client before the call.</summary>
    public string Method { get; set; } = "";

    /// <summary>The other end, for example <c>ipv4:10.0.0.7:51234</c>; empty when it is not known.</summary>
    public virtual string Peer => "";

    /// <summary>Who calls, as the server's authentication found; a client's is nobody.</summary>
    public virtual ClaimsPrincipal User => new();

    /// <summary>Metadata from client to server.</summary>
    public Metadata RequestHeaders => requestHeaders ??= LoadRequestHeaders();

    /// <summary>Metadata from server to client, ahead of the first message.</summary>
    public Metadata ResponseHeaders => responseHeaders ??= new();

    /// <summary>Metadata from server to client, with the status.</summary>
    public Metadata ResponseTrailers => responseTrailers ??= new();

    /// <summary>The instant after which the call has failed with DEADLINE_EXCEEDED; null for none.</summary>
    public DateTimeOffset? Deadline { get; set; }

    /// <summary>Sets <see cref="Deadline"/> to so much from now.</summary>
    public TimeSpan Timeout
    {
        init => Deadline = DateTimeOffset.UtcNow + (value < TimeoutCoding.Longest ? value : TimeoutCoding.Longest);
    }

    /// <summary>At a server: fires when the call ends before its handler does. At a client: fire it to give the call up.</summary>
    public CancellationToken CancellationToken { get; init; }

    /// <summary>Messages that this end sends from now on are compressed, if the other end takes that.</summary>
    public bool Compress { get; set; }

    /// <summary>Whether the message received last was compressed.</summary>
    public bool ReceivedCompressed { get; set; }

    /// <summary>At a client: the call may be made twice without harm, so it may be tried again when the server is unavailable.</summary>
    public bool Idempotent { get; set; }

    /// <summary>True once <see cref="ResponseHeaders"/> was touched; spares the empty case an allocation.</summary>
    public bool HasResponseHeaders => responseHeaders is { Count: > 0 };

    /// <summary>True once <see cref="ResponseTrailers"/> was touched.</summary>
    public bool HasResponseTrailers => responseTrailers is { Count: > 0 };

    protected virtual Metadata LoadRequestHeaders() => new();
}
