using Orchestrator.Grains.BuyingGroups;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Playbooks;
using Account = Orchestrator.Grains.Accounts.Account;

namespace Orchestrator.Silo.Insight;

/// <summary>What stands beside an account's stage, in the form of the contract.</summary>
internal static class StandingForm
{
    public static void Write(Playbook playbook, Facts facts, V1.Account written)
    {
        if (playbook.BuyingGroup.Roles.Length > 0)
        {
            written.BuyingGroups.Add(Group(facts.Account, playbook.BuyingGroup, facts.Now));
        }
    }

    private static V1.BuyingGroup Group(Account account, CompiledBuyingGroup group, DateTimeOffset now)
    {
        var written = new V1.BuyingGroup { Completeness = BuyingGroup.Completeness(account, group) };
        if (group.Engagement is not null)
        {
            written.Engagement = BuyingGroup.Engagement(account, group, now);
        }

        written.Roles.AddRange(group.Roles.Select(role => Role(account, role, group.Engagement, now)));
        return written;
    }

    private static V1.GroupRole Role(Account account, GroupRole role, CompiledGroupEngagement? engagement, DateTimeOffset now)
    {
        var written = new V1.GroupRole
        {
            Role = role.Id,
            Required = role.Required,
            Share = role.Share,
            Completeness = BuyingGroup.Completeness(account, role),
            Assigned = BuyingGroup.Assigned(account, role.Id),
        };
        written.Members.AddRange(account.Contacts.Where(c => c.Value.Roles.Contains(role.Id)).Take(AccountForm.MostContacts).Select(c => new V1.GroupMember
        {
            Contact = c.Key,
            Engagement = engagement is null ? 0 : BuyingGroup.EngagementOf(account, c.Key, engagement, now),
        }));
        return written;
    }
}
