using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Policies;
using Orchestrator.Grains.Stages;

namespace Orchestrator.Grains.Accounts;

public static partial class AccountTurn
{
    /// <summary>
    /// Time alone may have changed something at the due instant. Criteria are judged at that very instant, however late the turn comes; what is then done is
    /// decided for now, so that nothing overdue is released late.
    /// </summary>
    private static Verdict Wake(AccountCommand.Wake command, TurnBuilder turn)
    {
        if (!turn.Account.Exists || turn.Account.Wake is not { } wake || wake > command.Due || PlaybookOf(turn) is not { } playbook)
        {
            return turn.Accept(Answer.Nothing.Instance, null, turn.Now);
        }

        var due = command.Due > turn.Now ? turn.Now : command.Due;
        turn.Add(new AccountEvent.Woken(due, turn.Now, playbook.Version));
        foreach (var action in turn.Account.OpenActions)
        {
            if (action.ValidUntil <= due)
            {
                turn.End(action, EndedHow.Expired, "expired", slotKept: false);
                turn.Add(new Effect.Withdraw(turn.Account.Key, action.Id, "expired"));
            }
        }

        foreach (var reservation in turn.Account.Reservations)
        {
            if (reservation.State == ReservationState.Held && reservation.HeldUntil <= due)
            {
                Free(turn, reservation, confirmed: false);
            }
        }

        turn.Context.Workspace.Facts.Set(playbook, turn.Account, null, null, due);
        StageWalk.Go(turn, playbook, due);
        Choose(turn, playbook, [.. Audience(turn.Account)], signal: null);
        return turn.Accept(Answer.Nothing.Instance, playbook, due);
    }
}
