namespace Orchestrator.Grains.Partitioning;

/// <summary>
/// The hash that places grains in partitions and names ids: FNV-1a over UTF-16 code units (low byte, then high byte), 64 bits,
/// followed by the finaliser of MurmurHash3. Written down here because it may never change: see decisions/0001-partition-and-hash.md.
/// </summary>
public static class StableHash
{
    private const ulong Offset = 14695981039346656037;
    private const ulong Prime = 1099511628211;
    private const ulong PrimeSquared = unchecked(Prime * Prime);

    /// <summary>Hash of one text.</summary>
    public static ulong Of(ReadOnlySpan<char> text) => Finish(Add(Offset, text));

    /// <summary>Hash of two texts with a separator that cannot be part of either (0x1F).</summary>
    public static ulong Of(ReadOnlySpan<char> first, ReadOnlySpan<char> second) => Finish(Add(Add(Add(Offset, first), "\u001f"), second));

    /// <summary>Hash of bytes.</summary>
    public static ulong Of(ReadOnlySpan<byte> bytes)
    {
        var hash = Offset;
        foreach (var b in bytes)
        {
            hash = unchecked((hash ^ b) * Prime);
        }

        return Finish(hash);
    }

    /// <summary>Mixes numbers into one; order matters.</summary>
    public static ulong Of(ulong first, ulong second, ulong third = 0) =>
        Finish(unchecked((Finish(unchecked((Finish(first ^ Offset) * Prime) ^ second)) * Prime) ^ third));

    private static ulong Add(ulong hash, ReadOnlySpan<char> text)
    {
        unchecked
        {
            foreach (var c in text)
            {
                // The high byte of most characters is 0, which changes nothing but the factor: one multiplication does for both bytes.
                hash = c <= byte.MaxValue ? (hash ^ c) * PrimeSquared : ((((hash ^ (byte)c) * Prime) ^ (ulong)(c >> 8)) * Prime);
            }
        }

        return hash;
    }

    private static ulong Finish(ulong h)
    {
        unchecked
        {
            h ^= h >> 33;
            h *= 0xff51afd7ed558ccd;
            h ^= h >> 33;
            h *= 0xc4ceb9fe1a85ec53;
            return h ^ (h >> 33);
        }
    }
}
