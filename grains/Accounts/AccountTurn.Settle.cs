using System.Diagnostics;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Requests;

namespace Orchestrator.Grains.Accounts;

public static partial class AccountTurn
{
    /// <summary>The first settlement of an action counts; every later one is told so.</summary>
    private static Verdict Settle(AccountCommand.Settle command, TurnBuilder turn)
    {
        var action = turn.Account.OpenActions.FirstOrDefault(a => a.Id == command.ActionId);
        if (action is null)
        {
            var known = turn.Account.Ended.Any(e => e.Id == command.ActionId);
            return turn.Accept(new Answer.Settled(known ? SettleResult.AlreadySettled : SettleResult.Unknown), null, turn.Now);
        }

        var playbook = PlaybookOf(turn);
        var by = command.Settlement.By;
        if (action.Request is not null && command.Settlement is not Settlement.Retry)
        {
            return RequestTurn.Settle(command, action, turn, playbook);
        }

        switch (command.Settlement)
        {
            case Settlement.Done done:
                turn.End(action, EndedHow.Done, done.Outcome.Length > 0 ? done.Outcome : "done", slotKept: true, by);
                Touched(turn, playbook, action);
                Note(turn, playbook, action, done.Outcome);
                break;
            case Settlement.Declined declined:
                turn.End(action, EndedHow.Declined, declined.Reason, slotKept: false, by);
                if (declined.Snooze is { } snooze)
                {
                    Rest(turn, action, turn.Now.Forth(snooze));
                }

                Note(turn, playbook, action, "declined");
                break;
            case Settlement.Reject reject:
                turn.End(action, EndedHow.Rejected, reject.Reason, slotKept: false, by);
                Note(turn, playbook, action, "rejected");
                break;
            case Settlement.Retry retry:
                var notBefore = turn.Now.Forth(retry.Delay);
                turn.Add(new AccountEvent.ActionReturned(action.Id, Math.Max(action.Attempt, retry.Attempt), notBefore, retry.Reason));
                if (turn.Account.OpenActions.FirstOrDefault(a => a.Id == action.Id) is { Asked: false } returned)
                {
                    turn.Add(new Effect.Offer(turn.Account.Key, returned, action.Contact.Length > 0 ? turn.Contact(action.Contact).ListNames() : []));
                }

                break;
            default:
                throw new UnreachableException();
        }

        return turn.Accept(new Answer.Settled(SettleResult.Settled), playbook, turn.Now);
    }

    /// <summary>Where the playbook measures it: the first thing that one of us, and no machine, did since the account entered its stage.</summary>
    private static void Touched(TurnBuilder turn, Playbooks.Playbook? playbook, OpenAction action)
    {
        var account = turn.Account;
        if (playbook is { MeasuresTouch: true } && playbook.PlaysById.TryGetValue(action.Play, out var play) && play.Definition.For == Playbooks.PlayAudience.Owner &&
            account.Journey?.FirstTouch?.StageSince != account.StageSince)
        {
            turn.Add(new AccountEvent.OfJourney(new Stages.JourneyEvent.FirstTouched(account.Stage, account.StageSince, turn.Now)));
        }
    }

    private static void Rest(TurnBuilder turn, OpenAction action, DateTimeOffset until)
    {
        if (action.Contact.Length > 0)
        {
            turn.Add(action.Contact, new ContactEvent.PlayRested(action.Play, until, turn.Now));
        }
        else
        {
            turn.Add(new AccountEvent.PlayRested(action.Play, until, turn.Now));
        }
    }

    private static void Note(TurnBuilder turn, Playbooks.Playbook? playbook, OpenAction action, string outcome)
    {
        if (playbook is not null && action.Contact.Length > 0 && outcome.Length > 0)
        {
            NoteOutcome(turn, playbook, action.Contact, outcome, turn.Now);
        }
    }
}
