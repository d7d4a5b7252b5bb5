using System.Diagnostics;
using System.Globalization;
using Orchestrator.Grains.Customers;

namespace Orchestrator.Silo.Insight;

/// <summary>Facts about customers in the reader's words.</summary>
internal static class CustomerText
{
    public static string KindOf(CustomerEvent fact) => fact switch
    {
        CustomerEvent.MilestonesStarted => "milestones",
        CustomerEvent.MilestoneReached => "milestone",
        CustomerEvent.MilestoneOverdue => "stuck",
        CustomerEvent.Purchased => "purchase",
        CustomerEvent.Answered => "opinion",
        CustomerEvent.ContractSigned => "contract",
        CustomerEvent.ExpansionPhaseChanged => "expansion",
        CustomerEvent.ExpansionTriggered => "expansion",
        CustomerEvent.ReferredBy => "referred",
        CustomerEvent.ReferralMade => "referral",
        CustomerEvent.SelfServiceTried => "self-service",
        CustomerEvent.SelfServiceSolved => "self-service",
        _ => throw new UnreachableException(),
    };

    public static string SentenceOf(CustomerEvent fact) => fact switch
    {
        CustomerEvent.MilestonesStarted e => $"The clock of the milestones `{e.Set}` started at {InstantForm.Show(e.At)}.",
        CustomerEvent.MilestoneReached e => $"Milestone `{e.Milestone}` of `{e.Set}` was reached after {Number((e.At - e.StartedAt).TotalDays)} days{(e.Left == 0 ? ", the last one: the set is done" : $", {e.Left} to go")}, because {Because(e.Evidence)}.",
        CustomerEvent.MilestoneOverdue e => $"Milestone `{e.Milestone}` of `{e.Set}` was due at {InstantForm.Show(e.At)} and is not reached: the customer is stuck.",
        CustomerEvent.Purchased e => $"A purchase of {Number(e.Amount)} minor units counts for what the customer is worth.",
        CustomerEvent.Answered e => $"{(e.Answer.Contact.Length > 0 ? $"Contact `{e.Answer.Contact}`" : "Somebody")} answered {Number(e.Answer.Score)} to a survey of kind `{e.Answer.Kind}`.",
        CustomerEvent.ContractSigned e => $"A contract was signed{(e.Amount is { } amount ? $" over {Number(amount)} minor units" : "")}{(e.RenewsAt is { } renews ? $", to be renewed by {InstantForm.Show(renews)}" : "")}.",
        CustomerEvent.ExpansionPhaseChanged e => e.Expanding
            ? $"Value creation turned into value expansion, because {Because(e.Evidence)}."
            : $"The expansion phase is over, because {Because(e.Evidence)}.",
        CustomerEvent.ExpansionTriggered e => $"Trigger `{e.Trigger}` says the customer is ready to buy more, so signal `{e.Signal}` was sent{(e.Deal.Length > 0 ? $" for deal `{e.Deal}`" : "")}, because {Because(e.Evidence)}.",
        CustomerEvent.ReferredBy e => $"The account came by word of mouth of `{e.By}`.",
        CustomerEvent.ReferralMade e => $"{(e.Contact.Length > 0 ? $"Contact `{e.Contact}`" : "The account")} brought account `{e.Account}`.",
        CustomerEvent.SelfServiceTried e => $"Self-service play `{e.Play}` had its chance.",
        CustomerEvent.SelfServiceSolved e => $"The customer reached the goal of self-service play `{e.Play}` alone{(e.Saved > TimeSpan.Zero ? $", which saved {Number(e.Saved.TotalMinutes)} minutes of work" : "")}.",
        _ => throw new UnreachableException(),
    };

    private static string Because(IReadOnlyList<Grains.Stages.Clause> evidence) =>
        string.Join(" and ", evidence.Select(c => $"`{c.Text}` was {(c.Held ? "true" : "false")}{(c.Values.Length > 0 ? $" ({c.Values})" : "")}"));

    private static string Number(double number) => number.ToString("0.##", CultureInfo.InvariantCulture);
}
