using System.Collections.Immutable;
using Orchestrator.Grains.Dealings;
using Orchestrator.Grains.Lateness;
using Orchestrator.Grains.Owners;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Policies;
using Orchestrator.Grains.Requests;
using Orchestrator.Grains.Stages;

namespace Orchestrator.Grains.Accounts;

public static partial class AccountTurn
{
    /// <summary>A signal whose action was held back is let go when its turn comes later than this: nothing overdue is released after an outage.</summary>
    private static readonly TimeSpan LatestRelease = TimeSpan.FromHours(1);

    /// <summary>
    /// Time alone may have changed something at the due instant. Criteria are judged at that very instant, however late the turn comes; what is then done is
    /// decided for now, once everything that was due has been judged, so that nothing overdue is released late.
    /// </summary>
    private static Verdict Wake(AccountCommand.Wake command, TurnBuilder turn)
    {
        if (!turn.Account.Exists || turn.Account.Wake is not { } wake || wake > command.Due || PlaybookOf(turn) is not { } playbook)
        {
            return turn.Accept(Answer.Nothing.Instance, null, turn.Now);
        }

        var due = command.Due > turn.Now ? turn.Now : command.Due;
        if (turn.Account.History?.SettlesAt is { } settles)
        {
            return SettleHistory(turn, playbook, due, settles);
        }

        var held = turn.Account.Deferrals.RemoveAll(d => d.Until > due || d.Signal is null || turn.Now - d.Until > LatestRelease);
        turn.Add(new AccountEvent.Woken(due, turn.Now, playbook.Version));
        Expire(turn, playbook, due);
        LatenessTurn.Seek(turn, due);
        List<string> audience = [.. Audience(turn.Account)];
        foreach (var person in audience)
        {
            turn.Contact(person);
        }

        turn.Context.Workspace.Facts.Set(playbook, turn.Account, null, null, due);
        Walk(turn, playbook, audience, due);
        var again = AccountWake.Next(turn, playbook, due);
        turn.Context.Workspace.Rival?.Catch(turn, playbook, again, due);
        if (again is { } next && next <= turn.Now)
        {
            foreach (var deferral in held)
            {
                turn.Add(new AccountEvent.Deferred(deferral.Contact, deferral.Signal, next));
            }

            return turn.Accept(Answer.Nothing.Instance, playbook, due);
        }

        Release(turn, playbook, held);
        Choose(turn, playbook, turn.Gather(audience), signal: null);
        CapacityTurn.AnswerCalls(turn);
        return turn.Accept(Answer.Nothing.Instance, playbook, due);
    }

    private static void Expire(TurnBuilder turn, Playbook playbook, DateTimeOffset due)
    {
        foreach (var action in turn.Account.OpenActions)
        {
            // What came back may have taken others along.
            if (action.ValidUntil <= due && turn.Account.OpenActions.Any(a => a.Id == action.Id))
            {
                turn.End(action, EndedHow.Expired, "expired", slotKept: false);
                turn.Add(new Effect.Withdraw(turn.Account.Key, action.Id, "expired"));
                if (action.Request is not null)
                {
                    RequestTurn.Unanswered(turn, playbook, action, due);
                }
            }
        }

        foreach (var reservation in turn.Account.Reservations)
        {
            if (reservation.State == ReservationState.Held && reservation.HeldUntil <= due)
            {
                Free(turn, reservation, confirmed: false);
            }
        }
    }

    /// <summary>What signals triggered while it was quiet, or over a cap, is decided again, each for its own person.</summary>
    private static void Release(TurnBuilder turn, Playbook playbook, ImmutableArray<Deferral> held)
    {
        foreach (var deferral in held)
        {
            if (deferral.Contact.Length > 0 && !turn.Account.Contacts.ContainsKey(deferral.Contact))
            {
                continue;
            }

            Choose(turn, playbook, deferral.Contact.Length > 0 ? turn.Gather(deferral.Contact) : turn.Gather(Audience(turn.Account)), deferral.Signal);
        }
    }
}
