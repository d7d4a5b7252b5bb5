using System.Collections;
using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;
using Google.Protobuf.Collections;

namespace Orchestrator.V1;

/// <summary>
/// The properties of a <see cref="Signal"/> by name, in the order added: what <see cref="MapField{TKey,TValue}"/> is for every other map of the contract, as one array.
/// Nearly all signals have a handful, for which a table, a list and a node each are most of the objects that a signal is made of while it waits.
/// </summary>
/// <remarks>
/// The generated code of <see cref="Signal"/> names this type in the map's place (Orchestrator.Protos.csproj); reading, writing, comparing and JSON are as before,
/// bytes included. Names are looked for one by one up to <see cref="MostSought"/>, beyond that by a table: whoever sends ten thousand pays for ten thousand. Not thread-safe
/// while it is changed. protos/decisions/0001-properties-of-signals.md.
/// </remarks>
#pragma warning disable CA1710 // The contract's word.
public sealed partial class SignalProperties : IDictionary<string, Value>, IReadOnlyDictionary<string, Value>, IEquatable<SignalProperties>, IDeepCloneable<SignalProperties>
#pragma warning restore CA1710
{
    /// <summary>So many are compared one by one.</summary>
    public const int MostSought = 12;

    private const int Smallest = 4;

    private KeyValuePair<string, Value>[] entries = [];
    private Dictionary<string, int>? table;

    /// <summary>How many.</summary>
    public int Count { get; private set; }

    /// <summary>In the order added.</summary>
    public IReadOnlyList<string> Keys => [.. entries.AsSpan(0, Count).ToArray().Select(entry => entry.Key)];

    /// <summary>In the order added.</summary>
    public IReadOnlyList<Value> Values => [.. entries.AsSpan(0, Count).ToArray().Select(entry => entry.Value)];

    ICollection<string> IDictionary<string, Value>.Keys => [.. Keys];

    ICollection<Value> IDictionary<string, Value>.Values => [.. Values];

    IEnumerable<string> IReadOnlyDictionary<string, Value>.Keys => Keys;

    IEnumerable<Value> IReadOnlyDictionary<string, Value>.Values => Values;

    bool ICollection<KeyValuePair<string, Value>>.IsReadOnly => false;

    /// <summary>The value of a property; setting one that is there keeps its place.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    public Value this[string key]
    {
        get => TryGetValue(key, out var value) ? value : throw new KeyNotFoundException($"there is no property `{key}`");
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            if (IndexOf(key) is >= 0 and var at)
            {
                entries[at] = new(key, value);
            }
            else
            {
                Append(key, value);
            }
        }
    }

    /// <exception cref="ArgumentException">There is one of that name.</exception>
    public void Add(string key, Value value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (ContainsKey(key))
        {
            throw new ArgumentException($"the property `{key}` is there already", nameof(key));
        }

        Append(key, value);
    }

    /// <summary>Adds all of them.</summary>
    public void Add(IEnumerable<KeyValuePair<string, Value>> others)
    {
        ArgumentNullException.ThrowIfNull(others);
        foreach (var (key, value) in others)
        {
            Add(key, value);
        }
    }

    public bool ContainsKey(string key) => IndexOf(key) >= 0;

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out Value value)
    {
        var at = IndexOf(key);
        value = at < 0 ? null : entries[at].Value;
        return at >= 0;
    }

    public bool Remove(string key)
    {
        var at = IndexOf(key);
        if (at < 0)
        {
            return false;
        }

        entries.AsSpan(at + 1, Count - at - 1).CopyTo(entries.AsSpan(at));
        entries[--Count] = default;
        table = null;
        return true;
    }

    public void Clear()
    {
        (entries, table, Count) = ([], null, 0);
    }

    /// <summary>In the order added; makes no object.</summary>
    public Enumerator GetEnumerator() => new(this);

    IEnumerator<KeyValuePair<string, Value>> IEnumerable<KeyValuePair<string, Value>>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    void ICollection<KeyValuePair<string, Value>>.Add(KeyValuePair<string, Value> item) => Add(item.Key, item.Value);

    bool ICollection<KeyValuePair<string, Value>>.Contains(KeyValuePair<string, Value> item) => TryGetValue(item.Key, out var value) && Equals(value, item.Value);

    bool ICollection<KeyValuePair<string, Value>>.Remove(KeyValuePair<string, Value> item) =>
        ((ICollection<KeyValuePair<string, Value>>)this).Contains(item) && Remove(item.Key);

    public void CopyTo(KeyValuePair<string, Value>[] array, int arrayIndex) => entries.AsSpan(0, Count).CopyTo(array.AsSpan(arrayIndex));

    /// <summary>The same names and values, in whatever order.</summary>
    public bool Equals(SignalProperties? other)
    {
        if (other is null || other.Count != Count)
        {
            return false;
        }

        for (var i = 0; i < Count; i++)
        {
            if (!other.TryGetValue(entries[i].Key, out var value) || !value.Equals(entries[i].Value))
            {
                return false;
            }
        }

        return true;
    }

    public override bool Equals(object? obj) => obj is SignalProperties other && Equals(other);

    public override int GetHashCode()
    {
        var hash = 0;
        for (var i = 0; i < Count; i++)
        {
            hash ^= unchecked((StringComparer.Ordinal.GetHashCode(entries[i].Key) * 31) + entries[i].Value.GetHashCode());
        }

        return hash;
    }

    /// <summary>With values of its own.</summary>
    public SignalProperties Clone()
    {
        var clone = new SignalProperties();
        foreach (var (key, value) in this)
        {
            clone.Append(key, value.Clone());
        }

        return clone;
    }

    public override string ToString() => string.Join(", ", entries.Take(Count).Select(entry => $"{entry.Key}: {entry.Value}"));

    private int IndexOf(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (Count > MostSought)
        {
            return (table ??= Table()).TryGetValue(key, out var at) ? at : -1;
        }

        for (var i = 0; i < Count; i++)
        {
            if (entries[i].Key == key)
            {
                return i;
            }
        }

        return -1;
    }

    private Dictionary<string, int> Table()
    {
        var made = new Dictionary<string, int>(Count * 2, StringComparer.Ordinal);
        for (var i = 0; i < Count; i++)
        {
            made.Add(entries[i].Key, i);
        }

        return made;
    }

    private void Append(string key, Value value)
    {
        if (Count == entries.Length)
        {
            Array.Resize(ref entries, Math.Max(Smallest, Count * 2));
        }

        table?.Add(key, Count);
        entries[Count++] = new(key, value);
    }

    /// <summary>Walks over the properties.</summary>
    public struct Enumerator(SignalProperties properties) : IEnumerator<KeyValuePair<string, Value>>
    {
        private int at = -1;

        public readonly KeyValuePair<string, Value> Current => properties.entries[at];

        readonly object IEnumerator.Current => Current;

        public bool MoveNext() => ++at < properties.Count;

        public void Reset() => at = -1;

        public readonly void Dispose()
        {
        }
    }
}
