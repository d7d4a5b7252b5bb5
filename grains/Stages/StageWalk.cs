using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Customers;
using Orchestrator.Grains.Deals;
using Orchestrator.Grains.Handoffs;
using Orchestrator.Grains.InFlight;
using Orchestrator.Grains.Lateness;
using Orchestrator.Grains.Ownership;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Recycling;
using Orchestrator.Grains.Requests;

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
    /// <param name="entered">Whether the turn has entered the present stage itself, without a criterion.</param>
    public static void Go(TurnBuilder turn, Playbook playbook, DateTimeOffset at, bool entered = false)
    {
        var facts = turn.Context.Workspace.Facts;
        if (playbook.Definition.Paused is Pause.Hold or Pause.Exit)
        {
            // Nobody moves by a criterion; but where a publish has taken the stage away, nobody can stay either.
            Displace(turn, playbook);
            return;
        }

        var moved = entered;
        HashSet<string>? passed = null;
        for (var step = 0; step < MostSteps && playbook.Stages.TryGetValue(turn.Account.Stage, out var stage); step++)
        {
            CustomerPhase.Judge(turn, playbook, at);
            facts.Account = turn.Account;
            if (FirstThatHolds(turn, playbook, stage, at) is not { } transition)
            {
                break;
            }

            // A stage that was left in this turn is not entered again in it: that would be a circle. One that the turn began in may begin anew, where that is wished for.
            var again = transition.Definition.To.Id == turn.Account.Stage && passed is null && !entered;
            passed ??= new HashSet<string>(StringComparer.Ordinal) { turn.Account.Stage };
            if (!passed.Add(transition.Definition.To.Id) && !again)
            {
                break;
            }

            var reason = ReasonOf(transition, facts);
            Enter(turn, playbook, transition.Definition.To.Id, transition.Definition.Id, at, EvidenceOf(transition, facts), reason,
                transition.Definition.ReEntry is null ? null : ReEntry.KeyOf(transition, facts));
            if (transition.Definition.Reasons.Length > 0)
            {
                ReasonCodes.Keep(turn, reason, at);
            }

            moved = true;
        }

        if (playbook.Stages.TryGetValue(turn.Account.Stage, out var here))
        {
            if (here.Definition.Sla is { } sla && !turn.Account.SlaBreached && turn.Account.StageSince + sla.Within <= at)
            {
                turn.Add(new AccountEvent.SlaBreached(turn.Account.Stage, at));
                if (sla.Then == SlaBreach.Reassign && !turn.Silent)
                {
                    Reassigning.Due(turn, here.Definition, at);
                }

                Escalations.Overdue(turn, playbook, here.Definition, sla);
            }

            if (moved)
            {
                RevokeWhatDoesNotBelongHere(turn, playbook, here);
                LeaveJourney(turn, here);
            }
        }
        else if (Displace(turn, playbook))
        {
            Go(turn, playbook, at);
        }

        facts.Account = turn.Account;
    }

    /// <summary>Enters a stage; whoever calls walks on from there.</summary>
    /// <param name="key">The business key for which the entry counts; null: it is not counted.</param>
    public static void Enter(
        TurnBuilder turn, Playbook playbook, string to, string transition, DateTimeOffset at, IReadOnlyList<Clause> evidence, string reason, string? key)
    {
        var from = turn.Account.Stage;
        var holder = playbook.Definition.Handoffs.Length > 0 ? OwnerOf.Accountable(turn.Account, playbook).Department : "";
        ReEntry.Leave(turn, at);
        turn.Add(new AccountEvent.StageEntered(from, to, transition, at, evidence, playbook.Version, reason));
        if (key is not null)
        {
            ReEntry.Enter(turn, transition, key, at);
        }

        if (playbook.Recycle is { } recycle)
        {
            RecycleTurn.Entered(turn, playbook, recycle, from, to, at, reason);
        }

        if (playbook.Definition.Handoffs.Length > 0)
        {
            HandoffTurn.Entered(turn, playbook, from, to, transition, holder);
        }
    }

    /// <summary>Moves the account by decree instead of by a criterion.</summary>
    public static void Relocate(TurnBuilder turn, Playbook playbook, string to, string why)
    {
        Enter(turn, playbook, to, InFlight, turn.Now, [new Clause(why, Held: true, "")], why, key: null);
        RevokeWhatDoesNotBelongHere(turn, playbook, playbook.Stages[to]);
        turn.Context.Workspace.Facts.Account = turn.Account;
    }

    /// <summary>
    /// Moves the account where it would be if its signals had come in order, since when it would be there, for the criterion that held. What else comes of entering a stage (the pool,
    /// entries that are counted, handoffs) is put right by itself.
    /// </summary>
    public static void Correct(TurnBuilder turn, Playbook playbook, Rederived found)
    {
        turn.Add(new AccountEvent.StageEntered(turn.Account.Stage, found.Stage, found.StageBy, found.StageSince, found.Evidence, playbook.Version, found.Reason));
        if (found.SlaBreached)
        {
            turn.Add(new AccountEvent.SlaBreached(found.Stage, found.StageSince));
        }

        RevokeWhatDoesNotBelongHere(turn, playbook, playbook.Stages[found.Stage]);
        turn.Context.Workspace.Facts.Account = turn.Account;
    }

    /// <summary>Only a publish takes a stage away from under an account: it goes to one that is there.</summary>
    /// <returns>Whether it did.</returns>
    private static bool Displace(TurnBuilder turn, Playbook playbook)
    {
        if (!turn.Account.Exists || playbook.Stages.ContainsKey(turn.Account.Stage))
        {
            return false;
        }

        var (to, why) = Displacement.Of(turn.Account.Stage, playbook, turn.Context.Playbooks, turn.Account.Key.Tenant);
        Relocate(turn, playbook, to, why);
        return true;
    }

    /// <summary>Whoever kept an earlier version goes by the latest again once nothing more is to be done for them under their own.</summary>
    private static void LeaveJourney(TurnBuilder turn, CompiledStage here)
    {
        if (turn.Account.Flight is { Pinned: > 0 } && here.Definition.Kind == StageKind.EndOfEffort)
        {
            turn.Add(new AccountEvent.OfFlight(new FlightEvent.Released(turn.Now)));
        }
    }

    /// <summary>Whether the transition's own criterion holds for these facts.</summary>
    public static bool HoldsNow(CompiledTransition transition, Decisions.Facts facts) =>
        transition.When is { } when ? when.Holds(facts) : InstantOf(transition, facts) is { } at && at <= facts.Now && at > facts.Account.StageSince;

    /// <summary>Why the transition may be gone through: its criterion, and what else it requires.</summary>
    public static IReadOnlyList<Clause> EvidenceOf(CompiledTransition transition, Decisions.Facts facts) =>
        ReasonCodes.Evidence(
            transition.Definition,
            transition.Definition.Reasons.Length > 0 ? Said(transition, facts) : "",
            transition.Definition.RequiresAnswers > 0 ? AnswerGate.Evidence(transition, facts) : CriterionOf(transition, facts));

    /// <summary>Why the account goes there: one of the transition's codes, where it lists some.</summary>
    public static string ReasonOf(CompiledTransition transition, Decisions.Facts facts) => ReasonCodes.Of(transition.Definition, Said(transition, facts));

    private static string Said(CompiledTransition transition, Decisions.Facts facts) =>
        transition.Definition.RequiresAnswers > 0 ? AnswerGate.Reason(transition, facts) : transition.Reason?.TextOf(facts) ?? "";

    /// <summary>Why the transition's own criterion holds for these facts.</summary>
    public static IReadOnlyList<Clause> CriterionOf(CompiledTransition transition, Decisions.Facts facts) => transition.When is { } when
        ? when.Evidence(facts)
        : [new Clause($"at {transition.MovesAt!.Text}", Held: true, $"{transition.MovesAt.Text} = {InstantOf(transition, facts):O}")];

    /// <summary>The first that holds and moves by itself. Those before it that hold and need a person's word ask for it.</summary>
    private static CompiledTransition? FirstThatHolds(TurnBuilder turn, Playbook playbook, CompiledStage stage, DateTimeOffset at)
    {
        var facts = turn.Context.Workspace.Facts;
        turn.Context.Workspace.Rival?.Walk(facts);
        var closed = playbook.Recycle is { } recycle && RecycleTurn.IsClosed(turn, recycle, facts);
        foreach (var transition in stage.Transitions)
        {
            if ((closed && transition.Definition.From.Length > 0) || (transition.Definition.ReEntry is not null && !ReEntry.Allows(transition, facts)))
            {
                continue;
            }

            var holds = transition.Definition.RequiresAnswers == 0 ? HoldsNow(transition, facts)
                : (HoldsNow(transition, facts) || AnswerGate.Waits(transition, turn.Account)) && AnswerGate.Passes(transition, turn, at);
            if (HandoffTurn.Bars(turn, transition, holds))
            {
                continue;
            }

            if (holds && transition.Definition.Confirm is not null)
            {
                Confirming.Ask(turn, playbook, transition);
                facts.Account = turn.Account;
            }
            else if (holds)
            {
                return transition;
            }
        }

        return null;
    }

    /// <summary>
    /// When an instant of the playbook comes. It is the account's, whoever sent the signal at hand: by the clock of that person it would come at another time than
    /// the account is woken for.
    /// </summary>
    private static DateTimeOffset? InstantOf(CompiledTransition transition, Decisions.Facts facts)
    {
        if (transition.MovesAt is not { IsLocal: true } local)
        {
            return transition.MovesAt?.Instant(facts);
        }

        var person = facts.Contact;
        facts.Contact = null;
        var at = local.Instant(facts);
        facts.Contact = person;
        return at;
    }

    private static void RevokeWhatDoesNotBelongHere(TurnBuilder turn, Playbook playbook, CompiledStage here)
    {
        foreach (var action in turn.Account.OpenActions)
        {
            if (action.Request is { } request
                ? !RequestTurn.BelongsTo(request, here.Definition, action)
                : playbook.PlaysById.TryGetValue(action.Play, out var play) && !here.Plays.Contains(play) && !play.Definition.Mandatory)
            {
                turn.Revoke(action, $"the account moved to stage {here.Definition.Id}");
            }
        }
    }
}
