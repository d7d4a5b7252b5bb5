using Orchestrator.Grains.BuyingGroups;
using Account = Orchestrator.Grains.Accounts.Account;

namespace Orchestrator.Silo.Insight;

/// <summary>A buying group in the form of the contract.</summary>
internal static class GroupForm
{
    public static V1.BuyingGroup Write(Account account, CompiledBuyingGroup group, DateTimeOffset now)
    {
        var written = new V1.BuyingGroup { Completeness = BuyingGroup.Completeness(account, group), Interested = true };
        if (group.Engagement is not null)
        {
            written.Engagement = BuyingGroup.Engagement(account, group, now);
        }

        written.Roles.AddRange(group.Roles.Select(role => Role(account, group, role, now)));
        return written;
    }

    private static V1.GroupRole Role(Account account, CompiledBuyingGroup group, GroupRole role, DateTimeOffset now)
    {
        var written = new V1.GroupRole
        {
            Role = role.Id,
            Required = role.Required,
            Share = role.Share,
            Completeness = BuyingGroup.Completeness(account, group, role),
            Assigned = BuyingGroup.Assigned(account, group, role.Id),
        };
        written.Members.AddRange(account.Contacts.Where(c => group.Has(account, c.Key, c.Value, role.Id)).Take(AccountForm.MostContacts).Select(c => new V1.GroupMember
        {
            Contact = c.Key,
            Engagement = group.Engagement is { } engagement ? BuyingGroup.EngagementOf(account, c.Key, engagement, now) : 0,
        }));
        return written;
    }
}
