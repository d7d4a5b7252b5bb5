using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Customers;
using Orchestrator.Grains.CustomerValue;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Health;
using Orchestrator.Grains.Milestones;
using Playbook = Orchestrator.Grains.Playbooks.Playbook;

namespace Orchestrator.Silo.Insight;

/// <summary>An account as a customer in the form of the contract, seen through the playbook that decides now.</summary>
internal static class CustomerForm
{
    /// <param name="facts">The account at the instant asked for.</param>
    public static void Write(Playbook playbook, Facts facts, V1.Account written)
    {
        if (playbook.Customer is not { } phase)
        {
            return;
        }

        var customer = facts.Account.Customer ?? Customer.New;
        var form = new V1.CustomerPhase
        {
            Milestones = { phase.Milestones.Select(s => Write(s.Definition, MilestoneRun.Find(customer.Milestones, s.Definition.Id), facts.Now)) },
            Health = { phase.Scores.Health.Select(h => Write(h, facts)) },
            Value = phase.Scores.Value.Select(v => Write(v, customer.Purchases, facts)).FirstOrDefault(),
            Risks = { phase.Scores.Risk.Select(r => Write(r, facts)) },
            Contract = customer.Contract is { } contract ? Write(contract) : null,
            ExpandingSince = OrNone(customer.ExpandingSince),
            ReferredBy = customer.Referrer?.By ?? "",
            Referrals = { customer.Referrals.Select(r => new V1.ReferredAccount { Account = r.Account, Contact = r.Contact, At = Timestamp.FromDateTimeOffset(r.At) }) },
            ReferralCount = customer.ReferralCount,
            SelfService = { customer.SelfService.Select(u => new V1.SelfServiceRecord { Play = u.Play, Tries = u.Tries, Solved = u.Solved, Saved = Duration.FromTimeSpan(u.Saved) }) },
        };
        for (var i = 0; i < customer.Answers.Length; i++)
        {
            if (customer.Answers[i] is var answer && answer.At <= facts.Now && SurveyAnswer.IsLatest(customer.Answers, i, facts.Now))
            {
                form.Opinions.Add(new V1.OpinionGiven { Kind = answer.Kind, Contact = answer.Contact, Score = answer.Score, At = Timestamp.FromDateTimeOffset(answer.At) });
            }
        }

        if (SurveyAnswer.NetPromoterScore(customer.Answers, facts.Now) is { } nps)
        {
            form.NetPromoterScore = nps;
        }

        foreach (var health in form.Health.Where(h => h.HasValue))
        {
            written.Scores[health.Id] = health.Value;
        }

        foreach (var risk in phase.Scores.Risk.Where(r => r.ValueAt(facts.Account, facts.Now) is not null))
        {
            written.Scores[risk.Definition.Name] = risk.ValueAt(facts.Account, facts.Now)!.Value;
        }

        written.Customer = form;
    }

    private static V1.MilestoneSet Write(MilestoneSetDefinition set, MilestoneRun? run, DateTimeOffset now)
    {
        var started = run?.StartedAt <= now ? run : null;
        var written = new V1.MilestoneSet { Id = set.Id, StartedAt = OrNone(started?.StartedAt) };
        foreach (var milestone in set.Milestones)
        {
            var reached = started?.Reached.FirstOrDefault(r => r.Id == milestone.Id && r.At <= now) ?? default;
            var due = started is null ? null : MilestoneNames.DueAt(started, milestone);
            var one = new V1.Milestone { Id = milestone.Id, DueAt = OrNone(due), SignalId = reached.Signal ?? "", Overdue = reached.Id is null && due <= now };
            if (reached.Id is not null)
            {
                one.ReachedAt = Timestamp.FromDateTimeOffset(reached.At);
                one.Took = Duration.FromTimeSpan(reached.At - started!.StartedAt);
            }

            written.Milestones.Add(one);
        }

        written.Done = written.Milestones.All(m => m.ReachedAt is not null);
        return written;
    }

    private static V1.CustomerHealth Write(HealthScore health, Facts facts)
    {
        var written = new V1.CustomerHealth { Id = health.Id, TrendOver = Duration.FromTimeSpan(health.Trend) };
        if (health.ValueAt(facts.Account, facts.Now) is { } value)
        {
            written.Value = value;
        }

        if (health.TrendAt(facts.Account, facts.Now) is { } trend)
        {
            written.Trend = trend;
        }

        foreach (var part in health.PartsAt(facts.Account, facts.Now))
        {
            var measure = new V1.HealthMeasure { Id = part.Measure, Points = part.Points, Most = part.Most, Seen = part.Seen };
            if (part.Share is { } share)
            {
                measure.Share = share;
            }

            written.Measures.Add(measure);
        }

        return written;
    }

    private static V1.CustomerValue? Write(ValueScore value, PurchaseHistory? bought, Facts facts) => bought is null ? null : new()
    {
        Id = value.Definition.Id,
        Expected = value.ExpectedAt(facts.Account, facts.Now) ?? 0,
        Alive = value.AliveAt(facts.Account, facts.Now) ?? 0,
        Purchases = value.PurchasesAt(facts.Account, facts.Now) ?? 0,
        Horizon = Duration.FromTimeSpan(value.Definition.Horizon),
        FirstPurchaseAt = Timestamp.FromDateTimeOffset(bought.FirstAt),
        LastPurchaseAt = Timestamp.FromDateTimeOffset(bought.LastAt),
        PurchaseCount = bought.Count,
        Spent = bought.Total,
    };

    private static V1.ChurnRisk Write(RiskScore risk, Facts facts)
    {
        var written = new V1.ChurnRisk { Id = risk.Definition.Id };
        if (risk.ValueAt(facts.Account, facts.Now) is { } value)
        {
            written.Value = value;
        }

        foreach (var (input, adds) in risk.PartsAt(facts.Account, facts.Now))
        {
            written.Adds[input] = adds;
        }

        return written;
    }

    private static V1.SignedContract Write(Contract contract)
    {
        var written = new V1.SignedContract { SignedAt = Timestamp.FromDateTimeOffset(contract.SignedAt), RenewsAt = OrNone(contract.RenewsAt) };
        if (contract.Amount is { } amount)
        {
            written.Amount = amount;
        }

        return written;
    }

    private static Timestamp? OrNone(DateTimeOffset? at) => at is { } instant ? Timestamp.FromDateTimeOffset(instant) : null;
}
