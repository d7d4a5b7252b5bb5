using System.Collections.Immutable;
using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Grains.Scores;

/// <summary>
/// Occurrences by time, kept one by one in short chunks: adding one copies a chunk at most, not the whole, and a window is counted by chunk. At most about
/// <see cref="Most"/>; beyond that the oldest ones of the first chunk become one at their latest instant, so totals stay right and a window may count
/// an old occurrence a little too long.
/// </summary>
public sealed class Occurrences
{
    /// <summary>Windows are exact up to this many occurrences.</summary>
    public const int Most = 1024;
    private const int ChunkSize = 32;

    public static readonly Occurrences None = new([]);

    private readonly ImmutableArray<Chunk> chunks;

    private Occurrences(ImmutableArray<Chunk> chunks) => this.chunks = chunks;

    /// <summary>Oldest first.</summary>
    public IEnumerable<Occurrence> All
    {
        get
        {
            foreach (var chunk in chunks)
            {
                for (var i = 0; i < chunk.Count; i++)
                {
                    yield return chunk.Items[i];
                }
            }
        }
    }

    /// <summary>How they are divided; part of the state, so that a recovered one goes on byte for byte as this one would.</summary>
    public IEnumerable<int> ChunkLengths => chunks.Select(c => c.Count);

    /// <summary>As it was written.</summary>
    public static Occurrences Of(IReadOnlyList<Occurrence> all, IReadOnlyList<int> chunkLengths)
    {
        var chunks = ImmutableArray.CreateBuilder<Chunk>(chunkLengths.Count);
        var at = 0;
        foreach (var length in chunkLengths)
        {
            var items = new Occurrence[length];
            for (var i = 0; i < length; i++)
            {
                items[i] = all[at++];
            }

            chunks.Add(new Chunk(items));
        }

        return new(chunks.MoveToImmutable());
    }

    /// <summary>With one more, without those at or before <paramref name="from"/>.</summary>
    public Occurrences Add(in Occurrence added, DateTimeOffset from)
    {
        var kept = chunks;
        var gone = 0;
        while (gone < kept.Length && kept[gone].Last <= from.UtcTicks)
        {
            gone++;
        }

        if (gone > 0)
        {
            kept = kept.RemoveRange(0, gone);
        }

        if (added.At <= from)
        {
            return gone > 0 ? new(kept) : this;
        }

        if (kept.Length == 0)
        {
            return new([new Chunk([added])]);
        }

        // The last chunk that begins no later than it: at the end but for late arrivals.
        var at = kept.Length - 1;
        while (at > 0 && kept[at].First > added.At.UtcTicks)
        {
            at--;
        }

        var chunk = kept[at];
        if (chunk.Count < ChunkSize)
        {
            return new(kept.SetItem(at, chunk.With(added)));
        }

        if (at == kept.Length - 1 && added.At.UtcTicks >= chunk.Last)
        {
            kept = kept.Add(new Chunk([added]));
        }
        else
        {
            var grown = chunk.With(added).Items;
            kept = kept.SetItem(at, new Chunk(grown[..(ChunkSize / 2)])).Insert(at + 1, new Chunk(grown[(ChunkSize / 2)..]));
        }

        return new((kept.Length - 1) * ChunkSize > Most ? kept.RemoveAt(0).SetItem(0, kept[1].Before(kept[0].Merged)) : kept);
    }

    /// <summary>How many lie after an instant in UTC ticks.</summary>
    public long CountAfter(long instant)
    {
        long count = 0;
        for (var c = chunks.Length - 1; c >= 0 && chunks[c].Last > instant; c--)
        {
            var chunk = chunks[c];
            if (chunk.First > instant)
            {
                count += chunk.Times;
                continue;
            }

            var after = chunk.Items[chunk.After(instant)..];
            if (chunk.Times == chunk.Count)
            {
                // None stands for several.
                return count + after.Length;
            }

            foreach (ref readonly var item in after)
            {
                count += item.Times;
            }
        }

        return count;
    }

    /// <summary>The sum of what lies in (from, to]; UTC ticks.</summary>
    public double SumIn(long from, long to)
    {
        double sum = 0;
        for (var c = chunks.Length - 1; c >= 0 && chunks[c].Last > from; c--)
        {
            var chunk = chunks[c];
            if (chunk.First > from && chunk.Last <= to)
            {
                sum += chunk.Amount;
                continue;
            }

            foreach (ref readonly var item in chunk.Within(from, to))
            {
                sum += item.Amount;
            }
        }

        return sum;
    }

    /// <summary>The earliest one after an instant, both in UTC ticks; <see cref="long.MaxValue"/> = there is none.</summary>
    public long FirstAfter(long instant)
    {
        var (low, high) = (0, chunks.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = chunks[middle].Last > instant ? (low, middle) : (middle + 1, high);
        }

        if (low == chunks.Length)
        {
            return long.MaxValue;
        }

        var chunk = chunks[low];
        return chunk.First > instant ? chunk.First : chunk.Items[chunk.After(instant)].At.UtcTicks;
    }

    /// <summary>By time, at least one; never changed.</summary>
    private sealed class Chunk
    {
        private readonly Grown<Occurrence> items;

        public Chunk(ReadOnlySpan<Occurrence> items)
            : this(Grown<Occurrence>.Of(items), 0, 0)
        {
            foreach (ref readonly var item in items)
            {
                Times += item.Times;
                Amount += item.Amount;
            }
        }

        private Chunk(Grown<Occurrence> items, long times, double amount)
        {
            (this.items, Times, Amount) = (items, times, amount);
            (First, Last) = (items.Items[0].At.UtcTicks, items.Items[^1].At.UtcTicks);
        }

        public ReadOnlySpan<Occurrence> Items => items.Items;

        public int Count => items.Count;

        /// <summary>UTC ticks.</summary>
        public long First { get; }

        /// <summary>UTC ticks.</summary>
        public long Last { get; }

        public long Times { get; }

        public double Amount { get; }

        /// <summary>How many lie at or before an instant, which is where those after it begin.</summary>
        public int After(long instant)
        {
            var all = Items;
            var (low, high) = (0, all.Length);
            while (low < high)
            {
                var middle = (low + high) >>> 1;
                (low, high) = all[middle].At.UtcTicks > instant ? (low, middle) : (middle + 1, high);
            }

            return low;
        }

        /// <summary>Those in (from, to].</summary>
        public ReadOnlySpan<Occurrence> Within(long from, long to)
        {
            var first = First > from ? 0 : After(from);
            return Items.Slice(first, Math.Max(0, (Last <= to ? Items.Length : After(to)) - first));
        }

        /// <summary>All as one, at the latest instant.</summary>
        public Occurrence Merged => new(Items[^1].At, Amount, Times);

        public Chunk With(in Occurrence added)
        {
            if (added.At.UtcTicks >= Last)
            {
                // Added up from the left as from the start, so that a recovered chunk has the same sum to the bit.
                return new Chunk(items.Add(added, ChunkSize + 1), Times + added.Times, Amount + added.Amount);
            }

            var grown = new Occurrence[Count + 1];
            var at = Count;
            while (at > 0 && Items[at - 1].At > added.At)
            {
                at--;
            }

            Items[..at].CopyTo(grown);
            grown[at] = added;
            Items[at..].CopyTo(grown.AsSpan(at + 1));
            return new Chunk(grown);
        }

        public Chunk Before(in Occurrence first) => new([first, .. Items]);
    }
}

/// <summary>One occurrence, or several that were merged.</summary>
public readonly record struct Occurrence(DateTimeOffset At, double Amount, long Times);
