using System.IO.Pipelines;
using Google.Protobuf;
using Orchestrator.Protos.Rpc;

namespace Orchestrator.Silo.Rpc;

/// <summary>One call on the wire: how its headers, messages and status travel. A protocol is a subclass; the content type chooses it.</summary>
/// <remarks>Runs on the request's own task. The outgoing pipe belongs to whoever has <see cref="Turn"/>.</remarks>
abstract class ServerCall(HttpContext http, RpcOptions options)
{
    MessageWriter? writer;

    public HttpContext Http { get; } = http;

    public RpcOptions Options { get; } = options;

    public required ServerCallContext Context { get; init; }

    public required CancellationToken Token { get; init; }

    public PipeTurn Turn { get; } = new(writing: false);

    /// <summary>The reader that the method opened, whatever its type.</summary>
    public object? Reading { get; set; }

    /// <summary>Whether the client takes compressed messages and the headers said that some will come.</summary>
    protected bool Compressing { get; set; }

    public MessageWriter Writer => writer ??= new(Http.Response.BodyWriter);

    public bool CompressNow => Compressing && Context.Compress;

    /// <summary>Chooses the protocol. The switch is the whole dispatch: gRPC-Web and Connect are two more arms and two subclasses.</summary>
    public static Func<HttpContext, RpcOptions, ServerCallContext, CancellationToken, ServerCall>? Protocol(string? contentType) => contentType switch
    {
        "application/grpc" or "application/grpc+proto" => GrpcCall.Create,
        not null when contentType.StartsWith("application/grpc;", StringComparison.OrdinalIgnoreCase) => GrpcCall.Create,
        not null when contentType.StartsWith("application/grpc+proto;", StringComparison.OrdinalIgnoreCase) => GrpcCall.Create,
        _ => null,
    };

    public abstract MessageReader<T> Reader<T>(MessageParser<T> parser)
        where T : class, IMessage<T>;

    /// <summary>Sends the headers; needed before the first byte of a message.</summary>
    public abstract Task StartAsync();

    /// <summary>Says how the call ended. The pipe must be free.</summary>
    public abstract Task EndAsync(Status status, Metadata? trailers);

    protected PipeReader RequestPipe => Http.Request.BodyReader;
}
