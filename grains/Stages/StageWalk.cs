using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Customers;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Policies;

namespace Orchestrator.Grains.Stages;

/// <summary>Moves an account along the transitions whose criteria hold, keeping the evidence.</summary>
internal static class StageWalk
{
    /// <summary>A playbook may pass several stages in one turn, but not run in circles.</summary>
    public const int MostSteps = 8;

    /// <param name="turn">The turn; its workspace's facts must hold contact and signal.</param>
    /// <param name="at">The instant for which criteria are judged and at which stages are entered.</param>
    public static void Go(TurnBuilder turn, Playbook playbook, DateTimeOffset at)
    {
        var facts = turn.Context.Workspace.Facts;
        var moved = false;
        HashSet<string>? passed = null;
        for (var step = 0; step < MostSteps && playbook.Stages.TryGetValue(turn.Account.Stage, out var stage); step++)
        {
            CustomerPhase.Judge(turn, playbook, at);
            facts.Account = turn.Account;
            if (FirstThatHolds(stage, facts) is not { } transition)
            {
                break;
            }

            // A stage that was left in this turn is not entered again in it: that would be a circle.
            passed ??= new HashSet<string>(StringComparer.Ordinal) { turn.Account.Stage };
            if (!passed.Add(transition.Definition.To.Id))
            {
                break;
            }

            var evidence = transition.When is { } when
                ? when.Evidence(facts)
                : [new Clause($"at {transition.MovesAt!.Text}", Held: true, $"{transition.MovesAt.Text} = {transition.MovesAt.Instant(facts):O}")];
            turn.Add(new AccountEvent.StageEntered(
                turn.Account.Stage, transition.Definition.To.Id, transition.Definition.Id, at, evidence, playbook.Version, transition.Reason?.TextOf(facts) ?? ""));
            moved = true;
        }

        if (playbook.Stages.TryGetValue(turn.Account.Stage, out var here))
        {
            if (here.Definition.Sla is { } sla && !turn.Account.SlaBreached && turn.Account.StageSince + sla.Within <= at)
            {
                turn.Add(new AccountEvent.SlaBreached(turn.Account.Stage, at));
            }

            if (moved)
            {
                RevokeWhatDoesNotBelongHere(turn, playbook, here);
            }
        }

        facts.Account = turn.Account;
    }

    private static CompiledTransition? FirstThatHolds(CompiledStage stage, Decisions.Facts facts)
    {
        foreach (var transition in stage.Transitions)
        {
            var holds = transition.When is { } when ? when.Holds(facts) : transition.MovesAt?.Instant(facts) is { } at && at <= facts.Now && at > facts.Account.StageSince;
            if (holds)
            {
                return transition;
            }
        }

        return null;
    }

    private static void RevokeWhatDoesNotBelongHere(TurnBuilder turn, Playbook playbook, CompiledStage here)
    {
        foreach (var action in turn.Account.OpenActions)
        {
            if (playbook.PlaysById.TryGetValue(action.Play, out var play) && !here.Plays.Contains(play) && !play.Definition.Mandatory)
            {
                turn.Revoke(action, $"the account moved to stage {here.Definition.Id}");
            }
        }
    }
}
