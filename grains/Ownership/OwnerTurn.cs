using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Dealings;
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
            turn.Add(new DealingsEvent.OwnerAssigned(new AssignedOwner(department, DealingsTurn.Text(signal, "owner"), time, DealingsTurn.By(signal))));
        }
    }
}
