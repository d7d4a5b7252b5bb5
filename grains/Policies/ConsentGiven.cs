using System.Collections.Immutable;

namespace Orchestrator.Grains.Policies;

/// <summary>A person's latest word on one purpose and channel.</summary>
/// <param name="Purpose">For example "marketing".</param>
/// <param name="Channel">Empty = all channels.</param>
public sealed record ConsentGiven(string Purpose, string Channel, bool Given, DateTimeOffset At, string Source)
{
    /// <summary>Given but not confirmed, though the playbook asked for that: it does not count where consent must be confirmed.</summary>
    public bool Unconfirmed { get; init; }

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

    /// <summary>These words in the place of those on the same purpose and channel, whenever they were said.</summary>
    public static ImmutableArray<ConsentGiven> Correct(ImmutableArray<ConsentGiven> consents, IReadOnlyList<ConsentGiven> corrected) =>
        corrected.Count == 0 ? consents : Sorted(consents.Where(c => corrected.All(o => o.Purpose != c.Purpose || o.Channel != c.Channel)).Concat(corrected));

    /// <summary>
    /// After a merge: on each channel, where both have spoken and differ, the refusal stands, whenever it was given. It bears the later instant of the two, so that only
    /// a later word undoes it.
    /// </summary>
    public static ImmutableArray<ConsentGiven> MostRestrictive(ImmutableArray<ConsentGiven> one, ImmutableArray<ConsentGiven> other) =>
        Sorted(one.Concat(other).Select(c => (c.Purpose, c.Channel)).Distinct().Select(k => Both(Latest(one, k.Purpose, k.Channel), Latest(other, k.Purpose, k.Channel), k.Channel)));

    /// <summary>True if the person has agreed to the purpose on this channel: by a word on the channel, or on all channels, whichever is later.</summary>
    /// <param name="confirmed">Whether it counts only when confirmed.</param>
    public static bool Allows(ImmutableArray<ConsentGiven> consents, string purpose, string channel, bool confirmed = false) =>
        Latest(consents, purpose, channel) is { Given: true } word && !(confirmed && word.Unconfirmed);

    /// <summary>The word on exactly this purpose and channel; null: none.</summary>
    public static ConsentGiven? Find(ImmutableArray<ConsentGiven> consents, string purpose, string channel) =>
        consents.FirstOrDefault(c => c.Purpose == purpose && c.Channel == channel);

    private static ConsentGiven Both(ConsentGiven? one, ConsentGiven? other, string channel)
    {
        var word = one is null ? other! : other is null ? one : one.Given == other.Given ? (one.At >= other.At ? one : other) : one.Given ? other : one;
        return word with { Channel = channel, Unconfirmed = word.Given && (one?.Unconfirmed == true || other?.Unconfirmed == true), At = one?.At > word.At ? one.At : other?.At > word.At ? other.At : word.At };
    }

    private static ConsentGiven? Latest(ImmutableArray<ConsentGiven> consents, string purpose, string channel)
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

        return latest;
    }

    private static ImmutableArray<ConsentGiven> Sorted(IEnumerable<ConsentGiven> consents) =>
        [.. consents.OrderBy(c => c.Purpose, StringComparer.Ordinal).ThenBy(c => c.Channel, StringComparer.Ordinal)];
}
