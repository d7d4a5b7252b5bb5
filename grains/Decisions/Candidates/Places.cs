using System.Numerics;

namespace Orchestrator.Grains.Decisions;

/// <summary>Sets of treatments, one bit for each place in the index of their stage; all sets of an index are of the same length.</summary>
internal static class Places
{
    public static void Add(this ulong[] set, int place) => set[place >> 6] |= 1UL << (place & 63);

    public static bool Has(this ReadOnlySpan<ulong> set, int place) => (set[place >> 6] & (1UL << (place & 63))) != 0;

    public static bool Overlaps(ReadOnlySpan<ulong> one, ReadOnlySpan<ulong> other)
    {
        for (var i = 0; i < one.Length; i++)
        {
            if ((one[i] & other[i]) != 0)
            {
                return true;
            }
        }

        return false;
    }

    public static bool Overlaps(ReadOnlySpan<ulong> one, ReadOnlySpan<ulong> other, ReadOnlySpan<ulong> third)
    {
        for (var i = 0; i < one.Length; i++)
        {
            if ((one[i] & other[i] & third[i]) != 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Takes the others out.</summary>
    /// <returns>Whether there were any.</returns>
    public static bool Remove(Span<ulong> from, ReadOnlySpan<ulong> others)
    {
        ulong removed = 0;
        for (var i = 0; i < from.Length; i++)
        {
            removed |= from[i] & others[i];
            from[i] &= ~others[i];
        }

        return removed != 0;
    }

    /// <summary>Takes those out that are in <paramref name="others"/> and not in <paramref name="except"/>.</summary>
    /// <returns>Whether there were any.</returns>
    public static bool Remove(Span<ulong> from, ReadOnlySpan<ulong> others, ReadOnlySpan<ulong> except)
    {
        ulong removed = 0;
        for (var i = 0; i < from.Length; i++)
        {
            var gone = from[i] & others[i] & ~except[i];
            removed |= gone;
            from[i] &= ~gone;
        }

        return removed != 0;
    }

    /// <summary>Takes those out that stand at these places.</summary>
    /// <returns>Whether there were any.</returns>
    public static bool Remove(Span<ulong> from, (int First, int Count) places)
    {
        ulong removed = 0;
        for (var place = places.First; place < places.First + places.Count; place++)
        {
            var bit = 1UL << (place & 63);
            removed |= from[place >> 6] & bit;
            from[place >> 6] &= ~bit;
        }

        return removed != 0;
    }

    public static int Count(ReadOnlySpan<ulong> set)
    {
        var count = 0;
        foreach (var word in set)
        {
            count += BitOperations.PopCount(word);
        }

        return count;
    }

    /// <summary>The place of the n-th of a set, counted from 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are not so many.</exception>
    public static int At(ReadOnlySpan<ulong> set, int n)
    {
        for (var i = 0; i < set.Length; i++)
        {
            var here = BitOperations.PopCount(set[i]);
            if (n < here)
            {
                var word = set[i];
                for (; n > 0; n--)
                {
                    word &= word - 1;
                }

                return (i << 6) + BitOperations.TrailingZeroCount(word);
            }

            n -= here;
        }

        throw new ArgumentOutOfRangeException(nameof(n));
    }
}
