using System.Collections;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Orchestrator.Grains.Partitioning;

/// <summary>
/// A map from texts, in ordinal order, as of one moment: changing gives the next version and leaves this one as it is. Up to <see cref="MostSideBySide"/> entries lie side by
/// side in two arrays, and a version that sets a known key shares the keys with the one before: most accounts have a handful of people, and a tree of them is three
/// objects to copy, to collect and to follow for each signal. Larger ones are trees.
/// </summary>
public sealed class SmallSortedDictionary<TValue> : IReadOnlyDictionary<string, TValue>
{
    /// <summary>Beyond, copying costs more than a tree does.</summary>
    public const int MostSideBySide = 64;

    public static readonly SmallSortedDictionary<TValue> Empty = new([], []);

    private readonly string[] keys;
    private readonly TValue[] values;
    private readonly ImmutableSortedDictionary<string, TValue>? tree;

    private SmallSortedDictionary(string[] keys, TValue[] values) => (this.keys, this.values) = (keys, values);

    private SmallSortedDictionary(ImmutableSortedDictionary<string, TValue> tree) => (keys, values, this.tree) = ([], [], tree);

    public int Count => tree?.Count ?? keys.Length;

    public bool IsEmpty => Count == 0;

    public IEnumerable<string> Keys => tree?.Keys ?? keys;

    public IEnumerable<TValue> Values => tree?.Values ?? values;

    /// <exception cref="KeyNotFoundException">There is no such key.</exception>
    public TValue this[string key] => TryGetValue(key, out var value) ? value : throw new KeyNotFoundException($"there is no `{key}`");

    /// <summary>The map of these; of equal keys the last one counts.</summary>
    public static SmallSortedDictionary<TValue> Of(IEnumerable<KeyValuePair<string, TValue>> entries) => Empty.SetItems(entries);

    /// <summary>The map of these. Few and in order already, as a map was written: they become the map.</summary>
    public static SmallSortedDictionary<TValue> Of(string[] keys, TValue[] values)
    {
        for (var i = 1; i < keys.Length; i++)
        {
            if (keys.Length > MostSideBySide || string.CompareOrdinal(keys[i - 1], keys[i]) >= 0)
            {
                return Of(keys.Zip(values, KeyValuePair.Create));
            }
        }

        return new(keys, values);
    }

    public bool ContainsKey(string key) => tree?.ContainsKey(key) ?? IndexOf(key) >= 0;

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out TValue value)
    {
        if (tree is not null)
        {
            return tree.TryGetValue(key, out value);
        }

        var at = IndexOf(key);
        value = at >= 0 ? values[at] : default;
        return at >= 0;
    }

    /// <exception cref="ArgumentException">The key is there already.</exception>
    public SmallSortedDictionary<TValue> Add(string key, TValue value) =>
        ContainsKey(key) ? throw new ArgumentException($"there is a `{key}` already", nameof(key)) : SetItem(key, value);

    public SmallSortedDictionary<TValue> SetItem(string key, TValue value)
    {
        if (tree is not null)
        {
            return new(tree.SetItem(key, value));
        }

        var at = IndexOf(key);
        if (at >= 0)
        {
            TValue[] set = [.. values];
            set[at] = value;
            return new(keys, set);
        }

        return keys.Length < MostSideBySide
            ? new([.. keys.AsSpan(0, ~at), key, .. keys.AsSpan(~at)], [.. values.AsSpan(0, ~at), value, .. values.AsSpan(~at)])
            : new(ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, this).SetItem(key, value));
    }

    public SmallSortedDictionary<TValue> SetItems(IEnumerable<KeyValuePair<string, TValue>> entries)
    {
        var map = ImmutableSortedDictionary.CreateBuilder<string, TValue>(StringComparer.Ordinal);
        map.AddRange(this);
        foreach (var (key, value) in entries)
        {
            map[key] = value;
        }

        return Of(map.ToImmutable());
    }

    /// <summary>Without this key; the same map if it has none.</summary>
    public SmallSortedDictionary<TValue> Remove(string key)
    {
        if (tree is not null)
        {
            return tree.ContainsKey(key) ? Of(tree.Remove(key)) : this;
        }

        var at = IndexOf(key);
        return at < 0 ? this : new([.. keys.AsSpan(0, at), .. keys.AsSpan(at + 1)], [.. values.AsSpan(0, at), .. values.AsSpan(at + 1)]);
    }

    public SmallSortedDictionary<TValue> RemoveRange(IEnumerable<string> without)
    {
        var map = this;
        // Listed first: what is to go is often asked of this very map.
        foreach (var key in without.ToList())
        {
            map = map.Remove(key);
        }

        return map;
    }

    /// <summary>What a holder of this map goes on with; see <see cref="Rewriting"/>.</summary>
    internal SmallSortedDictionary<TValue> Rewrite(SmallSortedDictionary<TValue> next)
    {
        if (ReferenceEquals(this, next) || !ReferenceEquals(keys, next.keys) || tree is not null || next.tree is not null)
        {
            return next;
        }

        Rewriting.Copy(next.values, values);
        return this;
    }

    /// <summary>The same with values of its own; a tree is never written to.</summary>
    internal SmallSortedDictionary<TValue> Apart() => tree is not null || keys.Length == 0 ? this : new(keys, [.. values]);

    public Enumerator GetEnumerator() => new(this);

    IEnumerator<KeyValuePair<string, TValue>> IEnumerable<KeyValuePair<string, TValue>>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static SmallSortedDictionary<TValue> Of(ImmutableSortedDictionary<string, TValue> tree) =>
        tree.Count > MostSideBySide ? new(tree) : tree.IsEmpty ? Empty : new([.. tree.Keys], [.. tree.Values]);

    /// <summary>Where the key is, or the complement of where it belongs.</summary>
    private int IndexOf(string key)
    {
        var (low, high) = (0, keys.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = string.CompareOrdinal(keys[middle], key);
            if (order == 0)
            {
                return middle;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return ~low;
    }

    /// <summary>In the order of the keys.</summary>
    public struct Enumerator : IEnumerator<KeyValuePair<string, TValue>>
    {
        private readonly SmallSortedDictionary<TValue> map;
        private ImmutableSortedDictionary<string, TValue>.Enumerator tree;
        private int at;

        internal Enumerator(SmallSortedDictionary<TValue> map)
        {
            (this.map, at) = (map, -1);
            tree = map.tree?.GetEnumerator() ?? default;
        }

        public readonly KeyValuePair<string, TValue> Current => map.tree is null ? KeyValuePair.Create(map.keys[at], map.values[at]) : tree.Current;

        readonly object IEnumerator.Current => Current;

        public bool MoveNext() => map.tree is null ? ++at < map.keys.Length : tree.MoveNext();

        public void Reset()
        {
            at = -1;
            tree = map.tree?.GetEnumerator() ?? default;
        }

        public void Dispose()
        {
            if (map.tree is not null)
            {
                tree.Dispose();
            }
        }
    }
}
