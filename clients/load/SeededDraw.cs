namespace Orchestrator.Load;

/// <summary>Random numbers by position instead of by order: the n-th draw of a seed is the same whoever asks and when, so a signal can be made again for a retry.</summary>
/// <remarks>The finaliser of SplitMix64 (Steele, Lea and Flood 2014) over a counter.</remarks>
public static class SeededDraw
{
    /// <summary>64 even bits for a position; <paramref name="use"/> keeps draws for different purposes apart.</summary>
    public static ulong Bits(ulong seed, long position, int use)
    {
        unchecked
        {
            var z = seed + (0x9E3779B97F4A7C15UL * ((ulong)position + 1)) + (0xD1B54A32D192ED03UL * (ulong)use);
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
            return z ^ (z >> 31);
        }
    }

    /// <summary>An even number in [0, <paramref name="count"/>), by the high half of a product; the bias is below count / 2^64.</summary>
    public static int Below(ulong bits, int count) => (int)Math.BigMul(bits, (ulong)count, out _);
}
