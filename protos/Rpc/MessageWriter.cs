using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Google.Protobuf;

namespace Orchestrator.Protos.Rpc;

/// <summary>Puts framed messages into a pipe; nothing leaves before <see cref="FlushAsync"/> or the pipe's own end.</summary>
public sealed class MessageWriter(PipeWriter pipe)
{
    /// <summary>Bytes to gather before a flush. At 4 KiB an event costs half as much again; at 128 KiB nothing is won.</summary>
    public const int FlushAtBytes = 32 * 1024;

    /// <summary>Bytes written and not flushed.</summary>
    public int PendingBytes { get; private set; }

    /// <param name="message">Written before this returns; the caller may change it afterwards.</param>
    /// <param name="compress">Only when this end said <c>grpc-encoding: gzip</c>.</param>
    public void Write(IMessage message, bool compress = false)
    {
        var size = message.CalculateSize();
        if (compress)
        {
            WriteCompressed(message, size);
            return;
        }

        // To a span: writing to the pipe as a buffer writer advances by nothing first, which Kestrel's response refuses.
        var span = pipe.GetSpan(Frame.HeaderBytes + size);
        PutHeader(span, flag: 0, size);
        message.WriteTo(span.Slice(Frame.HeaderBytes, size));
        Advance(Frame.HeaderBytes + size);
    }

    /// <summary>Writes a message that is there as bytes already.</summary>
    public void Write(ReadOnlySpan<byte> message, bool compress = false)
    {
        if (compress)
        {
            PutCompressed(message);
            return;
        }

        var span = pipe.GetSpan(Frame.HeaderBytes + message.Length);
        PutHeader(span, flag: 0, message.Length);
        message.CopyTo(span[Frame.HeaderBytes..]);
        Advance(Frame.HeaderBytes + message.Length);
    }

    public async ValueTask FlushAsync(CancellationToken cancellation = default)
    {
        PendingBytes = 0;
        var result = await pipe.FlushAsync(cancellation).ConfigureAwait(false);

        // Kestrel does not report a cancelled flush as one.
        cancellation.ThrowIfCancellationRequested();
        if (result.IsCanceled)
        {
            throw new OperationCanceledException("the call is over");
        }
    }

    void WriteCompressed(IMessage message, int size)
    {
        var plain = ArrayPool<byte>.Shared.Rent(Math.Max(size, 1));
        try
        {
            message.WriteTo(plain.AsSpan(0, size));
            PutCompressed(plain.AsSpan(0, size));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(plain);
        }
    }

    void PutCompressed(ReadOnlySpan<byte> plain)
    {
        using var coded = new MemoryStream((plain.Length / 2) + 64);
        Gzip.Deflate(plain, coded);
        var count = (int)coded.Length;
        var span = pipe.GetSpan(Frame.HeaderBytes + count);
        PutHeader(span, flag: 1, count);
        coded.GetBuffer().AsSpan(0, count).CopyTo(span[Frame.HeaderBytes..]);
        Advance(Frame.HeaderBytes + count);
    }

    void Advance(int count)
    {
        pipe.Advance(count);
        PendingBytes += count;
    }

    static void PutHeader(Span<byte> span, byte flag, int size)
    {
        span[0] = flag;
        BinaryPrimitives.WriteUInt32BigEndian(span[1..], (uint)size);
    }
}
