using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Customers;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Milestones;

/// <summary>A set of milestones with its conditions compiled.</summary>
public sealed record CompiledMilestoneSet(MilestoneSetDefinition Definition, IReadOnlyList<Condition> When);

/// <summary>Starts the clocks of milestones, keeps what is reached with its evidence, and tells what is overdue.</summary>
internal static class MilestoneWalk
{
    /// <param name="turn">The turn; its workspace's facts must hold contact, signal and now.</param>
    /// <param name="at">The instant for which it is judged.</param>
    public static void Go(TurnBuilder turn, CompiledMilestoneSet set, DateTimeOffset at)
    {
        var run = RunOf(turn, set);
        if (run is null && IsStartedBy(turn.Account, set.Definition))
        {
            // Since when the account is here, however late a playbook with milestones was published.
            turn.Add(new AccountEvent.OfCustomer(new CustomerEvent.MilestonesStarted(set.Definition.Id, turn.Account.StageSince)));
            run = RunOf(turn, set);
        }

        if (run is null || run.Reached.Length >= set.Definition.Milestones.Length && IsDone(run, set.Definition))
        {
            return;
        }

        Reach(turn, set, at);
        Alert(turn, set.Definition, at);
    }

    /// <summary>When time alone may change something of the set; null = never.</summary>
    public static DateTimeOffset? NextChange(Decisions.Facts facts, CompiledMilestoneSet set)
    {
        if (facts.Account.Customer is not { } customer || MilestoneRun.Find(customer.Milestones, set.Definition.Id) is not { } run)
        {
            return null;
        }

        var next = MilestoneNames.NextDue(facts, set.Definition);
        for (var i = 0; i < set.When.Count; i++)
        {
            if (set.When[i].IsTemporal && run.ReachedAt(set.Definition.Milestones[i].Id) is null && set.When[i].NextChange(facts) is { } change && (next is null || change < next))
            {
                next = change;
            }
        }

        return next;
    }

    private static MilestoneRun? RunOf(TurnBuilder turn, CompiledMilestoneSet set) =>
        turn.Account.Customer is { } customer ? MilestoneRun.Find(customer.Milestones, set.Definition.Id) : null;

    private static bool IsStartedBy(Account account, MilestoneSetDefinition set)
    {
        foreach (var stage in set.From)
        {
            if (stage.Id == account.Stage)
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsDone(MilestoneRun run, MilestoneSetDefinition set)
    {
        foreach (var milestone in set.Milestones)
        {
            if (run.ReachedAt(milestone.Id) is null)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>One milestone may make another's condition true, so it is looked again until nothing is added.</summary>
    private static void Reach(TurnBuilder turn, CompiledMilestoneSet set, DateTimeOffset at)
    {
        var facts = turn.Context.Workspace.Facts;
        for (var found = true; found;)
        {
            found = false;
            for (var i = 0; i < set.When.Count; i++)
            {
                var milestone = set.Definition.Milestones[i];
                facts.Account = turn.Account;
                var run = RunOf(turn, set)!;
                if (run.ReachedAt(milestone.Id) is not null || !set.When[i].Holds(facts))
                {
                    continue;
                }

                var left = set.Definition.Milestones.Count(m => m.Id != milestone.Id && run.ReachedAt(m.Id) is null);
                turn.Add(new AccountEvent.OfCustomer(new CustomerEvent.MilestoneReached(set.Definition.Id, milestone.Id, at, run.StartedAt, facts.Signal?.Id ?? "", set.When[i].Evidence(facts), left)));
                found = true;
            }
        }
    }

    private static void Alert(TurnBuilder turn, MilestoneSetDefinition set, DateTimeOffset at)
    {
        foreach (var milestone in set.Milestones)
        {
            var run = MilestoneRun.Find(turn.Account.Customer!.Milestones, set.Id)!;
            if (MilestoneNames.DueAt(run, milestone) is { } due && due <= at && run.ReachedAt(milestone.Id) is null && !run.Alerted.Contains(milestone.Id))
            {
                turn.Add(new AccountEvent.OfCustomer(new CustomerEvent.MilestoneOverdue(set.Id, milestone.Id, due)));
            }
        }
    }
}
