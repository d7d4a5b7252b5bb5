using System.Text;

namespace Orchestrator.Grains.Conditions;

/// <summary>The standard functions and operators by name; comparisons, `in`, indexes and macros are compiled apart.</summary>
internal static class CelStandardLibrary
{
    private static readonly Dictionary<string, CelOverload[]> ByName =
        CelArithmetic.Overloads.Concat(CelConversions.Overloads).Concat(CelCalendar.Overloads).Concat(Texts())
            .GroupBy(overload => overload.Name, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.ToArray(), StringComparer.Ordinal);

    /// <summary>Overloads of a function; a receiver's name starts with a dot and its target is the first parameter.</summary>
    public static IReadOnlyList<CelOverload> Find(string name) => ByName.TryGetValue(name, out var found) ? found : [];

    /// <summary>Names of functions, with the dot of receivers left out.</summary>
    public static IEnumerable<string> Names(bool receivers) =>
        ByName.Keys.Where(name => name.StartsWith('.') == receivers && !name.StartsWith('_')).Select(name => name.TrimStart('.'));

    private static IEnumerable<CelOverload> Texts()
    {
        yield return CelOverload.Of(".contains", CelType.Bool, CelType.String, CelType.String, (string a, string b, ref CelFault _) => a.Contains(b, StringComparison.Ordinal));
        yield return CelOverload.Of(".startsWith", CelType.Bool, CelType.String, CelType.String, (string a, string b, ref CelFault _) => a.StartsWith(b, StringComparison.Ordinal));
        yield return CelOverload.Of(".endsWith", CelType.Bool, CelType.String, CelType.String, (string a, string b, ref CelFault _) => a.EndsWith(b, StringComparison.Ordinal));
        foreach (var name in new[] { "size", ".size" })
        {
            yield return CelOverload.Of(name, CelType.Int, CelType.String, (string a, ref CelFault _) => Length(a));
            yield return CelOverload.Of(name, CelType.Int, CelType.Bytes, (object? a, ref CelFault _) => (long)((byte[])a!).Length);
            yield return CelOverload.Of(name, CelType.Int, CelType.List(CelType.Dyn), (object? a, ref CelFault _) => (long)((IReadOnlyList<object?>)a!).Count);
            yield return CelOverload.Of(name, CelType.Int, CelType.Map(CelType.Dyn, CelType.Dyn), (object? a, ref CelFault _) => (long)((CelMap)a!).Count);
        }
    }

    private static long Length(string text)
    {
        long length = 0;
        foreach (var _ in text.EnumerateRunes())
        {
            length++;
        }

        return length;
    }
}
