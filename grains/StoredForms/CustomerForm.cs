using System.Collections.Immutable;
using System.Diagnostics;
using Orchestrator.Grains.Customers;
using Orchestrator.Grains.Milestones;
using Orchestrator.V1;
using Clause = Orchestrator.Grains.Stages.Clause;

namespace Orchestrator.Grains.StoredForms;

/// <summary>The customer phase of an account as stored.</summary>
internal static class CustomerForm
{
    public static StoredCustomerEvent Write(CustomerEvent @event) => @event switch
    {
        CustomerEvent.MilestonesStarted e => new() { MilestonesStarted = new() { Set = e.Set, At = Ticks.Of(e.At) } },
        CustomerEvent.MilestoneReached e => new()
        {
            MilestoneReached = new() { Set = e.Set, Milestone = e.Milestone, At = Ticks.Of(e.At), StartedAt = Ticks.Of(e.StartedAt), Signal = e.Signal, Evidence = { e.Evidence.Select(Write) }, Left = e.Left },
        },
        CustomerEvent.MilestoneOverdue e => new() { MilestoneOverdue = new() { Set = e.Set, Milestone = e.Milestone, At = Ticks.Of(e.At) } },
        _ => throw new UnreachableException(),
    };

    public static CustomerEvent Read(StoredCustomerEvent stored) => stored.KindCase switch
    {
        StoredCustomerEvent.KindOneofCase.MilestonesStarted => new CustomerEvent.MilestonesStarted(stored.MilestonesStarted.Set, Ticks.Instant(stored.MilestonesStarted.At)),
        StoredCustomerEvent.KindOneofCase.MilestoneReached when stored.MilestoneReached is var e => new CustomerEvent.MilestoneReached(
            e.Set, e.Milestone, Ticks.Instant(e.At), Ticks.Instant(e.StartedAt), e.Signal, [.. e.Evidence.Select(Read)], e.Left),
        StoredCustomerEvent.KindOneofCase.MilestoneOverdue when stored.MilestoneOverdue is var e => new CustomerEvent.MilestoneOverdue(e.Set, e.Milestone, Ticks.Instant(e.At)),
        _ => throw new InvalidDataException("a fact about a customer has a form that this version does not know"),
    };

    /// <summary>Null for an account of which nothing is known as a customer: it takes no byte.</summary>
    public static StoredCustomer? Write(Customer? customer) => customer is null ? null : new()
    {
        Milestones = { customer.Milestones.Select(Write) },
    };

    public static Customer? Read(StoredCustomer? stored) => stored is null ? null : new()
    {
        Milestones = [.. stored.Milestones.Select(Read)],
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

    private static StoredEvidence Write(Clause clause) => new() { Text = clause.Text, Held = clause.Held, Values = clause.Values };

    private static Clause Read(StoredEvidence clause) => new(clause.Text, clause.Held, clause.Values);
}
