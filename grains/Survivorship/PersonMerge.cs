using Orchestrator.Grains.Contacts;

namespace Orchestrator.Grains.Survivorship;

/// <summary>Two histories of one person become one; <see cref="MergeRules.Contact"/> says by which rules.</summary>
internal static class PersonMerge
{
    /// <summary>The rules that events name which are written now.</summary>
    public const int Rules = 1;

    /// <remarks>
    /// The first release kept the instant at which the account met the person last instead of first, and counted messages and outcomes twice that both sides knew of: after
    /// a merge that was undone they do.
    /// </remarks>
    public static Contact Join(Contact ours, ContactEvent.Absorbed absorbed)
    {
        var theirs = absorbed.Other;
        return Contact.Absorb(ours, theirs, absorbed.Survivors) with
        {
            OpenedAt = theirs.Exists && theirs.OpenedAt < ours.OpenedAt ? theirs.OpenedAt : ours.OpenedAt,
            Slots = [.. ours.Slots.UnionBy(theirs.Slots.Select(s => s with { Contact = ours.Key.Id }), s => s.Id).OrderBy(s => s.At).ThenBy(s => s.Id, StringComparer.Ordinal)],
            Outcomes = [.. ours.Outcomes.Union(theirs.Outcomes).OrderBy(o => o.At)],
        };
    }
}
