using Orchestrator.Grains.Counts;
using Orchestrator.Grains.DataQuality;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Hierarchies;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Owners;
using Orchestrator.Grains.Partitioning;
using Signal = Orchestrator.V1.Signal;

namespace Orchestrator.Grains.Accounts;

/// <remarks>Undoing the merge of a whole account. What both sides are was worked out from the journal; here it becomes so, if nothing has happened since.</remarks>
public static partial class AccountTurn
{
    /// <summary>So many people go back in one message, so that a large account holds nobody up.</summary>
    private const int MostGoingBackAtOnce = 64;

    /// <summary>First step: who took the other in is as it would be without, and what was the other's goes back.</summary>
    private static Verdict Part(AccountCommand.Part command, TurnBuilder turn)
    {
        if (turn.Account.ForwardedTo.Length > 0)
        {
            return new Verdict.Rejected(new Rejection.MovedTo(turn.Account.ForwardedTo));
        }

        if (AccountParting.MarkOf(turn.Account) != command.Mark)
        {
            return new Verdict.Rejected(new Rejection.ChangedMeanwhile(turn.Account.Key.Affinity));
        }

        foreach (var action in turn.Account.OpenActions)
        {
            if (command.Kept.OpenActions.All(a => a.Id != action.Id))
            {
                turn.Revoke(action, $"account `{command.From}` is one of its own again");
            }
        }

        var (identifiers, open) = (turn.Account.Identifiers, turn.Account.OpenActions);
        List<Parted> names = [.. command.Names.Select(n => new Parted(n, GrainKey.Contact(turn.Account.Key.Tenant, command.From, command.Restored.Identifiers[n])))];
        foreach (var person in command.People)
        {
            turn.Add(person.Key.Id, new ContactEvent.Restored(person, turn.Now));
        }

        foreach (var (contact, to) in command.Gone)
        {
            if (command.People.All(p => p.Key.Id != contact))
            {
                turn.Add(contact, new ContactEvent.Restored(Contact.Unknown(turn.Contact(contact).Key) with { MovedTo = to }, turn.Now));
            }
        }

        var before = turn.Account;
        turn.Add(new AccountEvent.OfHistory(new HistoryEvent.AccountParted(command.From, command.Kept, names, turn.Now)));
        CountTurn.Resume(turn, before.Boards);
        FamilyTurn.Resume(turn, before.Standing?.Family, command.From, parted: command.From, command.Doubtful);
        foreach (var action in command.Kept.OpenActions.Where(a => open.All(o => o.Id != a.Id)))
        {
            OfferAgain(turn, action);
        }

        foreach (var (name, contact) in command.Kept.Identifiers)
        {
            if (identifiers.GetValueOrDefault(name) != contact && !command.Names.Contains(name))
            {
                turn.Add(new Effect.Send(new IdentityCommand.Bind(GrainKey.Identity(turn.Account.Key.Tenant, name), GrainKey.Contact(turn.Account.Key.Tenant, turn.Account.Key.Affinity, contact), turn.Account.Provisional)));
            }
        }

        var other = GrainKey.Account(turn.Account.Key.Tenant, command.From);
        var sent = 0;
        for (; command.RestoredPeople.Count - sent > MostGoingBackAtOnce; sent += MostGoingBackAtOnce)
        {
            turn.Add(new Effect.Send(new AccountCommand.TakeBack(other, turn.Account.Key.Affinity, [.. command.RestoredPeople.Skip(sent).Take(MostGoingBackAtOnce)], null, [])));
        }

        turn.Add(new Effect.Send(new AccountCommand.TakeBack(other, turn.Account.Key.Affinity, [.. command.RestoredPeople.Skip(sent)], command.Restored, command.Names)
        {
            Doubtful = command.Doubtful,
            Boards = [.. (before.Boards?.On ?? []).Except(command.Kept.Boards?.On ?? [])],
        }));
        TwinTurn.Note(turn, PlaybookOf(turn), before);
        turn.Add(new AccountEvent.Deferred("", null, turn.Now.AddTicks(1)));
        return turn.Accept(Answer.Nothing.Instance, PlaybookOf(turn), turn.Now);
    }

    /// <summary>Second step: the account is back with its people. What was open and still holds is offered again, under the id that it had.</summary>
    private static Verdict TakeBack(AccountCommand.TakeBack command, TurnBuilder turn)
    {
        if (turn.Account.ForwardedTo != command.From)
        {
            // It is back already.
            return turn.Accept(Answer.Nothing.Instance, null, turn.Now);
        }

        foreach (var person in command.People)
        {
            turn.Add(person.Key.Id, new ContactEvent.Restored(person, turn.Now));
            Memberships.MembershipTurn.Resume(turn, person);
        }

        if (command.State is not { } state)
        {
            return turn.Accept(Answer.Nothing.Instance, null, turn.Now);
        }

        CountTurn.Leave(turn, command.From, command.Boards);
        var before = turn.Account;
        turn.Add(new AccountEvent.OfHistory(new HistoryEvent.AccountRestored(command.From, state, turn.Now)));
        CountTurn.Resume(turn, before.Boards);
        FamilyTurn.Resume(turn, before.Standing?.Family, command.From, parted: "", command.Doubtful);
        TwinTurn.Note(turn, PlaybookOf(turn), before: null);
        foreach (var action in turn.Account.OpenActions)
        {
            OfferAgain(turn, action);
        }

        foreach (var name in command.Names)
        {
            if (turn.Account.Identifiers.TryGetValue(name, out var contact))
            {
                var person = GrainKey.Contact(turn.Account.Key.Tenant, turn.Account.Key.Affinity, contact);
                turn.Add(new Effect.Send(new IdentityCommand.Rebind(GrainKey.Identity(person.Tenant, name), person, turn.Account.Provisional, GrainKey.Contact(person.Tenant, command.From, contact))));
            }
        }

        turn.Add(new AccountEvent.Deferred("", null, turn.Now.AddTicks(1)));
        return turn.Accept(Answer.Nothing.Instance, PlaybookOf(turn), turn.Now);
    }

    /// <summary>A turn in which nothing happens but that the account finds out what time will do to it.</summary>
    internal static Verdict Replan(GrainKey account, in TurnContext context)
    {
        var turn = context.Workspace.Turn;
        turn.Begin(context, account);
        return PlaybookOf(turn) is { } playbook && turn.Account.Exists ? turn.Accept(Answer.Nothing.Instance, playbook, turn.Now, replan: true) : turn.Accept(Answer.Nothing.Instance, null, turn.Now);
    }

    /// <summary>What was open and still holds, under the id that it had; it counts against what the department can have in hand as it did.</summary>
    private static void OfferAgain(TurnBuilder turn, OpenAction action)
    {
        if (action.Counted)
        {
            turn.Add(new Effect.Send(new OwnerCommand.Take(GrainKey.Owner(turn.Account.Key.Tenant, action.Department), turn.Account.Key.Affinity, action.Id, action.Owner) { Again = !action.Awaits }));
        }

        if (!action.Awaits && !action.Asked)
        {
            turn.Add(new Effect.Offer(turn.Account.Key, action, action.Contact.Length > 0 ? turn.Contact(action.Contact).ListNames() : []));
        }
    }

    /// <summary>Whether the signal names an account that was part of this one and is not any more.</summary>
    private static bool IsOfParted(Account account, Signal signal) => signal.Account.Length > 0 && account.History is { PartedAccounts.IsEmpty: false } history && history.PartedAccounts.Contains(signal.Account);
}
