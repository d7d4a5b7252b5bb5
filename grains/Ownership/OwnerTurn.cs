using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Dealings;
using Orchestrator.Grains.Owners;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Signal = Orchestrator.V1.Signal;

namespace Orchestrator.Grains.Ownership;

/// <summary>Assigns owners by signal.</summary>
internal static class OwnerTurn
{
    public static string? Fault(Signal signal, Playbook playbook)
    {
        var department = DealingsTurn.Text(signal, "department");
        var known = playbook.Definition.Departments.Select(d => d.Id).ToList();
        return department.Length == 0 || known.Contains(department) ? null
            : $"unknown department `{department}`{(Words.Nearest(department, known) is { } near ? $"; did you mean `{near}`?" : $"; the departments are {string.Join(", ", known.Select(d => $"`{d}`"))}")}";
    }

    public static void Take(TurnBuilder turn, Signal signal, DateTimeOffset time)
    {
        var department = DealingsTurn.Text(signal, "department");
        var known = turn.Account.Dealings?.Owners.FirstOrDefault(o => o.Department == department);
        if (!(known?.Since > time))
        {
            Assign(turn, new AssignedOwner(department, DealingsTurn.Text(signal, "owner"), time, DealingsTurn.By(signal)));
        }
    }

    /// <summary>Somebody acts for the account from now on; what whoever did so before has in hand for it goes over to them.</summary>
    public static void Assign(TurnBuilder turn, AssignedOwner assigned)
    {
        var before = OwnerOf.Assigned(turn.Account, assigned.Department);
        turn.Add(new DealingsEvent.OwnerAssigned(assigned));
        if (assigned.Department.Length == 0 || assigned.Owner == before)
        {
            return;
        }

        foreach (var action in turn.Account.OpenActions)
        {
            // Of what waits for room, the department's answer will say whose it is.
            if (action.Department == assigned.Department && action.Owner == before && !action.Awaits)
            {
                turn.Add(new AccountEvent.ActionGranted(action.Id, assigned.Owner));
                turn.Add(new Effect.Withdraw(turn.Account.Key, action.Id, "somebody else acts for the account now"));
                turn.Add(new Effect.Offer(turn.Account.Key, action with { Owner = assigned.Owner }, action.Contact.Length > 0 ? turn.Contact(action.Contact).ListNames() : []));
                if (action.Counted)
                {
                    turn.Add(CapacityTurn.Move(turn.Account, action, assigned.Owner));
                }
            }
        }
    }
}
