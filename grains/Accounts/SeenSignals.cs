namespace Orchestrator.Grains.Accounts;

/// <summary>
/// The id window: which signals this account has taken lately, so that one sent again changes nothing. Bounded by <see cref="MostIds"/> and <see cref="MostAge"/>;
/// both are part of the public contract (Signal.id). Old ones leave in whole chunks, counted from the oldest; ids lie side by side for a vectorised scan.
/// </summary>
/// <remarks>
/// A value: adding gives the next window and leaves this one as it is, without copying, since windows share one log of which each sees only its own part. A place
/// of the log is taken once: whoever adds to an older window gets a copy.
/// </remarks>
public sealed class SeenSignals
{
    public const int MostIds = 1024;
    public static readonly TimeSpan MostAge = TimeSpan.FromDays(7);
    private const int ChunkSize = 32;
    private const int Smallest = 4;

    public static readonly SeenSignals None = new(new Log(0), 0, 0);

    // Written by Rewrite only.
    private Log log;
    private int start;

    private SeenSignals(Log log, int start, int count) => (this.log, this.start, Count) = (log, start, count);

    /// <summary>The window that holds these, oldest first, in the chunks they would be in had they been added one by one.</summary>
    public static SeenSignals Of(IEnumerable<SeenSignal> seen)
    {
        var all = seen as IReadOnlyList<SeenSignal> ?? [.. seen];
        var log = new Log(all.Count);
        for (var i = 0; i < all.Count; i++)
        {
            log.TryPut(i, all[i]);
        }

        return new(log, 0, all.Count);
    }

    /// <summary>The same.</summary>
    internal static SeenSignals Of(ReadOnlySpan<SeenSignal> seen) => seen.IsEmpty ? None : new(new Log(seen), 0, seen.Length);

    public int Count { get; private set; }

    /// <summary>By place, oldest first, in [0, <see cref="Count"/>).</summary>
    internal SeenSignal this[int i] => log.At(start + i);

    /// <summary>Oldest first.</summary>
    public IEnumerable<SeenSignal> All
    {
        get
        {
            for (var i = 0; i < Count; i++)
            {
                yield return log.At(start + i);
            }
        }
    }

    /// <summary>The signal with this id if it was taken within the window, else null.</summary>
    public SeenSignal? Find(ulong idHash, DateTimeOffset now)
    {
        var ids = log.Ids(start, Count);
        var oldest = (now - MostAge).UtcTicks;
        for (var at = ids.LastIndexOf(idHash); at >= 0; at = ids[..at].LastIndexOf(idHash))
        {
            if (log.At(start + at) is var seen && seen.AtTicks > oldest)
            {
                return seen;
            }
        }

        return null;
    }

    /// <summary>Both windows as one, by time.</summary>
    public SeenSignals Merge(SeenSignals other) =>
        other.Count == 0 ? this : Of(All.Concat(other.All).OrderBy(s => s.AtTicks).ThenBy(s => s.IdHash).TakeLast(MostIds));

    public SeenSignals Add(in SeenSignal seen)
    {
        var oldest = seen.AtTicks - MostAge.Ticks;
        var (from, count) = (start, Count);
        // Whole chunks leave: the window holds between MostIds and MostIds + ChunkSize - 1 ids, never fewer than promised.
        while (count > 0 && (log.At(from + Math.Min(ChunkSize, count) - 1).AtTicks <= oldest || count > MostIds))
        {
            var gone = Math.Min(ChunkSize, count);
            (from, count) = (from + gone, count - gone);
        }

        var into = log.TryPut(from + count, seen) ? log : null;
        if (into is null)
        {
            into = log.Copy(from, count, Math.Max(Smallest, count * 2));
            into.TryPut(count, seen);
            from = 0;
        }

        return new(into, from, count + 1);
    }

    /// <summary>What a holder of this window goes on with; see <see cref="Partitioning.Rewriting"/>.</summary>
    internal SeenSignals Rewrite(SeenSignals next)
    {
        if (ReferenceEquals(this, next) || ReferenceEquals(this, None))
        {
            return next;
        }

        (log, start, Count) = (next.log, next.start, next.Count);
        return this;
    }

    /// <summary>The same in an object of its own.</summary>
    internal SeenSignals Apart() => new(log, start, Count);

    private sealed class Log(int capacity)
    {
        private readonly ulong[] ids = new ulong[capacity];
        private readonly Rest[] rests = new Rest[capacity];
        private int taken;

        public Log(ReadOnlySpan<SeenSignal> seen)
            : this(seen.Length)
        {
            // Nobody else can take a place of it yet.
            for (var i = 0; i < seen.Length; i++)
            {
                (ids[i], rests[i]) = (seen[i].IdHash, new Rest(seen[i].ContentHash, seen[i].Sequence, seen[i].AtTicks));
            }

            taken = seen.Length;
        }

        public ReadOnlySpan<ulong> Ids(int start, int count) => ids.AsSpan(start, count);

        public SeenSignal At(int i)
        {
            ref readonly var rest = ref rests[i];
            return new(ids[i], rest.ContentHash, rest.Sequence, rest.AtTicks);
        }

        /// <summary>False if there is no such place or a later window has it already.</summary>
        public bool TryPut(int place, in SeenSignal seen)
        {
            if (place >= ids.Length || Interlocked.CompareExchange(ref taken, place + 1, place) != place)
            {
                return false;
            }

            (ids[place], rests[place]) = (seen.IdHash, new Rest(seen.ContentHash, seen.Sequence, seen.AtTicks));
            return true;
        }

        public Log Copy(int start, int count, int newCapacity)
        {
            var copy = new Log(newCapacity) { taken = count };
            Array.Copy(ids, start, copy.ids, 0, count);
            Array.Copy(rests, start, copy.rests, 0, count);
            return copy;
        }
    }

    private readonly record struct Rest(uint ContentHash, long Sequence, long AtTicks);
}

/// <summary>One signal of the id window.</summary>
public readonly record struct SeenSignal(ulong IdHash, uint ContentHash, long Sequence, long AtTicks);
