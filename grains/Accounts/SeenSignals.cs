using System.Collections.Immutable;

namespace Orchestrator.Grains.Accounts;

/// <summary>
/// The id window: which signals this account has taken lately, so that one sent again changes nothing. Bounded by <see cref="MostIds"/> and <see cref="MostAge"/>;
/// both are part of the public contract (Signal.id). Kept in short chunks so that adding one copies little, and looked up by a vectorised scan.
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
        new([.. seen.Chunk(ChunkSize).Select(c => new Chunk([.. c.Select(s => s.IdHash)], [.. c.Select(s => s.ContentHash)], [.. c.Select(s => s.Sequence)], [.. c.Select(s => s.AtTicks)]))]);

    public int Count => chunks.Sum(c => c.Ids.Length);

    /// <summary>Oldest first.</summary>
    public IEnumerable<SeenSignal> All
    {
        get
        {
            foreach (var chunk in chunks)
            {
                for (var i = 0; i < chunk.Ids.Length; i++)
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
            var i = Array.LastIndexOf(chunk.Ids, idHash);
            if (i >= 0 && chunk.Times[i] > oldest)
            {
                return chunk.At(i);
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
        while (kept.Length > 0 && (kept[0].Times[^1] <= oldest || (kept.Length - 1) * ChunkSize >= MostIds))
        {
            kept = kept.RemoveAt(0);
        }

        return kept.Length > 0 && kept[^1].Ids.Length < ChunkSize
            ? new(kept.SetItem(kept.Length - 1, kept[^1].With(seen)))
            : new(kept.Add(Chunk.Of(seen)));
    }

    private sealed record Chunk(ulong[] Ids, uint[] Contents, long[] Sequences, long[] Times)
    {
        public static Chunk Of(in SeenSignal s) => new([s.IdHash], [s.ContentHash], [s.Sequence], [s.AtTicks]);

        public SeenSignal At(int i) => new(Ids[i], Contents[i], Sequences[i], Times[i]);

        public Chunk With(in SeenSignal s) => new([.. Ids, s.IdHash], [.. Contents, s.ContentHash], [.. Sequences, s.Sequence], [.. Times, s.AtTicks]);
    }
}

/// <summary>One signal of the id window.</summary>
public readonly record struct SeenSignal(ulong IdHash, uint ContentHash, long Sequence, long AtTicks);
