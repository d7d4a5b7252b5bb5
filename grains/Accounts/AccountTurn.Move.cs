using System.Collections.Immutable;
using Orchestrator.Grains.BuyingGroups;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Counts;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Stages;
using Orchestrator.Grains.Standings;
using Orchestrator.Grains.Survivorship;

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

        if (command.To.Affinity == turn.Account.Key.Affinity)
        {
            // Somebody has asked for it: who they become stays, as when a signal finds it out.
            if (!turn.Account.Contacts.ContainsKey(command.To.Id))
            {
                return new Verdict.Rejected(new Rejection.NoSuchContact(command.To.Affinity, command.To.Id));
            }

            Unite(turn, command.To.Id, command.Contact);
            turn.Add(new AccountEvent.Deferred("", null, turn.Now.AddTicks(1)));
            return turn.Accept(Answer.Nothing.Instance, PlaybookOf(turn), turn.Now);
        }

        // A provisional account is nothing but its people: with the last one its scores and tallies go too, and nobody is asked about it any more.
        Leave(turn, command.Contact, command.To, turn.Account.Provisional && turn.Account.Contacts.Count == 1, command.Known);
        return turn.Accept(Answer.Nothing.Instance, PlaybookOf(turn), turn.Now);
    }

    /// <param name="last">With them the account itself goes.</param>
    /// <param name="known">People asked for it: names that mean the person here are to mean them there.</param>
    private static void Leave(TurnBuilder turn, string contact, GrainKey to, bool last, bool known)
    {
        foreach (var action in turn.Account.OpenActions)
        {
            if (action.Contact == contact || (last && action.Request is not null))
            {
                turn.Revoke(action, "the person moved to another account");
            }
        }

        // The id window goes with each who leaves, since their signals may be sent again where they go.
        var person = turn.Contact(contact);
        var moveIn = new AccountCommand.MoveIn(
            GrainKey.Account(turn.Account.Key.Tenant, to.Affinity), to.Id, person.Key, person, last ? turn.Account.Scores : [], last ? turn.Account.Tallies : [])
        {
            Seen = turn.Account.Seen,
            Activity = turn.Account.Standing?.Activity.GetValueOrDefault(contact) ?? MemberActivity.None,
            Latest = turn.Account.Provisional && turn.Account.History is { } history ? history.Latest : [],
            BackFill = turn.Account.History?.SettlesAt is not null,
            Customer = last ? turn.Account.Customer : null,
            Known = known,
            Brought = PersonBrought.Of(turn.Account, contact),
            Overrides = turn.Account.History is { } log ? [.. log.Overrides.Where(o => o.Contact == contact)] : [],
        };
        turn.Add(contact, new ContactEvent.Moved(to, turn.Now));
        turn.Add(new AccountEvent.ContactLeft(contact, to, turn.Now));
        if (last)
        {
            turn.Add(new AccountEvent.Forwarded(to.Affinity, turn.Now));
        }

        turn.Add(new Effect.Send(moveIn));
    }

    /// <summary>One person's history joins another's, with what stays of their attributes by the playbook's word.</summary>
    private static ContactEvent.Absorbed Absorbed(TurnBuilder turn, string contact, Contact other) => new(other, turn.Now)
    {
        Rules = PersonMerge.Rules,
        Survivors = Survivors.Of(PlaybookOf(turn)?.Definition.Attributes.Survive.Contact ?? [], turn.Contact(contact).Attributes, other.Attributes),
    };

    /// <summary>The way that <see cref="Record"/> forwards signals, with nothing to record.</summary>
    private static Verdict Follow(AccountCommand.Follow command, TurnBuilder turn)
    {
        var contact = command.Contact;
        var moved = PartedTo(turn.Account, command.Identity.Affinity) is { } parted && parted.Affinity != turn.Account.Key.Affinity ? parted : Whereabouts(turn, ref contact);
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
        var moved = turn.Contact(command.Contact).MovedTo;
        if (moved is not null && !command.ChangesEmployer && turn.Account.ForwardedTo.Length == 0 && (command.From == moved || command.From == turn.Contact(command.Contact).Key))
        {
            // They are sent back by where they went, or nobody took them in there: two addresses that lead to each other would send them round for ever. All that they were is with them.
            turn.Add(command.Contact, new ContactEvent.Restored(Contact.Unknown(turn.Contact(command.Contact).Key), turn.Now));
            moved = null;
        }
        else if (moved is not null && !command.ChangesEmployer)
        {
            var contact = command.Contact;
            moved = Whereabouts(turn, ref contact);
            command = command with { Contact = contact };
        }

        if (turn.Account.ForwardedTo.Length > 0 || (moved is not null && !command.ChangesEmployer))
        {
            // They moved on meanwhile: so does this.
            var account = GrainKey.Account(turn.Account.Key.Tenant, moved?.Affinity ?? turn.Account.ForwardedTo);
            turn.Add(new Effect.Send(command with { Account = account, Target = account, Contact = moved?.Id ?? command.Contact }));
            return turn.Accept(Answer.Nothing.Instance, null, turn.Now);
        }

        if (!turn.Account.Exists)
        {
            // A named account exists before somebody is sent there; only a provisional one may be overtaken by a move.
            turn.Add(new AccountEvent.Opened(Provisional: !command.ChangesEmployer, PlaybookOf(turn)?.Start ?? "", turn.Now));
            if (PlaybookOf(turn) is { } decides)
            {
                NoteOpened(turn, decides);
            }
        }

        if (command.Known && !turn.Account.Contacts.ContainsKey(command.Contact) && KnownHere(turn, command) is { } here)
        {
            // Whoever is of both accounts stays who they are here, with all that is open for them; what still comes under the other id finds the way.
            turn.Add(command.Contact, new ContactEvent.Moved(GrainKey.Contact(turn.Account.Key.Tenant, turn.Account.Key.Affinity, here), turn.Now));
            command = command with { Contact = here };
        }

        CountTurn.Leave(turn, command.From.Affinity, command.Brought.Boards);
        Return(turn, command.Contact, turn.Now);
        if (command.ChangesEmployer && turn.Contact(command.Contact).MovedTo is not null)
        {
            // They had become somebody elsewhere, and are with this company again: the address that they left then would send their signals round for ever.
            turn.Add(command.Contact, new ContactEvent.OfStanding(new PersonEvent.Returned(turn.Now)));
        }

        foreach (var name in command.State.Identifiers)
        {
            if (turn.Account.Identifiers.TryGetValue(name.ToString(), out var known) && known != command.Contact)
            {
                Unite(turn, command.Contact, known);
            }
        }

        // Where people have said so, the names are bound anew; to ask whose they are would move the person back.
        turn.Join(command.Contact, [.. command.State.Identifiers.Where(i => !turn.Account.Identifiers.ContainsKey(i.ToString()))], binds: !command.Known);
        var roles = turn.Contact(command.Contact).Roles;
        turn.Add(command.Contact, Absorbed(turn, command.Contact, command.State));
        Memberships.MembershipTurn.Absorbed(turn, command.Contact, command.From);
        TakeRoles(turn, command.Contact, command.State);
        turn.Add(new AccountEvent.Absorbed(command.Contact, command.From, command.Scores, command.Tallies, turn.Now)
        {
            Seen = command.Seen,
            Customer = command.Customer,
            Slots = [.. command.State.Slots.Where(s => turn.Account.Slots.All(o => o.Id != s.Id) && command.Brought.Reservations.All(r => r.Id != s.Id)).Select(s => s with { Contact = command.Contact })],
        });
        if (command.State.Standing?.LeftAt is { } leftAt && PlaybookOf(turn) is { } current)
        {
            Leave(turn, current, command.Contact, command.Brought.LeftReason, leftAt);
        }

        TakeAlong(turn, command, roles);
        if (!command.Activity.Days.IsEmpty)
        {
            turn.Add(new AccountEvent.OfStanding(new StandingEvent.ActivityBrought(command.Contact, command.Activity)));
        }

        foreach (var name in command.State.Identifiers)
        {
            var identity = GrainKey.Identity(turn.Account.Key.Tenant, name.ToString());
            turn.Add(new Effect.Send(command.Known
                ? new IdentityCommand.Rebind(identity, turn.Contact(command.Contact).Key, turn.Account.Provisional, command.From)
                : new IdentityCommand.Arrived(identity, turn.Contact(command.Contact).Key)));
        }

        if (command.Overrides.Count > 0)
        {
            turn.Add(new AccountEvent.OfHistory(new HistoryEvent.Remembered([.. command.Overrides.Select(o => o with { Contact = command.Contact })])));
        }

        var playbook = PlaybookOf(turn);
        if (turn.Account.Provisional && playbook is not null)
        {
            Seek(turn, playbook.Definition.Matching, command.Contact, from: 0);
        }

        var at = playbook is null ? turn.Now : Rejoin(turn, playbook, command);
        if (!command.BackFill)
        {
            turn.Add(new AccountEvent.Deferred("", null, turn.Now.AddTicks(1)));
        }

        return turn.Accept(Answer.Nothing.Instance, playbook, at);
    }

    /// <summary>Who the person is here already, under one of their names; null = nobody.</summary>
    private static string? KnownHere(TurnBuilder turn, AccountCommand.MoveIn command)
    {
        foreach (var name in command.State.Identifiers)
        {
            if (turn.Account.Identifiers.TryGetValue(name.ToString(), out var known) && turn.Account.Contacts.ContainsKey(known))
            {
                return known;
            }
        }

        return null;
    }

    /// <summary>What the account left kept of the person.</summary>
    /// <param name="roles">Those that they had here before, which do not shrink to single offerings.</param>
    private static void TakeAlong(TurnBuilder turn, AccountCommand.MoveIn command, ImmutableArray<string> roles)
    {
        var (contact, brought) = (command.Contact, command.Brought);
        foreach (var reservation in brought.Reservations)
        {
            if (turn.Account.Reservations.All(r => r.Id != reservation.Id))
            {
                turn.Add(new AccountEvent.Reserved(reservation with { Contact = contact }));
            }
        }

        if (HasLeft(turn, contact))
        {
            return;
        }

        foreach (var (role, offering) in brought.Roles)
        {
            if (!roles.Contains(role))
            {
                turn.Add(new AccountEvent.OfStanding(new StandingEvent.OfferingRoleSet(offering, role, contact, Assigned: true)));
            }
        }

        foreach (var offering in brought.MemberOf)
        {
            turn.Add(new AccountEvent.OfStanding(new StandingEvent.MemberJudged(offering, contact, Belongs: true)));
        }

        if (brought.Likeness != 0 && turn.Account.Standing?.Likeness.ContainsKey(contact) != true)
        {
            turn.Add(new AccountEvent.OfStanding(new StandingEvent.Likened(contact, brought.Likeness)));
        }

        foreach (var deferral in brought.Deferrals)
        {
            turn.Add(new AccountEvent.Deferred(contact, deferral.Signal, deferral.Until));
        }
    }

    /// <summary>
    /// The stages are judged where the history joins, by what the person did while nobody knew them, then by all that is known now. What they did before the account
    /// came to stand where it stands says nothing new, unless it stands where all begin.
    /// </summary>
    /// <returns>The instant for which they were judged.</returns>
    private static DateTimeOffset Rejoin(TurnBuilder turn, Playbook playbook, AccountCommand.MoveIn command)
    {
        turn.Silent = command.BackFill;
        var at = turn.Account.History?.SettlesAt is null ? turn.Now : Earlier(LoadedUntil(turn.Account), turn.Now);
        var since = turn.Account.Stage == playbook.Start && turn.Account.StageBy.Length == 0 ? DateTimeOffset.MinValue : turn.Account.StageSince;
        var facts = turn.Context.Workspace.Facts;
        foreach (var signal in command.Latest)
        {
            if (SignalTime.Of(signal, turn.Now) > since)
            {
                facts.Set(playbook, turn.Account, turn.Contact(command.Contact), signal, at);
                StageWalk.Go(turn, playbook, at);
            }
        }

        facts.Set(playbook, turn.Account, turn.Contact(command.Contact), null, at);
        StageWalk.Go(turn, playbook, at);
        return at;
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
