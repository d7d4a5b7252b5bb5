using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using Orchestrator.Protos.Rpc;
using Orchestrator.V1;

namespace Orchestrator.Silo.Engines.Cluster;

/// <summary>The calling end of <c>ClusterService.Link</c> on HTTP/2.</summary>
internal sealed class LinkCall(HttpClient http) : IDisposable
{
    /// <summary>An account's whole state may travel in one message.</summary>
    public const int MostBytes = 64 * 1024 * 1024;

    private static readonly MediaTypeHeaderValue GrpcType = new("application/grpc");
    private HttpResponseMessage? _response;

    /// <summary>Opens the stream; messages are pumped from then on.</summary>
    /// <exception cref="RpcException">The other end refused.</exception>
    public async Task<MessageReader<LinkResponse>> OpenAsync(string address, IAsyncEnumerable<LinkMessage> messages, CancellationToken cancel)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"http://{address}/{ClusterReflection.Descriptor.Services[0].FullName}/Link"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new Pumped(messages) { Headers = { ContentType = GrpcType } },
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        _response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel).ConfigureAwait(false);
        if (_response.StatusCode != HttpStatusCode.OK)
        {
            throw new RpcException(Status.FromHttp((int)_response.StatusCode));
        }

        if (_response.Headers.TryGetValues("grpc-status", out var status))
        {
            throw new RpcException(Status.Parse(string.Join(',', status), _response.Headers.TryGetValues("grpc-message", out var why) ? string.Join(',', why) : null));
        }

        var body = await _response.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
        var pipe = PipeReader.Create(body, new StreamPipeReaderOptions(bufferSize: MessageWriter.FlushAtBytes));
        return new MessageReader<LinkResponse>(pipe, LinkResponse.Parser, new MessageReaderOptions(MostBytes, Compressed: false, fault => fault), new CallContext());
    }

    public void Dispose() => _response?.Dispose();

    private sealed class Pumped(IAsyncEnumerable<LinkMessage> messages) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
            var pipe = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true, minimumBufferSize: MessageWriter.FlushAtBytes + 4096));
            await MessagePump.RunAsync(
                RequestsAsync(cancellationToken).GetAsyncEnumerator(cancellationToken), new MessageWriter(pipe), new PipeTurn(writing: true), () => false, null, cancellationToken).ConfigureAwait(false);
            await pipe.FlushAsync(cancellationToken).ConfigureAwait(false);
            await pipe.CompleteAsync().ConfigureAwait(false);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }

        private async IAsyncEnumerable<LinkRequest> RequestsAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
        {
            await foreach (var message in messages.WithCancellation(cancel).ConfigureAwait(false))
            {
                yield return new LinkRequest { Message = message };
            }
        }
    }
}
