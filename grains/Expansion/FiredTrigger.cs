using System.Collections.Immutable;

namespace Orchestrator.Grains.Expansion;

/// <summary>A trigger of expansion that fired.</summary>
/// <param name="At">The last time.</param>
public sealed record FiredTrigger(string Trigger, DateTimeOffset At)
{
    internal static DateTimeOffset? Find(ImmutableArray<FiredTrigger> fired, string trigger)
    {
        foreach (var one in fired)
        {
            if (one.Trigger == trigger)
            {
                return one.At;
            }
        }

        return null;
    }

    internal static ImmutableArray<FiredTrigger> Set(ImmutableArray<FiredTrigger> fired, FiredTrigger added)
    {
        var at = 0;
        for (; at < fired.Length && string.CompareOrdinal(fired[at].Trigger, added.Trigger) <= 0; at++)
        {
            if (fired[at].Trigger == added.Trigger)
            {
                return fired.SetItem(at, fired[at].At > added.At ? fired[at] : added);
            }
        }

        return fired.Insert(at, added);
    }
}
