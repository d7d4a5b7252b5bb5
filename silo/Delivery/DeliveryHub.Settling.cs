using System.Diagnostics;
using Orchestrator.Grains.Accounts;
using Result = Orchestrator.V1.SettlementResult.Types.Result;

namespace Orchestrator.Silo.Delivery;

public sealed partial class DeliveryHub
{
    /// <summary>Actions with a settlement on its way, and the signal for those who wait for their turn (made by the first of them).</summary>
    private readonly Dictionary<ActionKey, TaskCompletionSource?> settling = [];

    // Stands while the account is asked: an exception leaves it.
    private static readonly SettleAnswer Unheard = new SettleAnswer.Unavailable("the account did not answer");

    /// <summary>
    /// Takes a settlement to the account, from any connection. For one action they go one after the other, and the first counts: an account takes "done"
    /// for an action that was given back, so a nack and an ack that race must not both reach it.
    /// </summary>
    /// <param name="tenant">Whose connection it is; ack ids of another tenant are refused.</param>
    /// <param name="cancel">Gives up waiting; the outcome is unknown then and the client may send it again.</param>
    public async ValueTask<V1.SettlementResult> SettleAsync(string tenant, V1.Settlement sent, CancellationToken cancel)
    {
        if (!acks.TryRead(sent.AckId, tenant, out var ack, out var why) || !SettlementReader.TryRead(sent, out var settlement, out why))
        {
            return Answer(sent.AckId, Result.Refused, why);
        }

        var key = new ActionKey(ack.Account, ack.ActionId);
        await EnterAsync(key, cancel);
        SettleAnswer? answer = null;
        var late = false;
        try
        {
            if (Judge(key, ack, ref settlement, out late) is { } at)
            {
                return Answer(sent.AckId, at.Result, at.Reason);
            }

            answer = Unheard;
            answer = await accounts.SettleAsync(ack.Account, ack.ActionId, settlement, cancel);
        }
        finally
        {
            Conclude(key, ack, settlement, answer);
        }

        return answer switch
        {
            SettleAnswer.Settled => Answer(sent.AckId, late ? Result.SettledLate : Result.Settled, ""),
            SettleAnswer.AlreadySettled => Answer(sent.AckId, Result.AlreadySettled, ""),
            SettleAnswer.Unknown => Answer(sent.AckId, Result.LeaseLost, $"the account no longer knows action `{ack.ActionId}`: it ended long ago"),
            SettleAnswer.Refused(var reason) => Answer(sent.AckId, Result.Refused, reason),
            SettleAnswer.Overloaded(var after) => Answer(sent.AckId, Result.Unavailable, $"overloaded; send it again in {after.TotalMilliseconds:0} ms"),
            SettleAnswer.Unavailable(var reason) => Answer(sent.AckId, Result.Unavailable, reason),
            _ => throw new UnreachableException(),
        };
    }

    /// <summary>Prolongs a lease, counted from now. One that has run out is lost, and a settled id stays settled, whichever came first on the wire.</summary>
    public async ValueTask<V1.SettlementResult> ExtendAsync(string tenant, V1.LeaseExtension sent, CancellationToken cancel)
    {
        if (!acks.TryRead(sent.AckId, tenant, out var ack, out var why) || !SettlementReader.TryReadLease(sent.Lease, out var lease, out why))
        {
            return Answer(sent.AckId, Result.Refused, why);
        }

        var key = new ActionKey(ack.Account, ack.ActionId);
        while (true)
        {
            Task turn;
            lock (gate)
            {
                if (!settling.ContainsKey(key))
                {
                    return Extend(key, ack, lease, sent.AckId);
                }

                turn = Turn(key);
            }

            await turn.WaitAsync(cancel);
        }
    }

    private V1.SettlementResult Extend(ActionKey key, Ack ack, TimeSpan lease, string ackId)
    {
        if (Find(key) is not { } action)
        {
            return Answer(ackId, Result.LeaseLost, $"action `{ack.ActionId}` is not leased: it has ended, or has not been offered again since a restart");
        }

        if (WasReturned(action, ack))
        {
            return Answer(ackId, Result.AlreadySettled, "");
        }

        var now = LeaseTime();
        if (action.Lease is not { } held || held.Grant != ack.Grant || now >= held.DueAt || business.GetUtcNow() >= action.Action.ValidUntil)
        {
            return Answer(ackId, Result.LeaseLost, action.Lease is null ? "the lease had run out" : "the lease had run out and the action is with another consumer");
        }

        leases.Set(held, now + lease.Ticks);
        ArmTimers();
        return Answer(ackId, Result.Extended, "");
    }

    /// <summary>Takes the turn of this action, after those who came before.</summary>
    private async ValueTask EnterAsync(ActionKey key, CancellationToken cancel)
    {
        while (true)
        {
            Task turn;
            lock (gate)
            {
                if (settling.TryAdd(key, null))
                {
                    if (Find(key) is { } action)
                    {
                        action.Settling = true;
                    }

                    return;
                }

                turn = Turn(key);
            }

            await turn.WaitAsync(cancel);
        }
    }

    private Task Turn(ActionKey key) =>
        (settling[key] ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>What delivery itself knows about this ack id; null if the account is to decide.</summary>
    private (Result Result, string Reason)? Judge(ActionKey key, Ack ack, ref Settlement settlement, out bool late)
    {
        lock (gate)
        {
            var attempt = ack.Attempt;
            late = true;
            if (Find(key) is { } action)
            {
                // Giving back a delivery older than the last that was given back says nothing new; "done" still does.
                if (WasReturned(action, ack) || (settlement is Settlement.Retry && ack.Attempt <= action.Action.Attempt))
                {
                    return (Result.AlreadySettled, "");
                }

                var holds = action.Lease is { } lease && lease.Grant == ack.Grant;
                late = !holds || LeaseTime() >= action.Lease!.DueAt;
                if (settlement is Settlement.Retry && !holds && action.Lease is not null)
                {
                    // Giving back what somebody else works on would only take it from them.
                    return (Result.LeaseLost, "the lease had run out and the action is with another consumer");
                }

                attempt = Math.Max(attempt, action.Attempt);
            }

            if (settlement is Settlement.Retry retry)
            {
                settlement = retry with { Attempt = attempt };
            }

            return null;
        }
    }

    /// <summary>True if this very delivery was given back. After a restart only the last one that the account journaled is known.</summary>
    private static bool WasReturned(TrackedAction action, Ack ack) =>
        action.ReturnedGrants is { } grants && grants.Contains(ack.Grant)
        || (action.ReturnedGrants is null && action.Action.Attempt > 0 && ack.Attempt == action.Action.Attempt && action.Lease?.Grant != ack.Grant);

    /// <summary>Ends the turn with the account's answer; null if it was not asked.</summary>
    private void Conclude(ActionKey key, Ack ack, Settlement settlement, SettleAnswer? answer)
    {
        lock (gate)
        {
            settling.Remove(key, out var next);
            if (answer is SettleAnswer.Settled)
            {
                meter.Settled(VerdictName(settlement));
            }

            if (Find(key) is { } action)
            {
                action.Settling = false;
                Conclude(action, ack, settlement, answer);
                PumpAll();
            }

            next?.TrySetResult();
        }
    }

    private void Conclude(TrackedAction action, Ack ack, Settlement settlement, SettleAnswer? answer)
    {
        switch (answer, settlement)
        {
            // An account that offers it again with this attempt has taken the return, though we may not have heard so.
            case (_, Settlement.Retry retry) when answer is SettleAnswer.Settled || (answer is SettleAnswer.Unavailable && action.Action.Attempt >= retry.Attempt):
                (action.ReturnedGrants ??= []).Add(ack.Grant);
                action.Attempt = Math.Max(action.Attempt, retry.Attempt);
                action.Returned = action.Action.Attempt < retry.Attempt;
                if (action.Lease is { } returned)
                {
                    action.LapsedBy = returned.Consumer;
                    EndLease(returned);
                }

                break;
            case (SettleAnswer.Settled or SettleAnswer.AlreadySettled or SettleAnswer.Unknown, _):
                if (action.Lease is { } held)
                {
                    if (held.Grant == ack.Grant)
                    {
                        EndLease(held);
                    }
                    else
                    {
                        Revoke(held, "settled by another consumer");
                    }
                }

                Untrack(action);
                return;
            default:
                // Not taken: the lease goes on, and if it ran out meanwhile the action is free.
                break;
        }

        if (action.OverBecause is { } reason)
        {
            End(action, reason);
            return;
        }

        SetValidityDue(action, business.GetUtcNow());
        Touch(action);
    }

    private static string VerdictName(Settlement settlement) => settlement switch
    {
        Settlement.Done => "done",
        Settlement.Retry => "retry",
        Settlement.Reject => "reject",
        Settlement.Declined => "declined",
        _ => throw new UnreachableException(),
    };

    private static V1.SettlementResult Answer(string ackId, Result result, string? reason) => new() { AckId = ackId, Result = result, Reason = reason ?? "" };
}
