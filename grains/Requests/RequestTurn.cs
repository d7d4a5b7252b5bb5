using System.Diagnostics;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Handoffs;
using Orchestrator.Grains.Ownership;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Stages;

namespace Orchestrator.Grains.Requests;

/// <summary>Asks, and acts on what is answered or not answered in time. Each kind of request has one arm in each of the three.</summary>
internal static class RequestTurn
{
    /// <summary>The channel by which our own people are asked.</summary>
    public const string Channel = "task";

    /// <summary>Offers the request by the way of all actions. Its time begins now, also where the cause lies back: who was never asked is not late.</summary>
    /// <remarks>Nobody is asked about history that is loaded after the fact.</remarks>
    public static void Ask(TurnBuilder turn, Playbook playbook, Request request, string department, string owner, string reason)
    {
        if (turn.Silent)
        {
            return;
        }

        var action = new OpenAction
        {
            Id = turn.NewId('a'),
            Play = "",
            Treatment = "",
            Channel = Channel,
            Contact = "",
            Department = department,
            Owner = owner,
            Stage = turn.Account.Stage,
            Playbook = playbook.Name,
            PlaybookVersion = playbook.Version,
            DecidedAt = turn.Now,
            ValidUntil = turn.Now.Forth(request.Within),
            Transactional = false,
            Factors = default,
            Reason = reason,
            Request = request,
        };
        turn.Add(new AccountEvent.ActionOffered(action, SlotTaken: false));
        turn.Add(new Effect.Offer(turn.Account.Key, action, []));
    }

    /// <summary>Takes an answer; giving it back for another try is the same for all actions and not judged here.</summary>
    public static Verdict Settle(AccountCommand.Settle command, OpenAction action, TurnBuilder turn, Playbook? playbook)
    {
        if (playbook is null)
        {
            return new Verdict.Rejected(new Rejection.NoPlaybook(turn.Account.Key.Tenant));
        }

        var request = action.Request!;
        var by = command.Settlement.By;
        switch (command.Settlement)
        {
            case Settlement.Done done:
                turn.End(action, EndedHow.Done, done.Outcome.Length > 0 ? done.Outcome : "done", slotKept: true, by);
                Confirmed(turn, playbook, request, new RequestAnswer(by, action.Department, done.Note, turn.Now));
                break;
            case Settlement.Declined { Snooze: not null }:
                return new Verdict.Rejected(new Rejection.BadAnswer("`snooze` is for plays: a request is answered, or given back with `retry` and a delay"));
            case Settlement.Declined declined when request.Reasons.Length > 0 && !request.Reasons.Contains(declined.Reason):
                return new Verdict.Rejected(new Rejection.BadAnswer($"`{declined.Reason}` is no reason to decline this; expected one of {string.Join(", ", request.Reasons)}"));
            case Settlement.Declined declined:
                turn.End(action, EndedHow.Declined, declined.Reason, slotKept: false, by);
                Declined(turn, playbook, request, new RequestAnswer(by, action.Department, declined.Reason, turn.Now));
                break;
            case Settlement.Reject reject:
                // Whoever took it could not ask anybody: that is not a no.
                turn.End(action, EndedHow.Rejected, reject.Reason, slotKept: false, by);
                Unanswered(turn, playbook, action, turn.Now);
                break;
            default:
                throw new UnreachableException();
        }

        if (turn.Account.Stage != action.Stage)
        {
            // What is best at the new stage is decided in a turn of its own, as after every change that no signal brought.
            turn.Add(new AccountEvent.Deferred("", null, turn.Now.AddTicks(1)));
        }

        return turn.Accept(new Answer.Settled(SettleResult.Settled), playbook, turn.Now);
    }

    /// <summary>Nobody answered in time, or nobody could be asked.</summary>
    /// <param name="at">The instant at which its time was over.</param>
    public static void Unanswered(TurnBuilder turn, Playbook playbook, OpenAction action, DateTimeOffset at)
    {
        switch (action.Request)
        {
            case Request.Confirmation confirmation:
                Escalations.Raise(turn, playbook, confirmation, level: 1, action.Department);
                break;
            case Request.Handoff handoff:
                HandoffTurn.Unanswered(turn, playbook, handoff, action.Department, at);
                break;
            case Request.Escalation escalation:
                Escalations.Raise(turn, playbook, escalation, action.Department);
                break;
            default:
                throw new UnreachableException();
        }
    }

    /// <summary>What a move makes needless.</summary>
    public static bool BelongsTo(Request request, StageDefinition stage, OpenAction action) => OwnerOf.HandoffOf(request) is { } handoff ? HandoffTurn.BelongsTo(handoff, stage) : request switch
    {
        Request.Confirmation or Request.Escalation => action.Stage == stage.Id,
        _ => throw new UnreachableException(),
    };

    private static void Confirmed(TurnBuilder turn, Playbook playbook, Request request, RequestAnswer answer)
    {
        switch (request)
        {
            case Request.Confirmation confirmation:
                Confirming.Confirmed(turn, playbook, confirmation, answer);
                break;
            case Request.Handoff handoff:
                HandoffTurn.Accepted(turn, handoff, answer);
                break;
            case Request.Escalation { Of: { } unanswered }:
                Confirmed(turn, playbook, unanswered, answer);
                break;
            case Request.Escalation:
                // It was seen to; that it was is kept with the action.
                break;
            default:
                throw new UnreachableException();
        }
    }

    private static void Declined(TurnBuilder turn, Playbook playbook, Request request, RequestAnswer answer)
    {
        switch (request)
        {
            case Request.Confirmation confirmation:
                Confirming.Declined(turn, playbook, confirmation, answer);
                break;
            case Request.Handoff handoff:
                HandoffTurn.Rejected(turn, playbook, handoff, answer);
                break;
            case Request.Escalation { Of: { } unanswered }:
                Declined(turn, playbook, unanswered, answer);
                break;
            case Request.Escalation:
                break;
            default:
                throw new UnreachableException();
        }
    }
}
