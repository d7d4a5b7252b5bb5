using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Accounts;

public static partial class AccountTurn
{
    /// <summary>First step of a move: what is known of the person leaves with them, and a forwarding address stays.</summary>
    private static Verdict MoveOut(AccountCommand.MoveOut command, TurnBuilder turn)
    {
        if (!turn.Account.Contacts.ContainsKey(command.Contact) || command.To == turn.Contact(command.Contact).Key)
        {
            return turn.Accept(Answer.Nothing.Instance, null, turn.Now);
        }

        foreach (var action in turn.Account.OpenActions)
        {
            if (action.Contact == command.Contact)
            {
                turn.Revoke(action, "the person moved to another account");
            }
        }

        // The id window goes with each who leaves, since their signals may be sent again where they go.
        // A provisional account is nothing but its people: with the last one its scores and tallies go too.
        var last = turn.Account.Provisional && turn.Account.Contacts.Count == 1;
        var person = turn.Contact(command.Contact);
        var moveIn = new AccountCommand.MoveIn(
            GrainKey.Account(turn.Account.Key.Tenant, command.To.Affinity),
            command.To.Id,
            person.Key,
            person,
            last ? turn.Account.Scores : [],
            last ? turn.Account.Tallies : [])
        {
            Seen = turn.Account.Seen,
        };
        turn.Add(command.Contact, new ContactEvent.Moved(command.To, turn.Now));
        turn.Add(new AccountEvent.ContactLeft(command.Contact, command.To, turn.Now));
        if (last)
        {
            turn.Add(new AccountEvent.Forwarded(command.To.Affinity, turn.Now));
        }

        turn.Add(new Effect.Send(moveIn));
        return turn.Accept(Answer.Nothing.Instance, PlaybookOf(turn), turn.Now);
    }

    /// <summary>The way that <see cref="Record"/> forwards signals, with nothing to record.</summary>
    private static Verdict Follow(AccountCommand.Follow command, TurnBuilder turn)
    {
        var contact = command.Contact;
        var moved = Whereabouts(turn, ref contact);
        if (turn.Account.ForwardedTo.Length > 0 || moved is not null)
        {
            var account = GrainKey.Account(turn.Account.Key.Tenant, moved?.Affinity ?? turn.Account.ForwardedTo);
            turn.Add(new Effect.Send(command with { Account = account, Target = account, Contact = moved?.Id ?? contact }));
        }
        else
        {
            turn.Add(new Effect.Send(new IdentityCommand.Arrived(command.Identity, turn.Contact(contact).Key) { Marker = command.Marker }));
        }

        return turn.Accept(Answer.Nothing.Instance, null, turn.Now);
    }

    /// <summary>Second step: the history joins; consent never widens. Then the account is looked at again, for the criteria that hold now.</summary>
    private static Verdict MoveIn(AccountCommand.MoveIn command, TurnBuilder turn)
    {
        var contact = command.Contact;
        var moved = Whereabouts(turn, ref contact);
        command = command with { Contact = contact };
        if (turn.Account.ForwardedTo.Length > 0 || moved is not null)
        {
            // They moved on meanwhile: so does this.
            var account = GrainKey.Account(turn.Account.Key.Tenant, moved?.Affinity ?? turn.Account.ForwardedTo);
            turn.Add(new Effect.Send(command with { Account = account, Target = account, Contact = moved?.Id ?? command.Contact }));
            return turn.Accept(Answer.Nothing.Instance, null, turn.Now);
        }

        if (!turn.Account.Exists)
        {
            // A named account exists before somebody is sent there; only a provisional one may be overtaken by a move.
            turn.Add(new AccountEvent.Opened(Provisional: true, PlaybookOf(turn)?.Start ?? "", turn.Now));
        }

        foreach (var name in command.State.Identifiers)
        {
            if (turn.Account.Identifiers.TryGetValue(name.ToString(), out var known) && known != command.Contact)
            {
                Unite(turn, command.Contact, known);
            }
        }

        turn.Join(command.Contact, [.. command.State.Identifiers.Where(i => !turn.Account.Identifiers.ContainsKey(i.ToString()))]);
        turn.Add(command.Contact, new ContactEvent.Absorbed(command.State, turn.Now));
        TakeRoles(turn, command.Contact, command.State);
        turn.Add(new AccountEvent.Absorbed(command.Contact, command.From, command.Scores, command.Tallies, turn.Now)
        {
            Seen = command.Seen,
            Slots = [.. command.State.Slots.Select(s => s with { Contact = command.Contact })],
        });
        foreach (var name in command.State.Identifiers)
        {
            turn.Add(new Effect.Send(new IdentityCommand.Arrived(GrainKey.Identity(turn.Account.Key.Tenant, name.ToString()), turn.Contact(command.Contact).Key)));
        }

        turn.Add(new AccountEvent.Deferred("", null, turn.Now.AddTicks(1)));
        return turn.Accept(Answer.Nothing.Instance, PlaybookOf(turn), turn.Now);
    }

    /// <summary>
    /// Where a person has gone from here, or null. Who was found to be one with another contact of this account is that one from now on: that is seen here and now, for
    /// by a message to the account itself, what their identifier sends to the other by then would overtake.
    /// </summary>
    private static GrainKey? Whereabouts(TurnBuilder turn, ref string contact)
    {
        var moved = turn.Contact(contact).MovedTo;
        while (moved is { } to && to.Affinity == turn.Account.Key.Affinity)
        {
            if (turn.Account.Contacts.ContainsKey(contact))
            {
                // Met here again since.
                return null;
            }

            contact = to.Id;
            moved = turn.Contact(contact).MovedTo;
        }

        return moved;
    }

    /// <summary>The contacts that a move may touch: the person, and whoever is known here under one of their names.</summary>
    private static IEnumerable<string> MoveInTouches(AccountCommand.MoveIn command, Account account)
    {
        yield return command.Contact;
        foreach (var name in command.State.Identifiers)
        {
            if (account.Identifiers.TryGetValue(name.ToString(), out var known))
            {
                yield return known;
            }
        }
    }
}
