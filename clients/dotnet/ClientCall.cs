using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using Orchestrator.Protos.Rpc;

namespace Orchestrator.Client;

/// <summary>One call on the wire, from its headers to its status. Disposing it early resets the stream, which cancels the call.</summary>
sealed class ClientCall<TResponse>(RpcChannel channel, CallContext call, MessageParser<TResponse> parser) : IDisposable
    where TResponse : class, IMessage<TResponse>
{
    readonly CancellationTokenSource bounds = CancellationTokenSource.CreateLinkedTokenSource(call.CancellationToken);
    HttpResponseMessage? response;
    Func<Exception?>? sourceFault;
    bool timed;
    volatile bool givenUp;

    public MessageReader<TResponse>? Reader { get; private set; }

    /// <summary>Gives the call up.</summary>
    public void Cancel()
    {
        givenUp = true;
        bounds.Cancel();
    }

    /// <summary>Sends the request and waits for the response's headers.</summary>
    /// <exception cref="RpcException">The call failed before its first message.</exception>
    public async Task StartAsync(string path, HttpContent content, Func<Exception?>? sourceFaults)
    {
        sourceFault = sourceFaults;
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(channel.Address, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        call.Method = path;
        PutHeaders(request, content);
        try
        {
            response = await channel.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, bounds.Token).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is HttpRequestException or OperationCanceledException or IOException)
        {
            throw Explain(fault);
        }

        await OpenAsync(response).ConfigureAwait(false);
    }

    /// <summary>Waits for a message; at the end of the stream its status decides.</summary>
    /// <exception cref="RpcException">The call did not end with OK.</exception>
    public async ValueTask<bool> WaitToReadAsync()
    {
        if (Reader is null)
        {
            return false;
        }

        try
        {
            if (await Reader.WaitToReadAsync(bounds.Token).ConfigureAwait(false))
            {
                return true;
            }
        }
        catch (Exception fault) when (fault is OperationCanceledException or IOException or HttpRequestException)
        {
            throw Explain(fault);
        }

        Conclude(Take(response!.TrailingHeaders, call.ResponseTrailers) ?? new(StatusCode.Internal, "the stream ended without `grpc-status`"));
        return false;
    }

    public void Dispose()
    {
        response?.Dispose();
        bounds.Dispose();
    }

    void PutHeaders(HttpRequestMessage request, HttpContent content)
    {
        content.Headers.ContentType = RpcChannel.ContentType;
        var headers = request.Headers;
        headers.TE.Add(RpcChannel.Trailers);
        headers.TryAddWithoutValidation("user-agent", RpcChannel.UserAgent);
        headers.TryAddWithoutValidation("grpc-accept-encoding", "identity,gzip");
        if (call.Compress)
        {
            headers.TryAddWithoutValidation("grpc-encoding", Gzip.Name);
        }

        foreach (var (name, value) in channel.Options.Metadata.Concat(call.RequestHeaders))
        {
            headers.TryAddWithoutValidation(name, value);
        }

        if (call.Deadline is { } deadline)
        {
            var left = deadline - DateTimeOffset.UtcNow;
            headers.TryAddWithoutValidation("grpc-timeout", TimeoutCoding.Format(left));
            timed = true;
            bounds.CancelAfter(left <= TimeSpan.Zero ? TimeSpan.Zero : left < TimeoutCoding.Longest ? left : TimeoutCoding.Longest);
        }
    }

    async Task OpenAsync(HttpResponseMessage opened)
    {
        if (opened.StatusCode != HttpStatusCode.OK)
        {
            throw new RpcException(Take(opened.Headers, call.ResponseTrailers) ?? Status.FromHttp((int)opened.StatusCode));
        }

        var type = opened.Content.Headers.ContentType?.MediaType;
        if (type?.StartsWith("application/grpc", StringComparison.Ordinal) != true)
        {
            throw new RpcException(StatusCode.Unknown, $"expected content type `application/grpc`, found `{type}`");
        }

        if (Take(opened.Headers, call.ResponseTrailers) is { } early)
        {
            Conclude(early);
            return;
        }

        Keep(opened.Headers, call.ResponseHeaders);
        var encoding = opened.Headers.TryGetValues("grpc-encoding", out var named) ? string.Join(',', named) : "identity";
        if (encoding is not ("identity" or Gzip.Name))
        {
            throw new RpcException(StatusCode.Internal, $"expected a `grpc-encoding` of identity or gzip, found `{encoding}`");
        }

        var body = await opened.Content.ReadAsStreamAsync(bounds.Token).ConfigureAwait(false);
        Reader = new(
            PipeReader.Create(body, new StreamPipeReaderOptions(bufferSize: MessageWriter.FlushAtBytes)),
            parser, new(channel.Options.MaxReceiveMessageBytes, encoding == Gzip.Name, Explain), call);
    }

    void Conclude(Status status)
    {
        if (status.Code != StatusCode.OK)
        {
            throw new RpcException(status, call.ResponseTrailers);
        }
    }

    // In order of truth: the caller's own source failed, the time was up, the caller gave up, the transport broke.
    Exception Explain(Exception fault)
    {
        if (sourceFault?.Invoke() is { } own and not OperationCanceledException)
        {
            return own;
        }

        if (bounds.IsCancellationRequested)
        {
            return givenUp || !timed || call.CancellationToken.IsCancellationRequested
                ? new RpcException(StatusCode.Cancelled, "the call was cancelled", fault)
                : new RpcException(StatusCode.DeadlineExceeded, "the deadline has passed", fault);
        }

        return RpcFault.From(fault);
    }

    static Status? Take(HttpResponseHeaders headers, Metadata trailers)
    {
        Keep(headers, trailers);
        return headers.TryGetValues("grpc-status", out var code)
            ? Status.Parse(string.Join(',', code), headers.TryGetValues("grpc-message", out var message) ? string.Join(',', message) : null)
            : null;
    }

    static void Keep(HttpResponseHeaders headers, Metadata metadata)
    {
        foreach (var (name, values) in headers.NonValidated)
        {
            if (!Metadata.IsReserved(name))
            {
                foreach (var value in values)
                {
                    metadata.AddAsTravels(name, value);
                }
            }
        }
    }
}
