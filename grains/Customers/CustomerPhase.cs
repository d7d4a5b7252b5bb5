using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Milestones;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Customers;

/// <summary>The places where an account's turn looks at the customer phase. Nothing happens for playbooks that have none.</summary>
internal static class CustomerPhase
{
    /// <summary>Judges what may have come true, before the criteria of the stage are: they may ask for it.</summary>
    /// <param name="turn">The turn; its workspace's facts must hold contact, signal and now.</param>
    /// <param name="at">The instant for which it is judged.</param>
    public static void Judge(TurnBuilder turn, Playbook playbook, DateTimeOffset at)
    {
        if (playbook.Customer is not { } phase)
        {
            return;
        }

        foreach (var set in phase.Milestones)
        {
            MilestoneWalk.Go(turn, set, at);
        }
    }

    /// <summary>The earliest instant after facts' now at which time alone may change something here; null = never.</summary>
    public static DateTimeOffset? NextChange(TurnBuilder turn, Playbook playbook, DateTimeOffset at)
    {
        if (playbook.Customer is not { } phase)
        {
            return null;
        }

        var facts = turn.Context.Workspace.Facts;
        facts.Set(playbook, turn.Account, null, null, at);
        DateTimeOffset? next = null;
        foreach (var set in phase.Milestones)
        {
            next = MilestoneWalk.NextChange(facts, set) is { } change && (next is null || change < next) ? change : next;
        }

        return next;
    }
}
