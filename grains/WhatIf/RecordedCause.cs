using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;
using Orchestrator.V1;
using Kind = Orchestrator.V1.StoredAccountEvent.KindOneofCase;
using Settlement = Orchestrator.Grains.Accounts.Settlement;

namespace Orchestrator.Grains.WhatIf;

/// <summary>The command behind a turn of the journal, which keeps results: what came from outside is read off them.</summary>
internal static class RecordedCause
{
    /// <summary>The command, or null where the facts themselves are what came from outside (a message of another system, a person's own act): they stand under any playbook.</summary>
    public static AccountCommand? Of(RecordedTurn turn)
    {
        var moved = false;
        StoredActionEnded? ended = null;
        StoredActionReturned? returned = null;
        var provisional = true;
        foreach (var stored in turn.OfAccount)
        {
            switch (stored.KindCase)
            {
                case Kind.Opened:
                    provisional = stored.Opened.Provisional;
                    break;
                case Kind.SignalRecorded:
                    return Record(turn, stored.SignalRecorded, provisional);
                case Kind.Woken:
                    return new AccountCommand.Wake(turn.Account, Ticks.Instant(stored.Woken.Due));
                case Kind.Asked:
                    return new AccountCommand.Ask(turn.Account, stored.Asked.Contact, stored.Asked.Channel);
                case Kind.Forwarded or Kind.ContactLeft:
                case Kind.History when stored.History.MergeBegan is not null:
                    // A signal may do so on its way, too.
                    moved = true;
                    break;
                case Kind.ActionEnded:
                    ended ??= stored.ActionEnded;
                    break;
                case Kind.ActionReturned:
                    returned ??= stored.ActionReturned;
                    break;
                default:
                    moved |= BringsHistory(stored);
                    break;
            }
        }

        return moved ? null
            : returned is not null ? new AccountCommand.Settle(turn.Account, returned.Id, new Settlement.Retry(Ticks.Instant(returned.NotBefore) - turn.At, returned.Attempt, returned.Reason))
            : ended is not null && SettlementOf(turn, ended) is { } settlement ? new AccountCommand.Settle(turn.Account, ended.Id, settlement with { By = ended.By })
            : null;
    }

    /// <summary>Whether people or accounts that moved, merged or parted changed what the account has behind it: what they brought or took along is the journal's to say.</summary>
    public static bool BringsHistory(StoredAccountEvent stored) => stored.KindCase switch
    {
        Kind.Absorbed or Kind.TookIn or Kind.Unmerged or Kind.Reinstated => true,
        Kind.History => stored.History is { AccountParted: not null } or { AccountRestored: not null },
        _ => false,
    };

    /// <summary>
    /// Whether an identity had bound the signal to its contact is not journaled. It makes a difference only to an account that the signal opened, which says so itself: in any
    /// other the contact found by identifiers is the one bound.
    /// </summary>
    private static AccountCommand.Record Record(RecordedTurn turn, StoredSignalRecorded stored, bool provisional)
    {
        var bound = stored.Signal.Account == turn.Account.Affinity || !provisional ? "" : stored.Contact;
        return new AccountCommand.Record(turn.Account, stored.Signal, bound, turn.At);
    }

    private static Settlement? SettlementOf(RecordedTurn turn, StoredActionEnded ended) => (EndedHow)ended.How switch
    {
        // An outcome left out is kept as `done`; one given is noted where the contact policy asks for it.
        EndedHow.Done => new Settlement.Done(ended.Outcome == "done" && !turn.OfContacts.Any(c => c.Event.Rested is { Outcome: "done" }) ? "" : ended.Outcome, ""),
        EndedHow.Rejected => new Settlement.Reject(ended.Outcome),
        EndedHow.Declined => new Settlement.Declined(ended.Outcome, SnoozeOf(turn)),
        EndedHow.Expired or EndedHow.Revoked => null,
    };

    private static TimeSpan? SnoozeOf(RecordedTurn turn)
    {
        foreach (var (_, stored) in turn.OfContacts)
        {
            if (stored.PlayRested is { } rested)
            {
                return Ticks.Instant(rested.Until) - turn.At;
            }
        }

        foreach (var stored in turn.OfAccount)
        {
            if (stored.PlayRested is { } rested)
            {
                return Ticks.Instant(rested.Until) - turn.At;
            }
        }

        return null;
    }
}
