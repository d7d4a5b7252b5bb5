using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.InFlight;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Policies;

namespace Orchestrator.Grains.Stages;

/// <summary>Moves an account along the transitions whose criteria hold, keeping the evidence.</summary>
internal static class StageWalk
{
    /// <summary>A playbook may pass several stages in one turn, but not run in circles.</summary>
    public const int MostSteps = 8;

    /// <summary>Stands for a transition where a publish moves an account.</summary>
    public const string InFlight = "in-flight";

    /// <param name="turn">The turn; its workspace's facts must hold contact and signal.</param>
    /// <param name="at">The instant for which criteria are judged and at which stages are entered.</param>
    public static void Go(TurnBuilder turn, Playbook playbook, DateTimeOffset at)
    {
        var facts = turn.Context.Workspace.Facts;
        if (playbook.Definition.Paused is Pause.Hold or Pause.Exit)
        {
            return;
        }

        var moved = false;
        HashSet<string>? passed = null;
        for (var step = 0; step < MostSteps && playbook.Stages.TryGetValue(turn.Account.Stage, out var stage); step++)
        {
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
                LeaveJourney(turn, here);
            }
        }
        else if (turn.Account.Exists)
        {
            // Only a publish takes a stage away from under an account.
            var (to, why) = Displacement.Of(turn.Account.Stage, playbook, turn.Context.Playbooks, turn.Account.Key.Tenant);
            Relocate(turn, playbook, to, why);
            Go(turn, playbook, at);
        }

        facts.Account = turn.Account;
    }

    /// <summary>Moves the account by decree instead of by a criterion.</summary>
    public static void Relocate(TurnBuilder turn, Playbook playbook, string to, string why)
    {
        turn.Add(new AccountEvent.StageEntered(turn.Account.Stage, to, InFlight, turn.Now, [new Clause(why, Held: true, "")], playbook.Version, why));
        RevokeWhatDoesNotBelongHere(turn, playbook, playbook.Stages[to]);
        turn.Context.Workspace.Facts.Account = turn.Account;
    }

    /// <summary>Whoever kept an earlier version goes by the latest again once nothing more is to be done for them under their own.</summary>
    private static void LeaveJourney(TurnBuilder turn, CompiledStage here)
    {
        if (turn.Account.Flight is { Pinned: > 0 } && here.Definition.Kind == StageKind.EndOfEffort)
        {
            turn.Add(new AccountEvent.OfFlight(new FlightEvent.Released(turn.Now)));
        }
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
