using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Accounts;

public static partial class AccountTurn
{
    /// <summary>First step of a move: what is known of the person leaves with them, and a forwarding address stays.</summary>
    private static Verdict MoveOut(AccountCommand.MoveOut command, TurnBuilder turn)
    {
        if (!turn.Account.Contacts.ContainsKey(command.Contact))
        {
            return turn.Accept(Answer.Nothing.Instance, null, turn.Now);
        }

        var person = turn.Contact(command.Contact);
        foreach (var action in turn.Account.OpenActions)
        {
            if (action.Contact == command.Contact)
            {
                turn.Revoke(action, "the person moved to another account");
            }
        }

        var last = turn.Account.Provisional && turn.Account.Contacts.Count == 1;

        // A provisional account is nothing but its people: with the last one its scores and tallies go too.
        var moveIn = new AccountCommand.MoveIn(
            GrainKey.Account(turn.Account.Key.Tenant, command.To.Affinity),
            command.To.Id,
            person.Key,
            turn.Contact(command.Contact),
            last ? turn.Account.Scores : [],
            last ? turn.Account.Tallies : []);
        turn.Add(command.Contact, new ContactEvent.Moved(command.To, turn.Now));
        turn.Add(new AccountEvent.ContactLeft(command.Contact, command.To, turn.Now));
        if (last)
        {
            turn.Add(new AccountEvent.Forwarded(command.To.Affinity, turn.Now));
        }

        turn.Add(new Effect.Send(moveIn));
        return turn.Accept(Answer.Nothing.Instance, PlaybookOf(turn), turn.Now);
    }

    /// <summary>Second step: the history joins; consent never widens.</summary>
    private static Verdict MoveIn(AccountCommand.MoveIn command, TurnBuilder turn)
    {
        if (!turn.Account.Exists)
        {
            turn.Add(new AccountEvent.Opened(Provisional: false, PlaybookOf(turn)?.Start ?? "", turn.Now));
        }

        turn.Join(command.Contact, [.. command.State.Identifiers.Where(i => !turn.Account.Identifiers.TryGetValue(i.ToString(), out var known) || known != command.Contact)]);
        turn.Add(command.Contact, new ContactEvent.Absorbed(command.State, turn.Now));
        if (command.Scores.Count > 0 || command.Tallies.Count > 0)
        {
            turn.Add(new AccountEvent.Absorbed(command.Contact, command.From, command.Scores, command.Tallies, turn.Now));
        }

        return turn.Accept(Answer.Nothing.Instance, PlaybookOf(turn), turn.Now);
    }
}
