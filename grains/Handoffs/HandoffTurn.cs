using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Dealings;
using Orchestrator.Grains.Ownership;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Requests;
using Orchestrator.Grains.Stages;
using Signal = Orchestrator.V1.Signal;

namespace Orchestrator.Grains.Handoffs;

/// <summary>Passes an account from one department to another: a request that the other one accepts or rejects with a reason.</summary>
internal static class HandoffTurn
{
    /// <summary>The account has gone through a transition: if that is a handoff, the other department is asked.</summary>
    /// <param name="from">The stage it came from.</param>
    /// <param name="to">Where it is now: a rejection goes by the same transition, but elsewhere.</param>
    /// <param name="holder">The department that was accountable until now. It need not be the one that the playbook names: that one may not have accepted yet.</param>
    public static void Entered(TurnBuilder turn, Playbook playbook, string from, string to, string transition, string holder)
    {
        foreach (var handoff in playbook.Definition.Handoffs)
        {
            // History that is loaded asks nobody: the account is where it was handed to.
            if (!turn.Silent && handoff.On.Id == transition && playbook.Definition.Transitions.Any(t => t.Id == transition && t.To.Id == to))
            {
                var giver = holder.Length > 0 ? holder : handoff.From.Id;
                if (giver == handoff.To.Id)
                {
                    return;
                }

                var request = new Request.Handoff(giver, handoff.To.Id, from, handoff.Else)
                {
                    Subject = transition,
                    Within = handoff.AcceptWithin,
                    Reasons = handoff.Reasons,
                    Packet = Packet.Of(turn, playbook, handoff),
                };
                RequestTurn.Ask(turn, playbook, request, handoff.To.Id, OwnerOf.Assigned(turn.Account, handoff.To.Id), $"{giver} hands the account over to {handoff.To.Id}: accept it, or reject it with a reason");
            }
        }
    }

    /// <summary>Whoever accepted is who acts for the account from now on.</summary>
    public static void Accepted(TurnBuilder turn, Request.Handoff handoff, RequestAnswer answer)
    {
        if (answer.By.Length > 0 && OwnerOf.Assigned(turn.Account, handoff.To) != answer.By)
        {
            OwnerTurn.Assign(turn, new AssignedOwner(handoff.To, answer.By, answer.At, $"accepted handoff `{handoff.Subject}`"));
        }
    }

    /// <summary>The account goes back to the stage it came from; the giver was accountable all the time.</summary>
    public static void Rejected(TurnBuilder turn, Playbook playbook, Request.Handoff handoff, RequestAnswer answer) =>
        Return(turn, playbook, handoff, answer.Reason, answer.By, answer.At, new Clause($"accepted by {handoff.To}", Held: false, $"rejected{(answer.Reason.Length > 0 ? $" ({answer.Reason})" : "")}, {answer.Asserted}"));

    public static void Unanswered(TurnBuilder turn, Playbook playbook, Request.Handoff handoff, string department, DateTimeOffset at)
    {
        if (handoff.Else == HandoffElse.Escalate)
        {
            Escalations.Raise(turn, playbook, handoff, level: 1, department);
            return;
        }

        var late = $"not accepted within {Escalations.Show(handoff.Within)}";
        Return(turn, playbook, handoff, late, "", at, new Clause($"accepted by {handoff.To}", Held: false, late));
    }

    /// <summary>What a move makes needless: at a stage of yet another department nobody waits for this handoff.</summary>
    public static bool BelongsTo(Request.Handoff handoff, StageDefinition stage) => stage.Accountable?.Id == handoff.To;

    /// <summary>Whether the transition came back and must not be gone through again yet.</summary>
    public static bool Bars(TurnBuilder turn, CompiledTransition transition, bool holds)
    {
        if (turn.Account.Dealings is not { Returned.Length: > 0 } || !IsBack(turn.Account, transition.Definition.Id))
        {
            return false;
        }

        if (holds)
        {
            return true;
        }

        turn.Add(new DealingsEvent.HandoffReady(transition.Definition.Id));
        turn.Context.Workspace.Facts.Account = turn.Account;
        return false;
    }

    // A method of its own: a lambda beside the first look would cost each signal an allocation.
    private static bool IsBack(Account account, string transition) => account.Dealings!.Returned.Any(r => !r.IsReady && r.Transition == transition && r.StageSince == account.StageSince);

    public static string? Fault(Signal signal, Account? account)
    {
        var transition = DealingsTurn.Text(signal, "handoff");
        var returned = account?.Dealings?.Returned.Where(r => !r.IsReady && r.StageSince == account.StageSince).Select(r => r.Transition).ToList();
        return account is null || returned?.Contains(transition) == true ? null
            : $"no handoff `{transition}` came back to this account{(returned is { Count: > 0 } ? $", only {string.Join(", ", returned.Select(r => $"`{r}`"))}" : "")}: there is nothing to offer again";
    }

    private static void Return(TurnBuilder turn, Playbook playbook, Request.Handoff handoff, string reason, string by, DateTimeOffset at, Clause evidence)
    {
        if (turn.Account.Stage == handoff.Stage || !playbook.Stages.ContainsKey(handoff.Stage))
        {
            // A playbook published since may not have the stage any more: then nothing moves.
            return;
        }

        turn.Context.Workspace.Facts.Set(playbook, turn.Account, null, null, at);
        StageWalk.Enter(turn, playbook, handoff.Stage, handoff.Subject, at, [evidence], reason, key: null);
        turn.Add(new DealingsEvent.HandoffReturned(new ReturnedHandoff(handoff.Subject, turn.Account.StageSince, reason, by, handoff.From)));
        StageWalk.Go(turn, playbook, at, entered: true);
    }
}
