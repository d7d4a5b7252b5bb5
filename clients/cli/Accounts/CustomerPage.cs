using System.Globalization;
using Orchestrator.V1;

namespace Orchestrator.Cli.Accounts;

/// <summary>An account as a customer: milestones, health, value, and who brought whom.</summary>
static class CustomerPage
{
    public static void Print(Printing print, CustomerPhase? customer)
    {
        if (customer is null)
        {
            return;
        }

        if (Facts(customer) is { Count: > 0 } facts)
        {
            print.Line();
            print.Facts([.. facts]);
        }

        var milestones = customer.Milestones.Where(set => set.StartedAt is not null).SelectMany(set => set.Milestones.Select(m => (Set: set, Milestone: m))).ToList();
        if (milestones.Count > 0)
        {
            print.Line();
            print.Table(
                ["MILESTONE", "OF", "REACHED", "DAYS", "DUE", ""],
                milestones.Select(m => (string[])
                [
                    m.Milestone.Id, m.Set.Id, Printing.Show(m.Milestone.ReachedAt), m.Milestone.Took is { } took ? Number(took.ToTimeSpan().TotalDays) : "",
                    Printing.Show(m.Milestone.DueAt), m.Milestone.Overdue ? "stuck" : "",
                ]),
                "");
        }

        foreach (var health in customer.Health.Where(h => h.HasValue))
        {
            print.Line();
            print.Table(
                [health.Id.ToUpperInvariant(), "POINTS", "OF", "SEEN"],
                health.Measures.Select(m => (string[])[m.Id, m.HasShare ? Number(m.Points) : "", m.HasShare ? Number(m.Most) : "left out", m.Seen]),
                "");
        }
    }

    static List<(string, string)> Facts(CustomerPhase customer)
    {
        List<(string Name, string Value)> facts = [];
        foreach (var health in customer.Health.Where(h => h.HasValue))
        {
            facts.Add((health.Id, Number(health.Value) + (health.HasTrend ? $", {(health.Trend < 0 ? "down" : "up")} {Number(Math.Abs(health.Trend))} in {Number(health.TrendOver.ToTimeSpan().TotalDays)} days" : "")));
        }

        if (customer.Value is { } value)
        {
            facts.Add((value.Id, $"{Number(value.Expected)} expected in {Number(value.Horizon.ToTimeSpan().TotalDays)} days (minor units), {Number(100 * value.Alive)} % likely to buy again"));
        }

        facts.AddRange(customer.Risks.Where(r => r.HasValue).Select(r => (r.Id, $"{Number(100 * r.Value)} %")));
        if (customer.HasNetPromoterScore)
        {
            facts.Add(("net promoters", $"{Number(customer.NetPromoterScore)} of {customer.Opinions.Count(o => o.Kind == "nps")} asked"));
        }

        facts.Add(("expanding since", Printing.Show(customer.ExpandingSince)));
        facts.Add(("contract renews", Printing.Show(customer.Contract?.RenewsAt)));
        facts.Add(("referred by", customer.ReferredBy));
        facts.Add(("brought", customer.ReferralCount > 0 ? $"{customer.ReferralCount.ToString(CultureInfo.InvariantCulture)}: {string.Join(", ", customer.Referrals.Select(r => r.Account))}" : ""));
        facts.AddRange(customer.SelfService.Select(s => ($"{s.Play}", $"done alone {s.Solved} of {s.Tries} times, {Number(s.Saved.ToTimeSpan().TotalMinutes)} minutes saved")));
        return [.. facts.Where(f => f.Value.Length > 0)];
    }

    static string Number(double number) => number.ToString("0.##", CultureInfo.InvariantCulture);
}
