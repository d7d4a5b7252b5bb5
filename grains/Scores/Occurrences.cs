using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Grains.Scores;

/// <summary>
/// Occurrences by time, kept one by one in short chunks: adding one copies a chunk at most, not the whole, and a window is counted by chunk. At most about
/// <see cref="Most"/>; beyond that the oldest ones of the first chunk become one at their latest instant, so totals stay right and a window may count
/// an old occurrence a little too long.
/// </summary>
public readonly struct Occurrences : IEquatable<Occurrences>
{
    /// <summary>Windows are exact up to this many occurrences.</summary>
    public const int Most = 1024;
    private const int ChunkSize = 32;

    public static readonly Occurrences None = new([], default);

    // All chunks but the last, which is the one that grows: it lies here, so that adding copies no array.
    private readonly ImmutableArray<Chunk> closed;
    private readonly Chunk last;

    private Occurrences(ImmutableArray<Chunk> closed, in Chunk last) => (this.closed, this.last) = (closed, last);

    /// <summary>Oldest first.</summary>
    public IEnumerable<Occurrence> All
    {
        get
        {
            for (var c = 0; c < ChunkCount; c++)
            {
                for (var i = 0; i < ChunkAt(c).Count; i++)
                {
                    yield return ChunkAt(c).Items[i];
                }
            }
        }
    }

    /// <summary>How they are divided; part of the state, so that a recovered one goes on byte for byte as this one would.</summary>
    public IEnumerable<int> ChunkLengths => last.Count == 0 ? [] : closed.Select(c => c.Count).Append(last.Count);

    internal int ChunkCount => last.Count == 0 ? 0 : closed.Length + 1;

    /// <summary>As it was written.</summary>
    public static Occurrences Of(IReadOnlyList<Occurrence> all, IReadOnlyList<int> chunkLengths)
    {
        if (chunkLengths.Count == 0)
        {
            return None;
        }

        if (chunkLengths.Count == 1 && all is Occurrence[] only && only.Length == chunkLengths[0])
        {
            return new([], new Chunk(only));
        }

        var chunks = new List<Chunk>(chunkLengths.Count);
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

        return Of(chunks);
    }

    /// <summary>Those of one chunk, as it was written; they become the chunk.</summary>
    /// <param name="only">At least one.</param>
    internal static Occurrences Holding(Occurrence[] only) => new([], new Chunk(Grown<Occurrence>.Holding(only)));

    /// <summary>With one more, without those at or before <paramref name="from"/>.</summary>
    public Occurrences Add(in Occurrence added, DateTimeOffset from)
    {
        // Nearly always nothing leaves and it is the latest or nearly so: then it goes to the last chunk.
        var at = added.Ticks;
        return ChunkCount > 0 && ChunkAt(0).Last > from.UtcTicks && at > from.UtcTicks && last.Count < ChunkSize && (closed.IsEmpty || last.First <= at)
            ? new(closed, last.With(added))
            : Rearranged(added, from);
    }

    private Occurrences Rearranged(in Occurrence added, DateTimeOffset from)
    {
        var kept = new List<Chunk>(ChunkCount + 1);
        for (var c = 0; c < ChunkCount; c++)
        {
            if (kept.Count > 0 || ChunkAt(c).Last > from.UtcTicks)
            {
                kept.Add(ChunkAt(c));
            }
        }

        if (added.Ticks <= from.UtcTicks)
        {
            return kept.Count < ChunkCount ? Of(kept) : this;
        }

        if (kept.Count == 0)
        {
            return new([], new Chunk([added]));
        }

        // The last chunk that begins no later than it: at the end but for late arrivals.
        var at = kept.Count - 1;
        while (at > 0 && kept[at].First > added.Ticks)
        {
            at--;
        }

        var chunk = kept[at];
        if (chunk.Count < ChunkSize)
        {
            kept[at] = chunk.With(added);
            return Of(kept);
        }

        if (at == kept.Count - 1 && added.Ticks >= chunk.Last)
        {
            // What has filled a chunk will fill the next: room for all of it beats growing into it, of which each step outlives a collection.
            kept.Add(new Chunk(added, ChunkSize));
        }
        else
        {
            var grown = chunk.With(added).Items;
            kept[at] = new Chunk(grown[..(ChunkSize / 2)]);
            kept.Insert(at + 1, new Chunk(grown[(ChunkSize / 2)..]));
        }

        if ((kept.Count - 1) * ChunkSize > Most)
        {
            kept[1] = kept[1].Before(kept[0].Merged);
            kept.RemoveAt(0);
        }

        return Of(kept);
    }

    private static Occurrences Of(List<Chunk> chunks) =>
        chunks.Count == 0 ? None : new([.. chunks.Take(chunks.Count - 1)], chunks[^1]);

    /// <summary>Those of a chunk, in [0, <see cref="ChunkCount"/>).</summary>
    internal ReadOnlySpan<Occurrence> ItemsOf(int chunk) => ChunkAt(chunk).Items;

    [UnscopedRef]
    private ref readonly Chunk ChunkAt(int i) => ref i == closed.Length ? ref last : ref closed.ItemRef(i);

    /// <summary>Whether these are the very same: two that hold equal ones but grew apart differ.</summary>
    public bool Equals(Occurrences other) => closed.Equals(other.closed) && last.Equals(other.last);

    public override bool Equals(object? obj) => obj is Occurrences other && Equals(other);

    public override int GetHashCode() => unchecked((int)last.Times);

    public static bool operator ==(Occurrences left, Occurrences right) => left.Equals(right);

    public static bool operator !=(Occurrences left, Occurrences right) => !left.Equals(right);

    /// <summary>How many lie after an instant in UTC ticks.</summary>
    public long CountAfter(long instant)
    {
        long count = 0;
        for (var c = ChunkCount - 1; c >= 0 && ChunkAt(c).Last > instant; c--)
        {
            ref readonly var chunk = ref ChunkAt(c);
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
        for (var c = ChunkCount - 1; c >= 0 && ChunkAt(c).Last > from; c--)
        {
            ref readonly var chunk = ref ChunkAt(c);
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
        var (low, high) = (0, ChunkCount);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = ChunkAt(middle).Last > instant ? (low, middle) : (middle + 1, high);
        }

        if (low == ChunkCount)
        {
            return long.MaxValue;
        }

        ref readonly var chunk = ref ChunkAt(low);
        return chunk.First > instant ? chunk.First : chunk.Items[chunk.After(instant)].Ticks;
    }

    /// <summary>By time, at least one but for the default; never changed.</summary>
    private readonly struct Chunk : IEquatable<Chunk>
    {
        private readonly Grown<Occurrence> items;

        public Chunk(ReadOnlySpan<Occurrence> items)
            : this(Grown<Occurrence>.Of(items))
        {
        }

        public Chunk(in Grown<Occurrence> items)
            : this(items, 0, 0)
        {
            foreach (ref readonly var item in items.Items)
            {
                Times += item.Times;
                Amount += item.Amount;
            }
        }

        /// <param name="room">For so many in all.</param>
        public Chunk(in Occurrence first, int room)
            : this(Grown<Occurrence>.Of(first, room), first.Times, 0 + first.Amount)
        {
        }

        private Chunk(Grown<Occurrence> items, long times, double amount)
        {
            (this.items, Times, Amount) = (items, times, amount);
            (First, Last) = (items.Items[0].Ticks, items.Items[^1].Ticks);
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
                (low, high) = all[middle].Ticks > instant ? (low, middle) : (middle + 1, high);
            }

            return low;
        }

        /// <summary>Those in (from, to].</summary>
        public ReadOnlySpan<Occurrence> Within(long from, long to)
        {
            var first = First > from ? 0 : After(from);
            return Items.Slice(first, Math.Max(0, (Last <= to ? Items.Length : After(to)) - first));
        }

        public bool Equals(Chunk other) => items.Equals(other.items);

        public override bool Equals(object? obj) => obj is Chunk other && Equals(other);

        public override int GetHashCode() => unchecked((int)Times);

        /// <summary>All as one, at the latest instant.</summary>
        public Occurrence Merged => new(Items[^1].Ticks, Amount, Times);

        public Chunk With(in Occurrence added)
        {
            if (added.Ticks >= Last)
            {
                // Added up from the left as from the start, so that a recovered chunk has the same sum to the bit.
                return new Chunk(items.Add(added, ChunkSize + 1), Times + added.Times, Amount + added.Amount);
            }

            var grown = new Occurrence[Count + 1];
            var at = Count;
            while (at > 0 && Items[at - 1].Ticks > added.Ticks)
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
/// <param name="Ticks">When, in UTC ticks: an account may have a thousand of these, and an offset would add a third.</param>
/// <param name="Amount">Sum; minor units for money.</param>
/// <param name="Times">How many it stands for.</param>
public readonly record struct Occurrence(long Ticks, double Amount, long Times)
{
    public DateTimeOffset At => Instants.At(Ticks);
}
