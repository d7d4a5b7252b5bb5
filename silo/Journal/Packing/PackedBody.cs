using System.Collections.Concurrent;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Orchestrator.Silo.Journal.Packing;

/// <summary>
/// A body of a frame, snapshot or checkpoint in fewer bytes. Stored: a zero (which no protobuf message begins with), the number of the dictionary, the length of the body as a varint,
/// and a Zstandard frame without magic number, content size, checksum and dictionary id. Dictionary 0: the body follows as it is.
/// </summary>
/// <remarks>Never written below <see cref="FeatureLevel.Packed"/>. The CRC of a row is of the bytes as they are stored, so it is checked before anything is expanded. Any thread.</remarks>
public static class PackedBody
{
    internal const byte Mark = 0;
    internal const byte AsItIs = 0;

    // Two for each core may read at a time; what more there is goes to the collector.
    private static readonly int s_most = 2 * Environment.ProcessorCount;
    private static readonly ConcurrentDictionary<byte, ConcurrentBag<Decompressor>> s_readers = new();

    /// <summary>Whether stored bytes are in this form; all others are bodies as they are.</summary>
    public static bool Is(ReadOnlySpan<byte> stored) => stored is [Mark, ..];

    /// <summary>The body; the same array if it is not packed.</summary>
    /// <exception cref="InvalidDataException">It was packed with a dictionary of a newer version, or is no packed body.</exception>
    public static byte[] Expand(byte[] stored) => Is(stored) ? Expand(stored.AsSpan()) : stored;

    private static byte[] Expand(ReadOnlySpan<byte> stored)
    {
        if (stored.Length < 2)
        {
            throw new InvalidDataException("a packed body ends before the number of its dictionary");
        }

        var dictionary = stored[1];
        if (dictionary == AsItIs)
        {
            return stored[2..].ToArray();
        }

        var at = 2;
        var body = new byte[Length(stored, ref at)];
        var bag = s_readers.GetOrAdd(dictionary, static _ => []);
        var reader = bag.TryTake(out var kept) ? kept : Reader(dictionary);
        try
        {
            var length = reader.Unwrap(stored[at..], body);
            if (length != body.Length)
            {
                throw new InvalidDataException($"a packed body has {length} bytes where {body.Length} were expected");
            }
        }
        catch (ZstdException e)
        {
            reader.Dispose();
            throw new InvalidDataException($"a packed body cannot be expanded: {e.Message}", e);
        }

        if (bag.Count < s_most)
        {
            bag.Add(reader);
        }
        else
        {
            reader.Dispose();
        }

        return body;
    }

    private static int Length(ReadOnlySpan<byte> stored, ref int at)
    {
        var length = 0L;
        for (var shift = 0; shift < 35 && at < stored.Length; shift += 7)
        {
            var next = stored[at++];
            length |= (long)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return length <= SqliteStore.BodyLimitBytes ? (int)length : throw new InvalidDataException($"a packed body is of {length} bytes, at most {SqliteStore.BodyLimitBytes} were expected");
            }
        }

        throw new InvalidDataException("a packed body ends inside its length");
    }

    private static Decompressor Reader(byte dictionary)
    {
        var reader = new Decompressor();
        reader.SetParameter(ZSTD_dParameter.ZSTD_d_experimentalParam1, (int)ZSTD_format_e.ZSTD_f_zstd1_magicless);
        reader.LoadDictionary(PackingDictionary.Of(dictionary));
        return reader;
    }
}
