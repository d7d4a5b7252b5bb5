using System.Collections.Immutable;
using System.Diagnostics;
using Orchestrator.Grains.Advocacy;
using Orchestrator.Grains.CustomerValue;
using Orchestrator.Grains.Expansion;
using Orchestrator.Grains.Health;
using Orchestrator.Grains.Milestones;

namespace Orchestrator.Grains.Customers;

/// <summary>What an account has reached as a customer. Null at accounts of which nothing of this is known.</summary>
public sealed record Customer
{
    public static readonly Customer New = new();

    /// <summary>In the order started.</summary>
    public ImmutableArray<MilestoneRun> Milestones { get; init; } = [];

    /// <summary>Null before the first purchase, or if the playbook does not reckon value.</summary>
    public PurchaseHistory? Purchases { get; init; }

    /// <summary>By time.</summary>
    public ImmutableArray<SurveyAnswer> Answers { get; init; } = [];

    /// <summary>The latest one; null = none.</summary>
    public Contract? Contract { get; init; }

    /// <summary>Since when it is in the expansion phase; null = it is not.</summary>
    public DateTimeOffset? ExpandingSince { get; init; }

    /// <summary>When each trigger fired last; sorted by trigger.</summary>
    public ImmutableArray<FiredTrigger> Triggers { get; init; } = [];

    /// <summary>Who brought it; null = nobody that is known.</summary>
    public Referrer? Referrer { get; init; }

    /// <summary>Accounts that it brought, the latest ones, in the order they came; each once.</summary>
    public ImmutableArray<Referral> Referrals { get; init; } = [];

    /// <summary>How many accounts it brought.</summary>
    public long ReferralCount { get; init; }

    /// <summary>Sorted by play.</summary>
    public ImmutableArray<SelfServiceUse> SelfService { get; init; } = [];

    public static Customer Evolve(Customer customer, CustomerEvent @event) => @event switch
    {
        CustomerEvent.MilestonesStarted e => customer with { Milestones = customer.Milestones.Add(new MilestoneRun(e.Set, e.At, [], [])) },
        CustomerEvent.MilestoneReached e => customer with { Milestones = MilestoneRun.Replace(customer.Milestones, e.Set, r => r with { Reached = r.Reached.Add(new ReachedMilestone(e.Milestone, e.At, e.Signal)) }) },
        CustomerEvent.MilestoneOverdue e => customer with { Milestones = MilestoneRun.Replace(customer.Milestones, e.Set, r => r with { Alerted = r.Alerted.Add(e.Milestone) }) },
        CustomerEvent.Purchased e => customer with { Purchases = customer.Purchases?.Add(e.At, e.Amount) ?? PurchaseHistory.First(e.At, e.Amount) },
        CustomerEvent.Answered e => customer with { Answers = SurveyAnswer.Add(customer.Answers, e.Answer) },
        CustomerEvent.ContractSigned e => customer with { Contract = Contract.Later(customer.Contract, new Contract(e.At, e.Amount, e.RenewsAt)) },
        CustomerEvent.ExpansionPhaseChanged e => customer with { ExpandingSince = e.Expanding ? e.At : null },
        CustomerEvent.ExpansionTriggered e => customer with { Triggers = FiredTrigger.Set(customer.Triggers, new FiredTrigger(e.Trigger, e.At)) },
        CustomerEvent.ReferredBy e => customer with { Referrer = new Referrer(e.By, e.At) },
        CustomerEvent.ReferralMade e => customer with { Referrals = Referral.Add(customer.Referrals, new Referral(e.Contact, e.Account, e.At)), ReferralCount = customer.ReferralCount + 1 },
        CustomerEvent.SelfServiceTried e => customer with { SelfService = SelfServiceUse.Change(customer.SelfService, e.Play, u => u.Tried(e.At)) },
        CustomerEvent.SelfServiceSolved e => customer with { SelfService = SelfServiceUse.Change(customer.SelfService, e.Play, u => u.SolvedAt(e.At, e.Tried, e.Saved)) },
        _ => throw new UnreachableException(),
    };

    /// <summary>A person of the account is known under another contact now.</summary>
    public Customer Renamed(string contact, string other) => this with
    {
        Answers = [.. Answers.Select(a => a.Contact == contact ? a with { Contact = other } : a)],
        Referrals = [.. Referrals.Select(r => r.Contact == contact ? r with { Contact = other } : r)],
    };

    /// <summary>With what was known of an account that became this one: the earlier start and the first to refer count, sums are added.</summary>
    public Customer Merge(Customer other) => this with
    {
        Milestones = [.. Milestones.Concat(other.Milestones).GroupBy(m => m.Set, StringComparer.Ordinal).Select(runs => runs.MinBy(r => r.StartedAt)!)],
        Purchases = Purchases is null ? other.Purchases : other.Purchases is null ? Purchases : Purchases.Merge(other.Purchases),
        Answers = other.Answers.Aggregate(Answers, SurveyAnswer.Add),
        Contract = other.Contract is { } contract ? Contract.Later(Contract, contract) : Contract,
        Triggers = other.Triggers.Aggregate(Triggers, FiredTrigger.Set),
        Referrer = Referrer is null || other.Referrer?.At < Referrer.At ? other.Referrer ?? Referrer : Referrer,
        Referrals = other.Referrals.Aggregate(Referrals, Referral.Add),
        ReferralCount = ReferralCount + other.ReferralCount,
        SelfService = other.SelfService.Aggregate(SelfService, (uses, use) => SelfServiceUse.Change(uses, use.Play, u => u.Merge(use))),
    };
}
