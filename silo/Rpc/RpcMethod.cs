using Google.Protobuf;
using Google.Protobuf.Reflection;
using Orchestrator.Protos.Rpc;

namespace Orchestrator.Silo.Rpc;

/// <summary>A method of a service with its handler: what an endpoint runs, and what reflection and metrics read of it.</summary>
abstract class RpcMethod(string service, MethodDescriptor descriptor)
{
    /// <summary>Full name of the service as called, which an alias makes differ from the descriptor's.</summary>
    public string Service { get; } = service;

    public MethodDescriptor Descriptor { get; } = descriptor;

    /// <summary><c>package.Service/Method</c>.</summary>
    public string Name { get; } = $"{service}/{descriptor.Name}";

    /// <summary>True for the shapes that may stay open: they hold no data rate and end when the silo stops.</summary>
    public bool Streams => Descriptor.IsClientStreaming || Descriptor.IsServerStreaming;

    /// <summary>Serves one call up to its last message; its exception is the call's status.</summary>
    public abstract Task RunAsync(ServerCall call);

    /// <summary>Cuts the handler off the request, for it may run on after its call.</summary>
    public abstract ValueTask CloseAsync(ServerCall call);
}

/// <summary>The four shapes of a method, bound to delegates at start-up: no reflection while serving.</summary>
sealed class RpcMethod<TRequest, TResponse>(string service, MethodDescriptor descriptor, MessageParser<TRequest> parser) : RpcMethod(service, descriptor)
    where TRequest : class, IMessage<TRequest>
    where TResponse : class, IMessage<TResponse>
{
    public Func<TRequest, CallContext, Task<TResponse>>? Unary { get; init; }

    public Func<MessageReader<TRequest>, CallContext, Task<TResponse>>? Upload { get; init; }

    public Func<TRequest, CallContext, IAsyncEnumerable<TResponse>>? Download { get; init; }

    public Func<MessageReader<TRequest>, CallContext, IAsyncEnumerable<TResponse>>? Duplex { get; init; }

    /// <summary>The same shape, of a handler that gives its messages as bytes.</summary>
    public Func<MessageReader<TRequest>, CallContext, IAsyncEnumerable<Encoded<TResponse>>>? DuplexEncoded { get; init; }

    public override Task RunAsync(ServerCall call)
    {
        var reader = call.Reader(parser);
        call.Reading = reader;
        return this switch
        {
            { Unary: { } unary } => AnswerAsync(call, UnaryAsync(unary, reader, call.Context)),
            { Upload: { } upload } => AnswerAsync(call, upload(reader, call.Context)),
            { Download: { } download } => DownloadAsync(call, download, reader),
            { Duplex: { } duplex } => PumpAsync(call, duplex(reader, call.Context)),
            { DuplexEncoded: { } duplex } => PumpAsync(call, duplex(reader, call.Context)),
            _ => throw new RpcException(StatusCode.Unimplemented, $"`{Name}` is not implemented"),
        };
    }

    public override ValueTask CloseAsync(ServerCall call) => call.Reading is MessageReader<TRequest> reader ? reader.CloseAsync() : default;

    static async Task<TResponse> UnaryAsync(Func<TRequest, CallContext, Task<TResponse>> handler, MessageReader<TRequest> reader, CallContext context) =>
        await handler(await reader.ReadSingleAsync().ConfigureAwait(false), context).ConfigureAwait(false);

    // The single response leaves with the trailers, in one flush of the server's own.
    static async Task AnswerAsync(ServerCall call, Task<TResponse> answer)
    {
        var response = await answer.ConfigureAwait(false);
        if (call.Turn.TryTake())
        {
            await call.StartAsync().ConfigureAwait(false);
            call.Writer.Write(response, call.CompressNow);
        }
    }

    static async Task DownloadAsync(
        ServerCall call, Func<TRequest, CallContext, IAsyncEnumerable<TResponse>> handler, MessageReader<TRequest> reader) =>
        await PumpAsync(call, handler(await reader.ReadSingleAsync().ConfigureAwait(false), call.Context)).ConfigureAwait(false);

    static Task PumpAsync(ServerCall call, IAsyncEnumerable<TResponse> responses)
    {
        if (!call.Turn.TryTake())
        {
            return Task.CompletedTask;
        }

        return MessagePump.RunAsync(
            responses.GetAsyncEnumerator(call.Token), call.Writer, call.Turn, () => call.CompressNow, call.StartAsync, call.Token);
    }

    static Task PumpAsync(ServerCall call, IAsyncEnumerable<Encoded<TResponse>> responses) =>
        call.Turn.TryTake()
            ? MessagePump.RunAsync(responses.GetAsyncEnumerator(call.Token), call.Writer, call.Turn, () => call.CompressNow, call.StartAsync, call.Token)
            : Task.CompletedTask;
}
