using System.Collections;
using System.Diagnostics.CodeAnalysis;
using Orchestrator.Grains.Provenance;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Grains.Accounts;

/// <summary>What is known of an account or a person, by name in ordinal order; a value, never changed.</summary>
/// <remarks>Two arrays instead of a tree: there are a handful of attributes, every decision looks them up and few signals change them.</remarks>
public sealed class AttributeSet : IReadOnlyCollection<KeyValuePair<string, Held>>
{
    public static readonly AttributeSet None = new([], []);

    /// <summary>Up to so many a walk finds a name sooner than halving does.</summary>
    private const int FewNames = 12;

    private readonly string[] names;
    private readonly Held[] values;

    private AttributeSet(string[] names, Held[] values) => (this.names, this.values) = (names, values);

    public int Count => names.Length;

    /// <summary>The set of these. In order already, as a set was written: they become the set.</summary>
    internal static AttributeSet Of(string[] names, Held[] values)
    {
        for (var i = 1; i < names.Length; i++)
        {
            if (string.CompareOrdinal(names[i - 1], names[i]) >= 0)
            {
                return names.Zip(values).Aggregate(None, (set, one) => set.With(one.First, one.Second));
            }
        }

        return new(names, values);
    }

    /// <exception cref="KeyNotFoundException">There is none of this name.</exception>
    public Held this[string name] => TryGetValue(name, out var held) ? held : throw new KeyNotFoundException($"no attribute `{name}`");

    public bool TryGetValue(string name, [MaybeNullWhen(false)] out Held held)
    {
        var at = IndexOf(name);
        held = at >= 0 ? values[at] : null;
        return at >= 0;
    }

    /// <summary>With this value; the others stay.</summary>
    public AttributeSet With(string name, Held held)
    {
        var at = IndexOf(name);
        if (at >= 0)
        {
            var changed = (Held[])values.Clone();
            changed[at] = held;
            return new(names, changed);
        }

        at = ~Array.BinarySearch(names, name, StringComparer.Ordinal);
        return new([.. names.AsSpan(0, at), name, .. names.AsSpan(at)], [.. values.AsSpan(0, at), held, .. values.AsSpan(at)]);
    }

    /// <summary>Sets values, except where a later one is already there. An empty value removes: it is kept, so that a late earlier one does not come back.</summary>
    public AttributeSet Set(IReadOnlyDictionary<string, Value> changes, DateTimeOffset at, Origin? origin = null)
    {
        var set = this;
        foreach (var (name, value) in changes)
        {
            if (!set.TryGetValue(name, out var held) || held.At <= at)
            {
                set = set.With(name, new Held(value, at) { Origin = origin });
            }
        }

        return set;
    }

    public IEnumerator<KeyValuePair<string, Held>> GetEnumerator()
    {
        for (var i = 0; i < names.Length; i++)
        {
            yield return KeyValuePair.Create(names[i], values[i]);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private int IndexOf(string name)
    {
        if (names.Length > FewNames)
        {
            return Array.BinarySearch(names, name, StringComparer.Ordinal);
        }

        for (var i = 0; i < names.Length; i++)
        {
            if (names[i] == name)
            {
                return i;
            }
        }

        return -1;
    }
}

/// <summary>An attribute's value and when it became so; an empty value = known to be absent since then.</summary>
public sealed record Held(Value Value, DateTimeOffset At)
{
    /// <summary>Null: a machine saw it, and no system put its name to it.</summary>
    public Origin? Origin { get; init; }
}
