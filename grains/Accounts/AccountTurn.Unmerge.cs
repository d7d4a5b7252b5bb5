using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Grains.Accounts;

public static partial class AccountTurn
{
    /// <summary>First step of undoing a merge: who took the other in gives back what was theirs, as worked out from the journal of this very state.</summary>
    private static Verdict Unmerge(AccountCommand.Unmerge command, TurnBuilder turn)
    {
        if (turn.Account.ForwardedTo.Length > 0)
        {
            return new Verdict.Rejected(new Rejection.MovedTo(turn.Account.ForwardedTo));
        }

        if (!turn.Account.Contacts.ContainsKey(command.Contact))
        {
            return new Verdict.Rejected(new Rejection.NoSuchContact(turn.Account.Key.Affinity, command.Contact));
        }

        var kept = turn.Contact(command.Contact);
        if (turn.Account.SignalCount != command.SignalCount || Unmerging.MarkOf(kept) != command.Mark)
        {
            return new Verdict.Rejected(new Rejection.ChangedMeanwhile(turn.Account.Key.Affinity));
        }

        List<string> names = [.. command.Restored.Identifiers.Select(i => i.ToString())];
        turn.Add(command.Contact, new ContactEvent.Restored(command.Kept, turn.Now));
        turn.Add(new AccountEvent.OfHistory(new HistoryEvent.Unmerged(command.Contact, command.Other, command.MergedAt, names, command.Kept.Roles, command.Own, turn.Now)));
        if (command.Other.Affinity == turn.Account.Key.Affinity)
        {
            Back(new AccountCommand.Reinstate(turn.Account.Key, command.Other.Id, kept.Key, command.Restored, null), turn);
        }
        else
        {
            var account = GrainKey.Account(turn.Account.Key.Tenant, command.Other.Affinity);
            turn.Add(new Effect.Send(new AccountCommand.Reinstate(account, command.Other.Id, kept.Key, command.Restored, command.Since) { Seen = turn.Account.Seen }));
        }

        turn.Add(new AccountEvent.Deferred("", null, turn.Now.AddTicks(1)));
        return turn.Accept(Answer.Nothing.Instance, PlaybookOf(turn), turn.Now);
    }

    /// <summary>Second step: they are back where they had been, and no forwarding address is left.</summary>
    private static Verdict Reinstate(AccountCommand.Reinstate command, TurnBuilder turn)
    {
        if (turn.Contact(command.Contact).MovedTo != command.From)
        {
            // They are back already, or have gone elsewhere since.
            return turn.Accept(Answer.Nothing.Instance, null, turn.Now);
        }

        Back(command, turn);
        turn.Add(new AccountEvent.Deferred("", null, turn.Now.AddTicks(1)));
        return turn.Accept(Answer.Nothing.Instance, PlaybookOf(turn), turn.Now);
    }

    private static void Back(AccountCommand.Reinstate command, TurnBuilder turn)
    {
        var state = command.State;
        List<string> names = [.. state.Identifiers.Select(i => i.ToString())];
        turn.Add(command.Contact, new ContactEvent.Restored(state, turn.Now));
        turn.Add(new AccountEvent.OfHistory(new HistoryEvent.Reinstated(command.Contact, command.From, names, state.Roles, command.Since, state.Slots, state.LastSignalAt, turn.Now) { Seen = command.Seen }));
        foreach (var name in names)
        {
            turn.Add(new Effect.Send(new IdentityCommand.Rebind(GrainKey.Identity(turn.Account.Key.Tenant, name), turn.Contact(command.Contact).Key, turn.Account.Provisional, command.From)));
        }
    }

    /// <summary>Where a signal belongs that comes the way of a merge that was undone since; null = here.</summary>
    private static GrainKey? PartedTo(Account account, string name)
    {
        foreach (var parted in account.History is { } history ? history.Parted : [])
        {
            if (parted.Name == name)
            {
                return parted.To;
            }
        }

        return null;
    }
}
