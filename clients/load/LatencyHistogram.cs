using System.Numerics;

namespace Orchestrator.Load;

/// <summary>Counts durations in buckets whose width grows with the value: a percentile is off by at most 0.8 % of itself (half of that on average), at a constant 58 kB.</summary>
/// <remarks>128 buckets for each power of two, exact below 256 ns. Not thread-safe: keep one a thread and <see cref="Add"/> them up.</remarks>
public sealed class LatencyHistogram
{
    const int SubBits = 7;
    const int Buckets = ((63 - SubBits) << SubBits) + (2 << SubBits);

    readonly long[] counts = new long[Buckets];

    /// <summary>How many were recorded.</summary>
    public long Count { get; private set; }

    /// <summary>The longest, exact; nanoseconds; 0 if none.</summary>
    public long MaxNanoseconds { get; private set; }

    /// <param name="nanoseconds">Below zero counts as zero.</param>
    public void Record(long nanoseconds)
    {
        nanoseconds = Math.Max(0, nanoseconds);
        counts[BucketOf(nanoseconds)]++;
        Count++;
        MaxNanoseconds = Math.Max(MaxNanoseconds, nanoseconds);
    }

    public void Add(LatencyHistogram other)
    {
        for (var i = 0; i < counts.Length; i++)
        {
            counts[i] += other.counts[i];
        }

        Count += other.Count;
        MaxNanoseconds = Math.Max(MaxNanoseconds, other.MaxNanoseconds);
    }

    /// <summary>The least duration that at least this share does not exceed; nanoseconds; 0 if nothing was recorded.</summary>
    /// <param name="share">In (0, 1].</param>
    public long Percentile(double share)
    {
        if (Count == 0)
        {
            return 0;
        }

        var wanted = Math.Clamp((long)Math.Ceiling(share * Count), 1, Count);
        long seen = 0;
        for (var i = 0; i < counts.Length; i++)
        {
            seen += counts[i];
            if (seen >= wanted)
            {
                return Math.Min(MiddleOf(i), MaxNanoseconds);
            }
        }

        return MaxNanoseconds;
    }

    static int BucketOf(long value)
    {
        var exponent = Math.Max(0, BitOperations.Log2((ulong)value) - SubBits);
        return (exponent << SubBits) + (int)(value >> exponent);
    }

    static long MiddleOf(int bucket)
    {
        var exponent = Math.Max(0, (bucket >> SubBits) - 1);
        long sub = bucket - (exponent << SubBits);
        return (sub << exponent) + ((1L << exponent) >> 1);
    }
}
