using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Standings;

namespace Orchestrator.Grains.BuyingGroups;

/// <summary>Who belongs to the groups of single offerings.</summary>
internal static class Offerings
{
    /// <summary>A role is held for one offering only, or is given up for it.</summary>
    /// <returns>Whether the role as such stays: it is held for another offering.</returns>
    public static bool SetRole(TurnBuilder turn, string contact, string role, string offering, bool assigned)
    {
        if (Holds(turn.Account, new OfferingRole(contact, role, offering)) != assigned)
        {
            turn.Add(new AccountEvent.OfStanding(new StandingEvent.OfferingRoleSet(offering, role, contact, assigned)));
        }

        return turn.Account.Standing?.OfferingRoles.Any(r => r.Contact == contact && r.Role == role) ?? false;
    }

    /// <summary>The role counts for all offerings again, or for none.</summary>
    public static void Clear(TurnBuilder turn, string contact, string role)
    {
        foreach (var held in turn.Account.Standing?.OfferingRoles ?? [])
        {
            if (held.Contact == contact && held.Role == role)
            {
                turn.Add(new AccountEvent.OfStanding(new StandingEvent.OfferingRoleSet(held.Offering, role, contact, Assigned: false)));
            }
        }
    }

    /// <summary>Judges anew whom the offerings' conditions let in.</summary>
    public static void Judge(TurnBuilder turn, Playbook playbook, string contact)
    {
        var facts = turn.Context.Workspace.Facts;
        foreach (var offering in playbook.Offerings)
        {
            if (offering.Members is not { } members)
            {
                continue;
            }

            facts.Account = turn.Account;
            facts.Contact = turn.Contact(contact);
            var belongs = members.Holds(facts);
            if (IsLetIn(turn.Account, contact, offering.Id) != belongs)
            {
                turn.Add(new AccountEvent.OfStanding(new StandingEvent.MemberJudged(offering.Id, contact, belongs)));
            }
        }
    }

    /// <summary>Whether a role that the person has counts for the offering.</summary>
    public static bool Counts(Account account, string contact, string role, OfferingRule offering)
    {
        if (offering.Selects && !IsLetIn(account, contact, offering.Id))
        {
            return false;
        }

        var only = false;
        foreach (var held in account.Standing?.OfferingRoles ?? [])
        {
            if (held.Contact == contact && held.Role == role)
            {
                if (held.Offering == offering.Id)
                {
                    return true;
                }

                only = true;
            }
        }

        return !only;
    }

    private static bool Holds(Account account, OfferingRole role) => account.Standing is { } standing && standing.OfferingRoles.Contains(role);

    private static bool IsLetIn(Account account, string contact, string offering) =>
        account.Standing is { } standing && standing.OfferingMembers.Contains(new OfferingMember(contact, offering));
}
