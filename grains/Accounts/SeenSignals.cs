using System.Collections.Immutable;
using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Grains.Accounts;

/// <summary>
/// The id window: which signals this account has taken lately, so that one sent again changes nothing. Bounded by <see cref="MostIds"/> and <see cref="MostAge"/>;
/// both are part of the public contract (Signal.id). Kept in short chunks so that old ones leave together, and looked up by a vectorised scan.
/// </summary>
public sealed class SeenSignals
{
    public const int MostIds = 1024;
    public static readonly TimeSpan MostAge = TimeSpan.FromDays(7);
    private const int ChunkSize = 32;

    public static readonly SeenSignals None = new([]);

    private readonly ImmutableArray<Chunk> chunks;

    private SeenSignals(ImmutableArray<Chunk> chunks) => this.chunks = chunks;

    /// <summary>The window that holds these, oldest first, in the chunks they would be in had they been added one by one.</summary>
    public static SeenSignals Of(IEnumerable<SeenSignal> seen) =>
        new([.. seen.Chunk(ChunkSize).Select(c => new Chunk(Grown<ulong>.Of([.. c.Select(s => s.IdHash)]), Grown<Rest>.Of([.. c.Select(s => new Rest(s.ContentHash, s.Sequence, s.AtTicks))])))]);

    public int Count => chunks.Sum(c => c.Count);

    /// <summary>Oldest first.</summary>
    public IEnumerable<SeenSignal> All
    {
        get
        {
            foreach (var chunk in chunks)
            {
                for (var i = 0; i < chunk.Count; i++)
                {
                    yield return chunk.At(i);
                }
            }
        }
    }

    /// <summary>The signal with this id if it was taken within the window, else null.</summary>
    public SeenSignal? Find(ulong idHash, DateTimeOffset now)
    {
        var oldest = (now - MostAge).UtcTicks;
        for (var c = chunks.Length - 1; c >= 0; c--)
        {
            var chunk = chunks[c];
            var i = chunk.Ids.Items.LastIndexOf(idHash);
            if (i >= 0 && chunk.At(i) is var seen && seen.AtTicks > oldest)
            {
                return seen;
            }
        }

        return null;
    }

    /// <summary>Both windows as one, by time.</summary>
    public SeenSignals Merge(SeenSignals other) =>
        other.chunks.IsEmpty ? this : Of(All.Concat(other.All).OrderBy(s => s.AtTicks).ThenBy(s => s.IdHash).TakeLast(MostIds));

    public SeenSignals Add(in SeenSignal seen)
    {
        var oldest = seen.AtTicks - MostAge.Ticks;
        var kept = chunks;
        // Whole chunks leave: the window holds between MostIds and MostIds + ChunkSize - 1 ids, never fewer than promised.
        while (kept.Length > 0 && (kept[0].LastAt <= oldest || (kept.Length - 1) * ChunkSize >= MostIds))
        {
            kept = kept.RemoveAt(0);
        }

        return kept.Length > 0 && kept[^1].Count < ChunkSize
            ? new(kept.SetItem(kept.Length - 1, kept[^1].With(seen)))
            : new(kept.Add(Chunk.Empty.With(seen)));
    }

    private sealed class Chunk(Grown<ulong> ids, Grown<Rest> rests)
    {
        public static readonly Chunk Empty = new(default, default);

        public Grown<ulong> Ids => ids;

        public int Count => ids.Count;

        public long LastAt => rests.Items[^1].AtTicks;

        public SeenSignal At(int i)
        {
            ref readonly var rest = ref rests.Items[i];
            return new(ids.Items[i], rest.ContentHash, rest.Sequence, rest.AtTicks);
        }

        public Chunk With(in SeenSignal s) => new(ids.Add(s.IdHash, ChunkSize), rests.Add(new Rest(s.ContentHash, s.Sequence, s.AtTicks), ChunkSize));
    }

    private readonly record struct Rest(uint ContentHash, long Sequence, long AtTicks);
}

/// <summary>One signal of the id window.</summary>
public readonly record struct SeenSignal(ulong IdHash, uint ContentHash, long Sequence, long AtTicks);
