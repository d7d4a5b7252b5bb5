using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Grains.Conditions;

/// <summary>A CEL map: keys are bool, int, uint, string (a double finds its equal integer); order of entries is kept.</summary>
public sealed class CelMap
{
    private readonly Dictionary<object, object?> entries;
    private readonly object[] keys;

    /// <param name="entries">The entries; keys must be bool, long, ulong or string, and differ.</param>
    /// <exception cref="ArgumentException">Two keys are equal.</exception>
    public CelMap(IEnumerable<KeyValuePair<object, object?>> entries)
    {
        var list = entries.ToList();
        this.entries = new Dictionary<object, object?>(list, KeyComparer.Instance);
        keys = [.. list.Select(entry => entry.Key)];
    }

    public int Count => keys.Length;

    /// <summary>The keys in the order of the literal or source.</summary>
    public IReadOnlyList<object> Keys => keys;

    /// <summary>Looks a key up; 1, 1u and 1.0 are the same key.</summary>
    public bool TryGet(object? key, out object? value)
    {
        value = null;
        return key is not null && entries.TryGetValue(key, out value);
    }

    private sealed class KeyComparer : IEqualityComparer<object>
    {
        internal static readonly KeyComparer Instance = new();

        public new bool Equals(object? x, object? y) => CelValues.Equal(x, y);

        public int GetHashCode(object obj) => unchecked((int)(obj switch
        {
            string text => StableHash.Of(text),
            bool flag => flag ? 1UL : 2UL,
            long whole => StableHash.Of((ulong)whole, 0),
            ulong whole => StableHash.Of(whole, 0),
            double real when real == Math.Truncate(real) && Math.Abs(real) < 1e19 => StableHash.Of(real < 0 ? (ulong)(long)Math.Max(real, long.MinValue) : (ulong)Math.Min(real, ulong.MaxValue), 0),
            _ => 0UL,
        }));
    }
}
