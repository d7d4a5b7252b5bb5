using Orchestrator.Grains.BuyingGroups;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.DataQuality;
using Orchestrator.Grains.Dealings;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Hierarchies;
using Orchestrator.Grains.Memberships;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Policies;
using Orchestrator.Grains.Provenance;
using Orchestrator.Grains.Standings;
using Signal = Orchestrator.V1.Signal;

namespace Orchestrator.Grains.Accounts;

public static partial class AccountTurn
{
    private static void BuiltIn(TurnBuilder turn, Playbook playbook, CompiledSignal type, Signal signal, string contact, DateTimeOffset time)
    {
        switch (type.Id)
        {
            case BuiltInSignals.AccountUpdated:
                turn.Add(new AccountEvent.AttributesSet(signal.Properties, time) { Origin = Origin.Of(signal, type.Definition) });
                break;
            case BuiltInSignals.ContactUpdated when contact.Length > 0:
                turn.Add(contact, new ContactEvent.AttributesSet(signal.Properties, time) { Origin = Origin.Of(signal, type.Definition) });
                break;
            case BuiltInSignals.RoleAssigned or BuiltInSignals.RoleVacated when contact.Length > 0:
                SetRole(turn, playbook, contact, SignalValues.TextOf(signal, "role"), type.Id == BuiltInSignals.RoleAssigned, time, SignalValues.TextOf(signal, "offering"));
                break;
            case BuiltInSignals.ContactJoined when contact.Length > 0:
                Joined(turn, playbook, signal, contact, time);
                break;
            case BuiltInSignals.ContactLeft when contact.Length > 0:
                Leave(turn, playbook, contact, SignalValues.TextOf(signal, "reason"), time);
                break;
            case BuiltInSignals.ContactMoved when contact.Length > 0:
                ChangeEmployer(turn, playbook, contact, SignalValues.TextOf(signal, "to"), time);
                break;
            case BuiltInSignals.AccountAffiliated:
                FamilyTurn.Name(turn, SignalValues.TextOf(signal, "parent"));
                break;
            case BuiltInSignals.ConsentGiven or BuiltInSignals.ConsentWithdrawn when contact.Length > 0:
                var given = type.Id == BuiltInSignals.ConsentGiven;
                turn.Add(contact, new ContactEvent.ConsentSet(new ConsentGiven(SignalValues.TextOf(signal, "purpose"), SignalValues.TextOf(signal, "channel"), given, time, signal.Source)
                {
                    Unconfirmed = given && IsUnconfirmed(turn.Contact(contact), playbook, SignalValues.TextOf(signal, "purpose"), SignalValues.TextOf(signal, "channel")),
                }));
                if (!given)
                {
                    ConsentWithdrawn(turn, playbook, contact);
                    MembershipTurn.Withdrew(turn, contact);
                }

                break;
            case BuiltInSignals.ConsentConfirmed when contact.Length > 0 && ConsentGiven.Find(turn.Contact(contact).Consents, SignalValues.TextOf(signal, "purpose"), SignalValues.TextOf(signal, "channel")) is { Given: true, Unconfirmed: true } word:
                // It confirms what was given: a word that came since, or a confirmation from before it, changes nothing.
                if (time >= word.At)
                {
                    turn.Add(contact, new ContactEvent.ConsentSet(word with { At = time, Source = signal.Source, Unconfirmed = false }));
                }

                break;
            case BuiltInSignals.ActionOutcome when contact.Length > 0:
                NoteOutcome(turn, playbook, contact, SignalValues.TextOf(signal, "outcome"), time);
                break;
            default:
                break;
        }
    }

    /// <summary>Whether a consent given now still waits to be confirmed; whoever has confirmed once need not again for saying the same once more.</summary>
    private static bool IsUnconfirmed(Contact contact, Playbook playbook, string purpose, string channel) =>
        playbook.Policy.Definition.Consent.DoubleOptIn is { Length: > 0 } needed && (channel.Length == 0 || needed.Any(c => c.Id == channel)) &&
        ConsentGiven.Find(contact.Consents, purpose, channel) is not { Given: true, Unconfirmed: false };

    /// <param name="offering">Only for this offering; empty = for all of them.</param>
    private static void SetRole(TurnBuilder turn, Playbook playbook, string contact, string role, bool assigned, DateTimeOffset time, string offering = "")
    {
        if (assigned && HasLeft(turn, contact))
        {
            return;
        }

        if (offering.Length == 0)
        {
            Offerings.Clear(turn, contact, role);
        }
        else if ((assigned || turn.Contact(contact).HasRole(role)) && (!turn.Contact(contact).HasRole(role) || turn.Account.Standing?.OfferingRoles.Any(r => r.Contact == contact && r.Role == role) == true))
        {
            // Held for all offerings already, it does not shrink to one.
            assigned = Offerings.SetRole(turn, contact, role, offering, assigned);
        }
        else if (!assigned)
        {
            return;
        }

        if (turn.Contact(contact).HasRole(role) != assigned)
        {
            turn.Add(contact, new ContactEvent.RoleSet(role, assigned, time));
            if (turn.Account.Contacts.ContainsKey(contact))
            {
                // Somebody who has left may have turned out to be a person with roles: the account itself knows of none.
                turn.Add(new AccountEvent.RoleSet(contact, role, assigned));
            }

            if (assigned && playbook.BuyingGroup.NotesJoining)
            {
                turn.Add(new AccountEvent.OfStanding(new StandingEvent.RoleFilled(role, contact)));
            }
        }
    }

    /// <summary>Roles that the playbook assigns by a condition follow the person's attributes.</summary>
    private static void AssignRoles(TurnBuilder turn, Playbook playbook, CompiledSignal type, string contact, DateTimeOffset at)
    {
        if (type.Id == BuiltInSignals.ContactUpdated)
        {
            var facts = turn.Context.Workspace.Facts;
            foreach (var role in playbook.Roles)
            {
                if (role.Assign is { } assign)
                {
                    facts.Account = turn.Account;
                    facts.Contact = turn.Contact(contact);
                    SetRole(turn, playbook, contact, role.Id, assign.Holds(facts), at);
                }
            }
        }

        if (type.Id == BuiltInSignals.ContactUpdated && playbook.ContactQuality is { Definition: { Alike.IsEmpty: false } quality })
        {
            Likeness.Note(turn, quality, contact);
        }

        if (playbook.Offerings.Length > 0 && !HasLeft(turn, contact))
        {
            Offerings.Judge(turn, playbook, contact);
        }
    }

    /// <summary>What rests on a consent that is gone is taken back, leased or not.</summary>
    internal static void ConsentWithdrawn(TurnBuilder turn, Playbook playbook, string contact)
    {
        foreach (var action in turn.Account.OpenActions)
        {
            if (action.Contact == contact && playbook.PlaysById.TryGetValue(action.Play, out var play) && play.NeedsConsent.Length > 0 &&
                playbook.Channels.TryGetValue(action.Channel, out var channel) && channel.Kind == ChannelKind.Push &&
                !ConsentGiven.Allows(turn.Contact(contact).Consents, play.NeedsConsent, action.Channel, playbook.Policy.MustBeConfirmed(action.Channel)))
            {
                turn.Revoke(action, "consent withdrawn");
            }
        }
    }
}
