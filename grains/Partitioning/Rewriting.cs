using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Orchestrator.Grains.Partitioning;

/// <summary>
/// How a state that nobody but its holder refers to takes over what a turn made of it: the values are written into the objects that are there, and what the turn made is garbage at once.
/// </summary>
/// <remarks>
/// States are values, so every turn makes new ones; but each of those would live until the next signal of its account, which is long enough to be copied by two collections, and every old object
/// that refers to one has to be looked at by the next collection. Nothing in the domain may see the difference: see grains/decisions/0032-states-in-place.md.
/// </remarks>
internal static class Rewriting
{
    /// <summary>Of as many values: those of <paramref name="held"/>, overwritten. Else <paramref name="next"/>.</summary>
    public static ImmutableArray<T> Rewrite<T>(ImmutableArray<T> held, ImmutableArray<T> next)
        where T : struct
    {
        if (held == next || held.Length != next.Length)
        {
            return next;
        }

        Copy(ImmutableCollectionsMarshal.AsArray(next)!, ImmutableCollectionsMarshal.AsArray(held)!);
        return held;
    }

    /// <summary>The same in an array of its own.</summary>
    public static ImmutableArray<T> Apart<T>(ImmutableArray<T> items) => items.IsEmpty ? items : [.. items.AsSpan()];

    /// <summary>One by one: a copy as a whole would have the next collection look at all of an older array, whatever was written to it.</summary>
    public static void Copy<T>(T[] from, T[] to)
    {
        for (var i = 0; i < to.Length; i++)
        {
            to[i] = from[i];
        }
    }
}
