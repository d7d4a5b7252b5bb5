using System.IO.Pipelines;
using System.Net;
using Google.Protobuf;
using Orchestrator.Protos.Rpc;

namespace Orchestrator.Client;

/// <summary>The one message of a request that has exactly one; its length is known, so it leaves in one piece.</summary>
sealed class SingleContent<T>(T message, bool compress) : HttpContent
    where T : IMessage
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var pipe = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
        new MessageWriter(pipe).Write(message, compress);
        await pipe.FlushAsync(cancellationToken).ConfigureAwait(false);
        await pipe.CompleteAsync().ConfigureAwait(false);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = compress ? 0 : Frame.HeaderBytes + message.CalculateSize();
        return !compress;
    }
}
