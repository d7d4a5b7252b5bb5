using System.Globalization;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Standings;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Grains.DataQuality;

/// <summary>Suspects people of one account to be the same person: they agree in all attributes by which the playbook compares them.</summary>
public static class Likeness
{
    /// <summary>Whether anybody else of the account is like this person.</summary>
    public static bool HasTwin(Account account, string contact) =>
        account.Standing is { } standing && standing.Likeness.TryGetValue(contact, out var likeness) && TwinsOf(standing, contact, likeness).Any();

    /// <summary>Who is like this person, sorted.</summary>
    public static IEnumerable<string> TwinsOf(Account account, string contact) =>
        account.Standing is { } standing && standing.Likeness.TryGetValue(contact, out var likeness) ? TwinsOf(standing, contact, likeness) : [];

    /// <summary>How many people of the account are like somebody else of it.</summary>
    public static long Suspected(Account account) =>
        account.Standing is { } standing ? standing.Likeness.Values.CountBy(l => l).Sum(l => l.Value > 1 ? (long)l.Value : 0) : 0;

    /// <summary>Share of people who are not suspected, in [0, 1]; 1 without people.</summary>
    public static double Unique(Account account) => account.Contacts.Count == 0 ? 1 : 1 - (Math.Min(account.Contacts.Count, Suspected(account)) / (double)account.Contacts.Count);

    /// <summary>Notes anew what the person is compared by.</summary>
    internal static void Note(TurnBuilder turn, DataQualityDefinition quality, string contact)
    {
        var likeness = Of(turn.Contact(contact).Attributes, quality);
        if (likeness != (turn.Account.Standing?.Likeness.GetValueOrDefault(contact) ?? 0))
        {
            turn.Add(new AccountEvent.OfStanding(new StandingEvent.Likened(contact, likeness)));
        }
    }

    /// <summary>Equal for people who agree in all compared attributes, whatever the case and the blanks around; 0 if one of them is not known.</summary>
    private static ulong Of(AttributeSet attributes, DataQualityDefinition quality)
    {
        var likeness = StableHash.Of("likeness");
        foreach (var name in quality.Alike)
        {
            if (!attributes.TryGetValue(name, out var held) || held.Value.KindCase == Value.KindOneofCase.None)
            {
                return 0;
            }

            likeness = StableHash.Of(likeness, StableHash.Of(SignalValues.Text(held.Value).Trim().ToLower(CultureInfo.InvariantCulture)));
        }

        return likeness == 0 ? 1 : likeness;
    }

    private static IEnumerable<string> TwinsOf(AccountStanding standing, string contact, ulong likeness) =>
        standing.Likeness.Where(l => l.Value == likeness && l.Key != contact).Select(l => l.Key);
}
