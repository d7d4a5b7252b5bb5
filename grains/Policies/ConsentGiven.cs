using System.Collections.Immutable;

namespace Orchestrator.Grains.Policies;

/// <summary>A person's latest word on one purpose and channel.</summary>
/// <param name="Purpose">For example "marketing".</param>
/// <param name="Channel">Empty = all channels.</param>
public sealed record ConsentGiven(string Purpose, string Channel, bool Given, DateTimeOffset At, string Source)
{
    /// <summary>Sets one word; the last event time wins, not the last arrival; at the same instant a withdrawal wins.</summary>
    public static ImmutableArray<ConsentGiven> Set(ImmutableArray<ConsentGiven> consents, ConsentGiven consent)
    {
        var before = consents.FirstOrDefault(c => c.Purpose == consent.Purpose && c.Channel == consent.Channel);
        if (before is not null && (before.At > consent.At || (before.At == consent.At && !before.Given)))
        {
            return consents;
        }

        return Sorted(consents.Where(c => c != before).Append(consent));
    }

    /// <summary>After a merge: where both have spoken and differ, the refusal stands, whenever it was given.</summary>
    public static ImmutableArray<ConsentGiven> MostRestrictive(ImmutableArray<ConsentGiven> one, ImmutableArray<ConsentGiven> other) =>
        Sorted(one.Concat(other).GroupBy(c => (c.Purpose, c.Channel)).Select(g => g.OrderBy(c => c.Given).ThenByDescending(c => c.At).First()));

    /// <summary>True if the person has agreed to the purpose on this channel: by a word on the channel, or on all channels, whichever is later.</summary>
    public static bool Allows(ImmutableArray<ConsentGiven> consents, string purpose, string channel)
    {
        ConsentGiven? latest = null;
        foreach (var consent in consents)
        {
            if (consent.Purpose == purpose && (consent.Channel.Length == 0 || consent.Channel == channel) &&
                (latest is null || consent.At > latest.At || (consent.At == latest.At && !consent.Given)))
            {
                latest = consent;
            }
        }

        return latest is { Given: true };
    }

    private static ImmutableArray<ConsentGiven> Sorted(IEnumerable<ConsentGiven> consents) =>
        [.. consents.OrderBy(c => c.Purpose, StringComparer.Ordinal).ThenBy(c => c.Channel, StringComparer.Ordinal)];
}
