namespace Orchestrator.Grains.Partitioning;

/// <summary>
/// A list as of one moment: adding gives the next version and leaves this one as it is, without copying, since versions share one buffer of which each sees
/// only its own length. A place of the buffer is taken once: whoever adds to an older version gets a copy.
/// </summary>
/// <remarks>A value like any other: what a version shows never changes, whichever thread adds to which version.</remarks>
internal readonly struct Grown<T> : IEquatable<Grown<T>>
{
    private const int Smallest = 4;
    private readonly Buffer? buffer;

    private Grown(Buffer buffer, int count) => (this.buffer, Count) = (buffer, count);

    public int Count { get; }

    public ReadOnlySpan<T> Items => buffer is null ? [] : buffer.Items.AsSpan(0, Count);

    public static Grown<T> Of(ReadOnlySpan<T> items) => new(new Buffer(items.ToArray(), items.Length), items.Length);

    /// <param name="items">Not to be changed any more.</param>
    public static Grown<T> Holding(T[] items) => new(new Buffer(items, items.Length), items.Length);

    /// <param name="room">For so many in all, from 1.</param>
    public static Grown<T> Of(in T first, int room)
    {
        var items = new T[room];
        items[0] = first;
        return new(new Buffer(items, 1), 1);
    }

    /// <param name="added">Goes to the end.</param>
    /// <param name="most">The list never gets longer: no buffer is larger.</param>
    public Grown<T> Add(in T added, int most)
    {
        if (buffer is not null && Count < buffer.Items.Length && buffer.Take(Count))
        {
            buffer.Items[Count] = added;
            return new(buffer, Count + 1);
        }

        var items = new T[Math.Min(most, Math.Max(Smallest, Count * 2))];
        Items.CopyTo(items);
        items[Count] = added;
        return new(new Buffer(items, Count + 1), Count + 1);
    }

    /// <summary>Whether this is the very same version.</summary>
    public bool Equals(Grown<T> other) => ReferenceEquals(buffer, other.buffer) && Count == other.Count;

    public override bool Equals(object? obj) => obj is Grown<T> other && Equals(other);

    public override int GetHashCode() => Count;

    private sealed class Buffer(T[] items, int taken)
    {
        private int taken = taken;

        public T[] Items => items;

        /// <summary>False if a later version of the list has that place already.</summary>
        public bool Take(int place) => Interlocked.CompareExchange(ref taken, place + 1, place) == place;
    }
}
