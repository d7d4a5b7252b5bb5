using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Dealings;
using Orchestrator.Grains.Ownership;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Stages;

/// <summary>An account that stayed in a stage for too long is taken from whoever acts for it there: somebody else of the department must take it over.</summary>
internal static class Reassigning
{
    /// <remarks>Requests stay open: who is asked is said by the request, and leaving one unanswered has its own consequence.</remarks>
    public static void Due(TurnBuilder turn, StageDefinition stage, DateTimeOffset at)
    {
        var department = stage.Accountable?.Id ?? "";
        turn.Add(new AccountEvent.OfJourney(new JourneyEvent.ReassignmentDue(stage.Id, department, at)));
        if (department.Length == 0 || OwnerOf.Assigned(turn.Account, department) is not { Length: > 0 } late)
        {
            return;
        }

        turn.Add(new DealingsEvent.OwnerAssigned(new AssignedOwner(department, "", at, $"stage `{stage.Id}` was overdue with `{late}`")));
        foreach (var action in turn.Account.OpenActions)
        {
            if (action.Request is null && action.Department == department && action.Owner == late)
            {
                turn.Revoke(action, "somebody else must take the account over");
            }
        }
    }
}
