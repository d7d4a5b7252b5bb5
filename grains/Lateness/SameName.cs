using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.BuyingGroups;
using Orchestrator.Grains.Standings;
using Orchestrator.Grains.Survivorship;

namespace Orchestrator.Grains.Lateness;

/// <summary>People who would be known under another id, since another account would have met them first: who has the same name is the same.</summary>
internal sealed class SameName
{
    private readonly Dictionary<string, string> knownBy = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> wouldBe = new(StringComparer.Ordinal);

    public static SameName Of(Account would, Account account)
    {
        var same = new SameName();
        foreach (var (name, id) in would.Identifiers)
        {
            if (account.Identifiers.TryGetValue(name, out var known) && known != id && !account.Contacts.ContainsKey(id))
            {
                same.knownBy.TryAdd(id, known);
                same.wouldBe.TryAdd(known, id);
            }
        }

        return same;
    }

    /// <summary>The id under which somebody would be known.</summary>
    public string WouldBe(string contact) => wouldBe.GetValueOrDefault(contact, contact);

    /// <summary>The account with people under the ids that they have.</summary>
    public Account Rename(Account would)
    {
        foreach (var (id, known) in knownBy)
        {
            would = AccountMerge.Renamed(would, id, known);
            would = would with
            {
                Contacts = would.Contacts.TryGetValue(id, out var link) ? would.Contacts.Remove(id).SetItem(known, link) : would.Contacts,
                Standing = would.Standing is { } standing ? Rename(standing, id, known) : null,
            };
        }

        return would;
    }

    private static AccountStanding Rename(AccountStanding standing, string id, string known) => standing with
    {
        Activity = standing.Activity.TryGetValue(id, out var activity) ? standing.Activity.Remove(id).SetItem(known, activity) : standing.Activity,
        OfferingRoles = [.. standing.OfferingRoles.Select(r => r.Contact == id ? r with { Contact = known } : r).Order(Comparer<OfferingRole>.Create(OfferingRole.Compare))],
        OfferingMembers = [.. standing.OfferingMembers.Select(m => m.Contact == id ? m with { Contact = known } : m).Order(Comparer<OfferingMember>.Create(OfferingMember.Compare))],
        Left = standing.Left.TryGetValue(id, out var left) ? standing.Left.Remove(id).SetItem(known, left) : standing.Left,
    };
}
