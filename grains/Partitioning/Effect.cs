using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Partitioning;

/// <summary>Something to do once the facts of the turn are durable.</summary>
public abstract record Effect
{
    private Effect()
    {
    }

    /// <summary>Deliver this action to whoever subscribes.</summary>
    public sealed record Offer(GrainKey Account, OpenAction Action, IReadOnlyList<PersonName> Identifiers) : Effect;

    /// <summary>The action is no longer wanted: stop delivering it, tell whoever holds it.</summary>
    public sealed record Withdraw(GrainKey Account, string ActionId, string Reason) : Effect;

    /// <summary>A message to a grain, in this partition or another; exactly once, in order per pair of partitions.</summary>
    public sealed record Send(GrainCommand Command) : Effect;

    /// <summary>Work out from the journal what the account would be without delays, and tell it (<see cref="AccountCommand.Correct"/>). Asked again if nothing comes.</summary>
    public sealed record Correct(GrainKey Account) : Effect;

    /// <summary>A playbook version decides from now on.</summary>
    public sealed record Publish(string Tenant, PlaybookVersion Version) : Effect;
}
