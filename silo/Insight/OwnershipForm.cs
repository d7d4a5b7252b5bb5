using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Ownership;
using Account = Orchestrator.Grains.Accounts.Account;
using Playbook = Orchestrator.Grains.Playbooks.Playbook;

namespace Orchestrator.Silo.Insight;

/// <summary>Who answers for an account, in the form of the contract.</summary>
internal static class OwnershipForm
{
    public static V1.Ownership Write(Account account, Playbook playbook)
    {
        var accountable = OwnerOf.Accountable(account, playbook);
        var written = new V1.Ownership { Department = accountable.Department, Owner = accountable.Owner, EndToEnd = OwnerOf.EndToEnd(account, playbook) };
        foreach (var owner in (account.Dealings?.Owners ?? []).Where(o => o.Owner.Length > 0))
        {
            written.Assigned.Add(new V1.AssignedOwner { Department = owner.Department, Owner = owner.Owner, Since = Timestamp.FromDateTimeOffset(owner.Since), By = owner.By });
        }

        if (OwnerOf.Pending(account) is { } pending)
        {
            written.Pending = new V1.PendingHandoff
            {
                Handoff = pending.Handoff.Subject,
                From = pending.Handoff.From,
                To = pending.Handoff.To,
                ActionId = pending.Action.Id,
                AcceptUntil = Timestamp.FromDateTimeOffset(pending.Action.ValidUntil),
            };
        }

        foreach (var returned in (account.Dealings?.Returned ?? []).Where(r => r.StageSince == account.StageSince))
        {
            written.Returned.Add(new V1.ReturnedHandoff { Handoff = returned.Transition, At = Timestamp.FromDateTimeOffset(returned.StageSince), Reason = returned.Reason, By = returned.By, Ready = returned.IsReady });
        }

        return written;
    }
}
