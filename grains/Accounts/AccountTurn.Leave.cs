using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Dealings;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Policies;
using Orchestrator.Grains.Standings;

namespace Orchestrator.Grains.Accounts;

public static partial class AccountTurn
{
    /// <summary>Whether the person was with this company and is not any more: nothing is decided for them here, and nothing that they do counts.</summary>
    private static bool HasLeft(TurnBuilder turn, string contact) => contact.Length > 0 && turn.Account.Standing is { } standing && standing.HasLeft(contact);

    /// <summary>The account where somebody is now whom the signal names and who went there from here; null = it is for this account.</summary>
    private static GrainKey? FollowDeparted(AccountCommand.Record command, TurnBuilder turn)
    {
        // Whoever is said to join is with this account again, whatever was before.
        if (turn.Account.Standing is not { Left.IsEmpty: false } standing || command.Signal.Type == BuiltInSignals.ContactJoined)
        {
            return null;
        }

        // What is about a deal or a promise is about this account, whoever is named with it.
        if (PlaybookOf(turn) is { } playbook && playbook.Signals.TryGetValue(command.Signal.Type, out var type) && type.Meaning != SignalMeaning.None)
        {
            return null;
        }

        foreach (var name in command.Names)
        {
            if (turn.Account.Identifiers.TryGetValue(name, out var contact))
            {
                return standing.Left.TryGetValue(contact, out var departure) ? departure.To : null;
            }
        }

        return null;
    }

    /// <summary>The person is with this company, perhaps again, and perhaps in a role.</summary>
    private static void Joined(TurnBuilder turn, Playbook playbook, V1.Signal signal, string contact, DateTimeOffset time)
    {
        Return(turn, contact, time);
        if (signal.Properties.TryGetValue("also", out var also) && also.Flag)
        {
            Memberships.MembershipTurn.Seek(turn, contact);
        }

        if (SignalValues.TextOf(signal, "role") is { Length: > 0 } role)
        {
            SetRole(turn, playbook, contact, role, assigned: true, time, SignalValues.TextOf(signal, "offering"));
        }
    }

    private static void Return(TurnBuilder turn, string contact, DateTimeOffset time)
    {
        if (!HasLeft(turn, contact))
        {
            return;
        }

        turn.Add(contact, new ContactEvent.OfStanding(new PersonEvent.Returned(time)));
        turn.Add(new AccountEvent.OfStanding(new StandingEvent.PersonReturned(contact, time)));
        foreach (var role in turn.Contact(contact).Roles)
        {
            // None of their own, but somebody with roles may have turned out to be them meanwhile.
            turn.Add(new AccountEvent.RoleSet(contact, role, Assigned: true));
        }
    }

    /// <summary>The person is no longer with this company: roles are vacant, and nothing more is sent, offered or held back for them.</summary>
    private static void Leave(TurnBuilder turn, Playbook playbook, string contact, string reason, DateTimeOffset time)
    {
        if (!HasLeft(turn, contact))
        {
            Vacate(turn, playbook, contact, "the person left the account", time);
            turn.Add(contact, new ContactEvent.OfStanding(new PersonEvent.Left(reason, time)));
            turn.Add(new AccountEvent.OfStanding(new StandingEvent.PersonLeft(contact, reason, time, null)));
        }
    }

    /// <summary>
    /// The person works for another company now: the history goes there, roles do not, and where consent differs the most restrictive wins. What is still sent
    /// here about them follows.
    /// </summary>
    private static void ChangeEmployer(TurnBuilder turn, Playbook playbook, string contact, string employer, DateTimeOffset time)
    {
        var names = turn.Contact(contact).Identifiers;
        if (employer.Length == 0 || employer == turn.Account.Key.Affinity || names.IsEmpty)
        {
            return;
        }

        Vacate(turn, playbook, contact, "the person moved to another account", time);
        var person = turn.Contact(contact);
        var to = GrainKey.Contact(turn.Account.Key.Tenant, employer, ContactIds.Of(employer, names[0]));
        turn.Add(contact, new ContactEvent.Moved(to, turn.Now));
        turn.Add(contact, new ContactEvent.OfStanding(new PersonEvent.Left("", time)));
        turn.Add(new AccountEvent.OfStanding(new StandingEvent.PersonLeft(contact, "", time, to)));
        turn.Add(new Effect.Send(new AccountCommand.MoveIn(GrainKey.Account(to.Tenant, employer), to.Id, person.Key, person with { Wake = null, MovedTo = null, Standing = null }, [], [])
        {
            Seen = turn.Account.Seen,
            ChangesEmployer = true,
            Known = true,
        }));
    }

    private static void Vacate(TurnBuilder turn, Playbook playbook, string contact, string reason, DateTimeOffset time)
    {
        foreach (var action in turn.Account.OpenActions)
        {
            if (action.Contact == contact)
            {
                turn.Revoke(action, reason);
            }
        }

        foreach (var reservation in turn.Account.Reservations)
        {
            if (reservation.Contact == contact && reservation.State == ReservationState.Held)
            {
                Free(turn, reservation, confirmed: false);
            }
        }

        foreach (var role in turn.Contact(contact).Roles)
        {
            SetRole(turn, playbook, contact, role, assigned: false, time);
        }
    }
}
