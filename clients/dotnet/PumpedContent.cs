using System.IO.Pipelines;
using System.Net;
using Google.Protobuf;
using Orchestrator.Protos.Rpc;

namespace Orchestrator.Client;

/// <summary>A stream of request messages, pumped while the response is already read.</summary>
sealed class PumpedContent<T>(IAsyncEnumerable<T> messages, CallContext call) : HttpContent
    where T : IMessage
{
    /// <summary>What the caller's own source threw; it is the caller's to see, not the server's doing.</summary>
    public Exception? SourceFault { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        // The server starts its handler by the headers; the first message may be long in coming.
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        var pipe = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true, minimumBufferSize: MessageWriter.FlushAtBytes + 4096));
        var compressing = call.Compress;
        var source = new Watched<T>(messages.GetAsyncEnumerator(cancellationToken));
        try
        {
            await MessagePump.RunAsync(
                source, new MessageWriter(pipe), new PipeTurn(writing: true), () => compressing && call.Compress, null, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            SourceFault = source.Fault;
        }

        await pipe.FlushAsync(cancellationToken).ConfigureAwait(false);
        await pipe.CompleteAsync().ConfigureAwait(false);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
