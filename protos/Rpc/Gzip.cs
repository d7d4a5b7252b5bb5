using System.Buffers;
using System.IO.Compression;

namespace Orchestrator.Protos.Rpc;

/// <summary>Compression of single messages, the only one of gRPC's codings that every client knows.</summary>
public static class Gzip
{
    public const string Name = "gzip";

    /// <summary>Appends the compressed form of <paramref name="plain"/> to <paramref name="target"/>.</summary>
    public static void Deflate(ReadOnlySpan<byte> plain, Stream target)
    {
        using var gzip = new GZipStream(target, CompressionLevel.Fastest, leaveOpen: true);
        gzip.Write(plain);
    }

    /// <summary>Inflates into an array from the shared pool, which the caller gives back.</summary>
    /// <param name="coded">The message as it came.</param>
    /// <param name="limit">Most bytes that may come out; it is checked while inflating, so a small bomb costs no more than this.</param>
    /// <exception cref="RpcException">RESOURCE_EXHAUSTED: more would come out. INTERNAL: not gzip.</exception>
    public static (byte[] Buffer, int Count) Inflate(ReadOnlySequence<byte> coded, int limit)
    {
        var source = coded.ToArray();
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(Math.Max(source.Length * 4L, 256), limit + 1L));
        var count = 0;
        var kept = false;
        try
        {
            using var gzip = new GZipStream(new MemoryStream(source, writable: false), CompressionMode.Decompress);
            while (true)
            {
                var read = gzip.Read(buffer, count, buffer.Length - count);
                if (read == 0)
                {
                    kept = true;
                    return (buffer, count);
                }

                count += read;
                if (count > limit)
                {
                    throw new RpcException(StatusCode.ResourceExhausted, $"message inflates to more than the limit of {limit} bytes");
                }

                if (count == buffer.Length)
                {
                    var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(buffer.Length * 2L, limit + 1L));
                    buffer.AsSpan(0, count).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }
            }
        }
        catch (InvalidDataException cause)
        {
            throw new RpcException(StatusCode.Internal, "message is flagged as compressed but is not gzip", cause);
        }
        finally
        {
            if (!kept)
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }
}
