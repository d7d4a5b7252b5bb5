using System.Net.Http.Headers;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Orchestrator.Protos.Rpc;

namespace Orchestrator.Client;

/// <summary>A way to one server, over cleartext or TLS HTTP/2. Thread-safe and costly: make one and keep it. Connections open as calls need them.</summary>
public sealed class RpcChannel : IDisposable
{
    internal static readonly MediaTypeHeaderValue ContentType = new("application/grpc");
    internal static readonly TransferCodingWithQualityHeaderValue Trailers = new("trailers");
    internal static readonly string UserAgent = $"orchestrator-dotnet/{typeof(RpcChannel).Assembly.GetName().Version!.ToString(3)}";

    readonly RetryBudget budget;

    /// <param name="address">Scheme, host and port: <c>http://host:port</c> speaks HTTP/2 at once (prior knowledge), <c>https</c> agrees on it by ALPN.</param>
    /// <param name="options">Null for the defaults.</param>
    public RpcChannel(Uri address, RpcChannelOptions? options = null)
    {
        Address = address;
        Options = options ?? new();
        budget = new(Options.Retry.BudgetTokens);
        Http = new(Options.Handler ?? NewHandler(Options), disposeHandler: Options.Handler is null) { Timeout = System.Threading.Timeout.InfiniteTimeSpan };
    }

    public Uri Address { get; }

    internal RpcChannelOptions Options { get; }

    internal HttpClient Http { get; }

    /// <summary>A client of a service: an interface with a method of the same name and shape for each method that is called.</summary>
    /// <param name="service">From the generated code.</param>
    /// <param name="idempotent">Names of the methods that may be called twice without harm; their calls need not say so each time.</param>
    /// <exception cref="ArgumentException">A method of the interface is not one of the service, or has another shape; the message says which.</exception>
    public T Create<T>(ServiceDescriptor service, params IReadOnlyCollection<string> idempotent)
        where T : class => RpcProxy.Create<T>(this, service, idempotent);

    /// <summary>One request, one response. Tried again by <see cref="RetryPolicy"/> if <see cref="CallContext.Idempotent"/>.</summary>
    /// <exception cref="RpcException">The call did not end with OK.</exception>
    public async Task<TResponse> UnaryAsync<TRequest, TResponse>(string path, TRequest request, MessageParser<TResponse> parser, CallContext call)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        if (call.Deadline is null && Options.DefaultTimeout is { } timeout)
        {
            call.Deadline = DateTimeOffset.UtcNow + timeout;
        }

        for (var attempt = 1; ; attempt++)
        {
            try
            {
                using var content = new SingleContent<TRequest>(request, call.Compress);
                var response = await AnswerAsync(path, content, null, parser, call).ConfigureAwait(false);
                budget.Succeeded();
                return response;
            }
            catch (RpcException failure) when (failure.Code == StatusCode.Unavailable && call.Idempotent)
            {
                var asked = RetryPolicy.Pushback(failure);
                if (!budget.Failed() || attempt >= Options.Retry.MaxAttempts || asked < 0)
                {
                    throw;
                }

                var wait = asked is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : Options.Retry.Backoff(attempt);
                if (call.Deadline is { } deadline && DateTimeOffset.UtcNow + wait >= deadline)
                {
                    throw;
                }

                await Task.Delay(wait, call.CancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                call.ResponseHeaders.Clear();
                call.ResponseTrailers.Clear();
            }
        }
    }

    /// <summary>A stream of requests, one response.</summary>
    /// <exception cref="RpcException">The call did not end with OK. What <paramref name="requests"/> throws comes out as it is.</exception>
    public async Task<TResponse> UploadAsync<TRequest, TResponse>(
        string path, IAsyncEnumerable<TRequest> requests, MessageParser<TResponse> parser, CallContext call)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        using var content = new PumpedContent<TRequest>(requests, call);
        return await AnswerAsync(path, content, () => content.SourceFault, parser, call).ConfigureAwait(false);
    }

    /// <summary>One request, a stream of responses. Nothing is sent before the first move.</summary>
    public IAsyncEnumerable<TResponse> Download<TRequest, TResponse>(string path, TRequest request, MessageParser<TResponse> parser, CallContext call)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        new ResponseStream<TResponse>(
            () => new(this, call, parser),
            opened => opened.StartAsync(path, new SingleContent<TRequest>(request, call.Compress), null));

    /// <summary>Streams both ways, independent of each other. Nothing is sent before the first move of the responses.</summary>
    public IAsyncEnumerable<TResponse> Duplex<TRequest, TResponse>(
        string path, IAsyncEnumerable<TRequest> requests, MessageParser<TResponse> parser, CallContext call)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        new ResponseStream<TResponse>(
            () => new(this, call, parser),
            opened =>
            {
                var content = new PumpedContent<TRequest>(requests, call);
                return opened.StartAsync(path, content, () => content.SourceFault);
            });

    public void Dispose() => Http.Dispose();

    async Task<TResponse> AnswerAsync<TResponse>(
        string path, HttpContent content, Func<Exception?>? sourceFault, MessageParser<TResponse> parser, CallContext call)
        where TResponse : class, IMessage<TResponse>
    {
        using var opened = new ClientCall<TResponse>(this, call, parser);
        await opened.StartAsync(path, content, sourceFault).ConfigureAwait(false);
        if (!await opened.WaitToReadAsync().ConfigureAwait(false) || !opened.Reader!.TryRead(out var response))
        {
            throw new RpcException(StatusCode.Internal, "expected one message in the response, found none");
        }

        return await opened.WaitToReadAsync().ConfigureAwait(false)
            ? throw new RpcException(StatusCode.Internal, "expected one message in the response, found more")
            : response;
    }

    static SocketsHttpHandler NewHandler(RpcChannelOptions options) => new()
    {
        ConnectTimeout = options.ConnectTimeout,

        // A connection carries 100 streams by the server's default; without this the 101st call would wait for one to end.
        EnableMultipleHttp2Connections = true,
        KeepAlivePingDelay = TimeSpan.FromSeconds(20),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(20),
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(5),
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
    };
}
