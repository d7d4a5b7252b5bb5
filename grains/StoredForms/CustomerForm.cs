using System.Diagnostics;
using Orchestrator.Grains.Advocacy;
using Orchestrator.Grains.Customers;
using Orchestrator.Grains.CustomerValue;
using Orchestrator.Grains.Expansion;
using Orchestrator.Grains.Health;
using Orchestrator.Grains.Milestones;
using Orchestrator.V1;
using Clause = Orchestrator.Grains.Stages.Clause;

namespace Orchestrator.Grains.StoredForms;

/// <summary>The customer phase of an account as stored.</summary>
public static class CustomerForm
{
    public static StoredCustomerEvent Write(CustomerEvent @event) => @event switch
    {
        CustomerEvent.MilestonesStarted e => new() { MilestonesStarted = new() { Set = e.Set, At = Ticks.Of(e.At) } },
        CustomerEvent.MilestoneReached e => new()
        {
            MilestoneReached = new() { Set = e.Set, Milestone = e.Milestone, At = Ticks.Of(e.At), StartedAt = Ticks.Of(e.StartedAt), Signal = e.Signal, Evidence = { e.Evidence.Select(Write) }, Left = e.Left },
        },
        CustomerEvent.MilestoneOverdue e => new() { MilestoneOverdue = new() { Set = e.Set, Milestone = e.Milestone, At = Ticks.Of(e.At) } },
        CustomerEvent.Purchased e => new() { Purchased = new() { At = Ticks.Of(e.At), Amount = e.Amount } },
        CustomerEvent.Answered e => new() { Answered = Write(e.Answer) },
        CustomerEvent.ContractSigned e => new() { ContractSigned = Write(new Contract(e.At, e.Amount, e.RenewsAt)) },
        CustomerEvent.ExpansionPhaseChanged e => new() { ExpansionPhaseChanged = new() { Expanding = e.Expanding, At = Ticks.Of(e.At), Evidence = { e.Evidence.Select(Write) } } },
        CustomerEvent.ExpansionTriggered e => new() { ExpansionTriggered = new() { Trigger = e.Trigger, At = Ticks.Of(e.At), Signal = e.Signal, Deal = e.Deal, Evidence = { e.Evidence.Select(Write) } } },
        CustomerEvent.ReferredBy e => new() { ReferredBy = new() { By = e.By, At = Ticks.Of(e.At) } },
        CustomerEvent.ReferralMade e => new() { ReferralMade = Write(new Referral(e.Contact, e.Account, e.At)) },
        CustomerEvent.SelfServiceTried e => new() { SelfServiceTried = new() { Play = e.Play, At = Ticks.Of(e.At) } },
        CustomerEvent.SelfServiceSolved e => new() { SelfServiceSolved = new() { Play = e.Play, Tried = e.Tried, At = Ticks.Of(e.At), Saved = e.Saved.Ticks } },
        _ => throw new UnreachableException(),
    };

    public static CustomerEvent Read(StoredCustomerEvent stored) => stored.KindCase switch
    {
        StoredCustomerEvent.KindOneofCase.MilestonesStarted => new CustomerEvent.MilestonesStarted(stored.MilestonesStarted.Set, Ticks.Instant(stored.MilestonesStarted.At)),
        StoredCustomerEvent.KindOneofCase.MilestoneReached when stored.MilestoneReached is var e => new CustomerEvent.MilestoneReached(
            e.Set, e.Milestone, Ticks.Instant(e.At), Ticks.Instant(e.StartedAt), e.Signal, [.. e.Evidence.Select(Read)], e.Left),
        StoredCustomerEvent.KindOneofCase.MilestoneOverdue when stored.MilestoneOverdue is var e => new CustomerEvent.MilestoneOverdue(e.Set, e.Milestone, Ticks.Instant(e.At)),
        StoredCustomerEvent.KindOneofCase.Purchased => new CustomerEvent.Purchased(Ticks.Instant(stored.Purchased.At), stored.Purchased.Amount),
        StoredCustomerEvent.KindOneofCase.Answered => new CustomerEvent.Answered(Read(stored.Answered)),
        StoredCustomerEvent.KindOneofCase.ContractSigned when Read(stored.ContractSigned) is var e => new CustomerEvent.ContractSigned(e.SignedAt, e.Amount, e.RenewsAt),
        StoredCustomerEvent.KindOneofCase.ExpansionPhaseChanged when stored.ExpansionPhaseChanged is var e => new CustomerEvent.ExpansionPhaseChanged(e.Expanding, Ticks.Instant(e.At), [.. e.Evidence.Select(Read)]),
        StoredCustomerEvent.KindOneofCase.ExpansionTriggered when stored.ExpansionTriggered is var e => new CustomerEvent.ExpansionTriggered(e.Trigger, Ticks.Instant(e.At), e.Signal, e.Deal, [.. e.Evidence.Select(Read)]),
        StoredCustomerEvent.KindOneofCase.ReferredBy => new CustomerEvent.ReferredBy(stored.ReferredBy.By, Ticks.Instant(stored.ReferredBy.At)),
        StoredCustomerEvent.KindOneofCase.ReferralMade when stored.ReferralMade is var e => new CustomerEvent.ReferralMade(e.Contact, e.Account, Ticks.Instant(e.At)),
        StoredCustomerEvent.KindOneofCase.SelfServiceTried => new CustomerEvent.SelfServiceTried(stored.SelfServiceTried.Play, Ticks.Instant(stored.SelfServiceTried.At)),
        StoredCustomerEvent.KindOneofCase.SelfServiceSolved when stored.SelfServiceSolved is var e => new CustomerEvent.SelfServiceSolved(e.Play, e.Tried, Ticks.Instant(e.At), TimeSpan.FromTicks(e.Saved)),
        _ => throw new InvalidDataException("a fact about a customer has a form that this version does not know"),
    };

    /// <summary>Null for an account of which nothing is known as a customer: it takes no byte.</summary>
    public static StoredCustomer? Write(Customer? customer)
    {
        if (customer is null)
        {
            return null;
        }

        var stored = new StoredCustomer
        {
            Milestones = { customer.Milestones.Select(Write) },
            Answers = { customer.Answers.Select(Write) },
            Contract = customer.Contract is { } contract ? Write(contract) : null,
            Triggers = { customer.Triggers.Select(t => new StoredFiredTrigger { Trigger = t.Trigger, At = Ticks.Of(t.At) }) },
            Referrer = customer.Referrer is { } referrer ? new() { By = referrer.By, At = Ticks.Of(referrer.At) } : null,
            Referrals = { customer.Referrals.Select(Write) },
            ReferralCount = customer.ReferralCount,
            SelfService = { customer.SelfService.Select(Write) },
        };
        if (customer.Purchases is { } bought)
        {
            stored.Purchases = new()
            {
                FirstAt = Ticks.Of(bought.FirstAt),
                FirstAmount = bought.FirstAmount,
                LastAt = Ticks.Of(bought.LastAt),
                Count = bought.Count,
                Total = bought.Total,
                Periods = bought.Periods,
                Days = { bought.Days },
            };
        }

        if (customer.ExpandingSince is { } since)
        {
            stored.ExpandingSince = Ticks.Of(since);
        }

        return stored;
    }

    public static Customer? Read(StoredCustomer? stored) => stored is null ? null : new()
    {
        Milestones = [.. stored.Milestones.Select(Read)],
        Purchases = stored.Purchases is { } p ? new PurchaseHistory(Ticks.Instant(p.FirstAt), p.FirstAmount, Ticks.Instant(p.LastAt), p.Count, p.Total, p.Periods, [.. p.Days]) : null,
        Answers = [.. stored.Answers.Select(Read)],
        Contract = stored.Contract is { } contract ? Read(contract) : null,
        ExpandingSince = stored.HasExpandingSince ? Ticks.Instant(stored.ExpandingSince) : null,
        Triggers = [.. stored.Triggers.Select(t => new FiredTrigger(t.Trigger, Ticks.Instant(t.At)))],
        Referrer = stored.Referrer is { } r ? new Referrer(r.By, Ticks.Instant(r.At)) : null,
        Referrals = [.. stored.Referrals.Select(r => new Referral(r.Contact, r.Account, Ticks.Instant(r.At)))],
        ReferralCount = stored.ReferralCount,
        SelfService = [.. stored.SelfService.Select(u => new SelfServiceUse(u.Play, Ticks.Instant(u.LastTriedAt), u.Tries, u.Solved, TimeSpan.FromTicks(u.Saved), u.Credited))],
    };

    private static StoredMilestoneRun Write(MilestoneRun run) => new()
    {
        Set = run.Set,
        StartedAt = Ticks.Of(run.StartedAt),
        Reached = { run.Reached.Select(r => new StoredReachedMilestone { Milestone = r.Id, At = Ticks.Of(r.At), Signal = r.Signal }) },
        Alerted = { run.Alerted },
    };

    private static MilestoneRun Read(StoredMilestoneRun run) => new(
        run.Set, Ticks.Instant(run.StartedAt), [.. run.Reached.Select(r => new ReachedMilestone(r.Milestone, Ticks.Instant(r.At), r.Signal))], [.. run.Alerted]);

    private static StoredSurveyAnswer Write(SurveyAnswer answer) => new() { Kind = answer.Kind, Contact = answer.Contact, Score = answer.Score, At = Ticks.Of(answer.At), Signal = answer.Signal };

    private static SurveyAnswer Read(StoredSurveyAnswer answer) => new(answer.Kind, answer.Contact, answer.Score, Ticks.Instant(answer.At), answer.Signal);

    private static StoredContract Write(Contract contract)
    {
        var stored = new StoredContract { SignedAt = Ticks.Of(contract.SignedAt) };
        if (contract.Amount is { } amount)
        {
            stored.Amount = amount;
        }

        if (contract.RenewsAt is { } renewsAt)
        {
            stored.RenewsAt = Ticks.Of(renewsAt);
        }

        return stored;
    }

    private static Contract Read(StoredContract stored) => new(Ticks.Instant(stored.SignedAt), stored.HasAmount ? stored.Amount : null, stored.HasRenewsAt ? Ticks.Instant(stored.RenewsAt) : null);

    private static StoredReferral Write(Referral referral) => new() { Contact = referral.Contact, Account = referral.Account, At = Ticks.Of(referral.At) };

    private static StoredSelfServiceUse Write(SelfServiceUse use) =>
        new() { Play = use.Play, LastTriedAt = Ticks.Of(use.LastTriedAt), Tries = use.Tries, Solved = use.Solved, Saved = use.Saved.Ticks, Credited = use.Credited };

    private static StoredEvidence Write(Clause clause) => new() { Text = clause.Text, Held = clause.Held, Values = clause.Values, AssertedOnly = clause.AssertedOnly };

    private static Clause Read(StoredEvidence clause) => new(clause.Text, clause.Held, clause.Values) { AssertedOnly = clause.AssertedOnly };
}
