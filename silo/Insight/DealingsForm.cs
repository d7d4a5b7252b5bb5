using Orchestrator.Grains.Deals;
using Account = Orchestrator.Grains.Accounts.Account;
using Playbook = Orchestrator.Grains.Playbooks.Playbook;

namespace Orchestrator.Silo.Insight;

/// <summary>What we and an account have in hand with each other, in the form of the contract.</summary>
internal static class DealingsForm
{
    /// <param name="playbook">The one that decides now; null: none is published.</param>
    public static void Write(Account account, Playbook? playbook, V1.Account written)
    {
        written.Ownership = playbook is null ? null : OwnershipForm.Write(account, playbook);
        if (account.Dealings is not { } dealings)
        {
            return;
        }

        written.Promises.AddRange(dealings.Promises.Select(LedgerForm.Write));
        if (dealings.Insights.Length + dealings.Feedback.Length > 0)
        {
            written.Knowledge = new V1.Knowledge { Insights = { dealings.Insights.Select(LedgerForm.Write) }, Feedback = { dealings.Feedback.Select(LedgerForm.Write) } };
        }

        written.Deals.AddRange(dealings.Deals.Select(deal => DealForm.Write(deal, playbook?.Deals)));

        // Only while the account is still where it was held.
        if (dealings.Held is { } held && held.StageSince == account.StageSince)
        {
            written.Held = DealForm.Write(held, playbook?.Deals, dealings.FindDeal(held.Deal));
        }
    }
}
