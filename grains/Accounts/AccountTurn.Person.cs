using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Hierarchies;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Policies;
using Signal = Orchestrator.V1.Signal;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Grains.Accounts;

public static partial class AccountTurn
{
    /// <summary>The contacts that a signal may touch; all must be loaded before it is judged.</summary>
    private static void NeedOfRecord(AccountCommand.Record command, Account account, IGrains grains, ICollection<GrainKey> missing)
    {
        var identifiers = command.Signal.Identifiers;
        var met = command.BoundContact.Length > 0;
        if (met)
        {
            NeedContact(account, command.BoundContact, grains, missing);
        }

        foreach (var name in command.Names)
        {
            if (account.Identifiers.TryGetValue(name, out var known))
            {
                NeedContact(account, known, grains, missing);
                met = true;
            }
        }

        if (!met && identifiers.Count > 0)
        {
            NeedContact(account, NewContact(account, command.Signal, grains), grains, missing);
        }

        if (identifiers.Count == 0)
        {
            foreach (var person in Audience(account))
            {
                NeedContact(account, person, grains, missing);
            }
        }

        if (!account.OpenActions.IsEmpty && !grains.KnowsHolders(account))
        {
            NeedHolders(account, grains, missing);
        }

        foreach (var reservation in account.Reservations)
        {
            if (reservation.State == ReservationState.Held && reservation.Contact.Length > 0)
            {
                NeedContact(account, reservation.Contact, grains, missing);
            }
        }
    }

    private static void NeedHolders(Account account, IGrains grains, ICollection<GrainKey> missing)
    {
        var found = true;
        foreach (var action in account.OpenActions)
        {
            if (action.Contact.Length > 0)
            {
                found &= NeedContact(account, action.Contact, grains, missing);
            }
        }

        if (found)
        {
            grains.NoteHolders(account);
        }
    }

    /// <summary>The id of somebody whom the account meets; one who moved away before left an address under theirs, so they get the next.</summary>
    private static string NewContact(Account account, Signal signal, IGrains grains)
    {
        var name = PersonName.Normalise(signal.Identifiers[0].Kind, signal.Identifiers[0].Value);
        var id = ContactIds.Of(account.Key.Affinity, name);
        for (var times = 1; !account.Contacts.ContainsKey(id) && grains.TryGet(GrainKey.Contact(account.Key.Tenant, account.Key.Affinity, id), out var state) && state is Contact { MovedTo: not null }; times++)
        {
            id = ContactIds.Of($"{account.Key.Affinity}\n{times}", name);
        }

        return id;
    }

    /// <summary>Whom the signal is about: found by identifier, else met for the first time; several known ones become one.</summary>
    private static string ContactOf(AccountCommand.Record command, TurnBuilder turn)
    {
        var signal = command.Signal;
        if (signal.Identifiers.Count == 0)
        {
            if (command.BoundContact.Length > 0 && !turn.Contact(command.BoundContact).Exists)
            {
                turn.Join(command.BoundContact, []);
            }

            return command.BoundContact;
        }

        var contact = command.BoundContact;
        List<PersonName>? unknown = null;
        for (var i = 0; i < signal.Identifiers.Count; i++)
        {
            if (!turn.Account.Identifiers.TryGetValue(command.Names[i], out var known))
            {
                (unknown ??= []).Add(PersonName.Normalise(signal.Identifiers[i].Kind, signal.Identifiers[i].Value));
            }
            else if (contact.Length == 0)
            {
                contact = known;
            }
            else if (known != contact)
            {
                Unite(turn, contact, known);
            }
        }

        contact = contact.Length > 0 ? contact : NewContact(turn.Account, signal, turn.Context.Grains);
        if (unknown is not null)
        {
            turn.Join(contact, unknown);
        }

        return contact;
    }

    /// <summary>Two contacts of this account are one person: the other's history, consent and identifiers join this one's.</summary>
    private static void Unite(TurnBuilder turn, string contact, string other)
    {
        // First of all, so that the slots of what is taken back are free before the rest is handed over.
        foreach (var action in turn.Account.OpenActions)
        {
            if (action.Contact == other)
            {
                turn.Revoke(action, "the person is known under another contact now");
            }
        }

        var person = turn.Contact(other);
        turn.Add(contact, Absorbed(turn, contact, person));
        turn.Add(other, new ContactEvent.Moved(turn.Contact(contact).Key, turn.Now));
        turn.Add(new AccountEvent.ContactLeft(other, turn.Contact(contact).Key, turn.Now));
        turn.Join(contact, person.Identifiers);
        TakeRoles(turn, contact, person);
    }

    /// <summary>The account's own list of roles follows what the person brought along.</summary>
    private static void TakeRoles(TurnBuilder turn, string contact, Contact other)
    {
        foreach (var role in other.Roles)
        {
            if (!HasLeft(turn, contact) && !turn.Account.Contacts[contact].Roles.Contains(role))
            {
                turn.Add(new AccountEvent.RoleSet(contact, role, Assigned: true));
            }
        }
    }
}
