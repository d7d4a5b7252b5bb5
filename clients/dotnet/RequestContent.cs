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

/// <summary>A stream of request messages, pumped while the response is already read.</summary>
sealed class StreamContent<T>(IAsyncEnumerable<T> messages, CallContext call) : HttpContent
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

/// <summary>Remembers what a source threw, to tell its faults from the transport's.</summary>
sealed class Watched<T>(IAsyncEnumerator<T> source) : IAsyncEnumerator<T>
{
    public Exception? Fault { get; private set; }

    public T Current => source.Current;

    public ValueTask DisposeAsync() => source.DisposeAsync();

    public ValueTask<bool> MoveNextAsync()
    {
        var move = source.MoveNextAsync();
        return move.IsCompletedSuccessfully ? move : WatchAsync(move);
    }

    async ValueTask<bool> WatchAsync(ValueTask<bool> move)
    {
        try
        {
            return await move.ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            Fault = fault;
            throw;
        }
    }
}
