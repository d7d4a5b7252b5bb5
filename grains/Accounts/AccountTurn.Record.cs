using System.Collections.Immutable;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Policies;
using Orchestrator.Grains.Scores;
using Orchestrator.Grains.Stages;
using Signal = Orchestrator.V1.Signal;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Grains.Accounts;

public static partial class AccountTurn
{
    /// <summary>How far a signal's time may lie ahead of the partition's clock.</summary>
    public static readonly TimeSpan MostAhead = TimeSpan.FromMinutes(5);

    private static Verdict Record(AccountCommand.Record command, TurnBuilder turn)
    {
        var signal = command.Signal;
        var idHash = StableHash.Of(signal.Id);
        var content = SignalContent.HashOf(signal);
        if (turn.Account.Seen.Find(idHash, turn.Now) is { } seen)
        {
            return seen.ContentHash == content
                ? turn.Accept(new Answer.Recorded(seen.Sequence, Duplicate: true), null, turn.Now)
                : new Verdict.Rejected(new Rejection.DuplicateWithOtherContent(signal.Id));
        }

        var bound = command.BoundContact;
        var moved = bound.Length > 0 && turn.Account.Exists ? Whereabouts(turn, ref bound) : null;
        if (!ReferenceEquals(bound, command.BoundContact))
        {
            command = command with { BoundContact = bound };
        }

        if (turn.Account.ForwardedTo.Length > 0 || moved is not null)
        {
            return Forward(command, turn, moved?.Affinity ?? turn.Account.ForwardedTo, moved?.Id ?? "");
        }

        if (PlaybookOf(turn) is not { } playbook)
        {
            return new Verdict.Rejected(new Rejection.NoPlaybook(turn.Account.Key.Tenant));
        }

        if (!playbook.Signals.TryGetValue(signal.Type, out var type))
        {
            return new Verdict.Rejected(new Rejection.UnknownSignalType(signal.Type, Words.Nearest(signal.Type, playbook.Signals.Keys)));
        }

        var time = SignalTime.Of(signal, turn.Now);
        if (time > turn.Now + MostAhead)
        {
            return new Verdict.Rejected(new Rejection.InTheFuture(time, turn.Now));
        }

        if (!turn.Account.Exists)
        {
            // Only the identity grain sends bound signals to an account that nobody has named.
            turn.Add(new AccountEvent.Opened(command.BoundContact.Length > 0, playbook.Start, turn.Now));
        }

        var contact = ContactOf(command, turn);
        Post(turn, playbook, type, signal, contact, time, idHash, content);
        if (contact.Length > 0)
        {
            AssignRoles(turn, playbook, type, contact);
        }

        var facts = turn.Context.Workspace.Facts;
        facts.Set(playbook, turn.Account, contact.Length > 0 ? turn.Contact(contact) : null, signal, turn.Now);
        GoalReached(turn, playbook, signal, contact);
        StageWalk.Go(turn, playbook, turn.Now);
        Choose(turn, playbook, contact.Length > 0 ? turn.Gather(contact) : AudienceOf(turn, type), signal);
        return turn.Accept(new Answer.Recorded(turn.Context.Position.Sequence, Duplicate: false), playbook, turn.Now);
    }

    /// <summary>The account, or this person, has moved: the signal follows, once.</summary>
    private static Verdict Forward(AccountCommand.Record command, TurnBuilder turn, string account, string contact)
    {
        turn.Add(new Effect.Send(command with { Account = GrainKey.Account(turn.Account.Key.Tenant, account), BoundContact = contact, Target = GrainKey.Account(turn.Account.Key.Tenant, account) }));
        return turn.Accept(new Answer.Recorded(turn.Context.Position.Sequence, Duplicate: false), null, turn.Now);
    }

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
            NeedContact(account, NewContact(account, command.Signal), grains, missing);
        }

        if (identifiers.Count == 0)
        {
            foreach (var person in Audience(account))
            {
                NeedContact(account, person, grains, missing);
            }
        }

        foreach (var action in account.OpenActions)
        {
            if (action.Contact.Length > 0)
            {
                NeedContact(account, action.Contact, grains, missing);
            }
        }

        foreach (var reservation in account.Reservations)
        {
            if (reservation.State == ReservationState.Held && reservation.Contact.Length > 0)
            {
                NeedContact(account, reservation.Contact, grains, missing);
            }
        }
    }

    private static string NewContact(Account account, Signal signal) =>
        ContactIds.Of(account.Key.Affinity, PersonName.Normalise(signal.Identifiers[0].Kind, signal.Identifiers[0].Value));

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

        contact = contact.Length > 0 ? contact : NewContact(turn.Account, signal);
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
        turn.Add(contact, new ContactEvent.Absorbed(person, turn.Now));
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
            if (!turn.Account.Contacts[contact].Roles.Contains(role))
            {
                turn.Add(new AccountEvent.RoleSet(contact, role, Assigned: true));
            }
        }
    }

    /// <summary>Records the signal with the points and tallies it gives, then what built-in signals mean.</summary>
    private static void Post(TurnBuilder turn, Playbook playbook, CompiledSignal type, Signal signal, string contact, DateTimeOffset time, ulong idHash, uint content)
    {
        var facts = turn.Context.Workspace.Facts;
        facts.Set(playbook, turn.Account, contact.Length > 0 ? turn.Contact(contact) : null, signal, turn.Now);
        ScorePost[] personal = [];
        ScorePost[] shared = [];
        if (type.Points.Length > 0)
        {
            (personal, shared) = Points(turn, playbook, type, contact, time, facts);
        }

        var tallies = type.Tallies.Length == 0 ? [] : new TallyPost[type.Tallies.Length];
        var posted = 0;
        foreach (var tally in type.Tallies)
        {
            if (tally.PostOf(signal, time, turn.Account) is { } post)
            {
                tallies[posted++] = post;
            }
        }

        Array.Resize(ref tallies, posted);

        turn.Add(new AccountEvent.SignalRecorded(signal, contact, turn.Now, shared, tallies, playbook.Version, idHash, content, turn.Context.Position.Sequence));
        if (contact.Length > 0)
        {
            turn.Add(contact, new ContactEvent.Signalled(time, personal));
        }

        BuiltIn(turn, playbook, type, signal, contact, time);
    }

    /// <summary>Points for the person, capped per day, and the part of them that counts for the account.</summary>
    private static (ScorePost[] Personal, ScorePost[] Shared) Points(TurnBuilder turn, Playbook playbook, CompiledSignal type, string contact, DateTimeOffset time, Facts facts)
    {
        ScorePost[] personal = [];
        ScorePost[] shared = [];
        var count = 0;
        var person = contact.Length > 0 ? turn.Contact(contact) : null;
        var weight = person is null ? 1 : playbook.WeightOf(person.Roles);
        foreach (var points in type.Points)
        {
            if (points.When is { } when && !when.Holds(facts))
            {
                continue;
            }

            var score = person is null ? turn.Account.FindScore(points.Score) : person.FindScore(points.Score);
            var given = score is null ? Math.Min(points.Add, points.CapPerDay) : Math.Min(points.Add, score.Room(points.CapPerDay, time));
            if (given == 0)
            {
                continue;
            }

            // Mostly there is one score to post, so arrays that fit beat lists.
            Array.Resize(ref shared, count + 1);
            if (person is not null)
            {
                Array.Resize(ref personal, count + 1);
                personal[count] = new ScorePost(points.Score, given, points.HalfLife, time);
            }

            shared[count++] = new ScorePost(points.Score, given * weight, points.HalfLife, time);
        }

        return (personal, shared);
    }

    private static void BuiltIn(TurnBuilder turn, Playbook playbook, CompiledSignal type, Signal signal, string contact, DateTimeOffset time)
    {
        switch (type.Id)
        {
            case BuiltInSignals.AccountUpdated:
                turn.Add(new AccountEvent.AttributesSet(signal.Properties, time));
                break;
            case BuiltInSignals.ContactUpdated when contact.Length > 0:
                turn.Add(contact, new ContactEvent.AttributesSet(signal.Properties, time));
                break;
            case BuiltInSignals.RoleAssigned or BuiltInSignals.RoleVacated when contact.Length > 0:
                SetRole(turn, contact, Text(signal, "role"), type.Id == BuiltInSignals.RoleAssigned, time);
                break;
            case BuiltInSignals.ConsentGiven or BuiltInSignals.ConsentWithdrawn when contact.Length > 0:
                var given = type.Id == BuiltInSignals.ConsentGiven;
                turn.Add(contact, new ContactEvent.ConsentSet(new ConsentGiven(Text(signal, "purpose"), Text(signal, "channel"), given, time, signal.Source)));
                if (!given)
                {
                    ConsentWithdrawn(turn, playbook, contact);
                }

                break;
            case BuiltInSignals.ActionOutcome when contact.Length > 0:
                NoteOutcome(turn, playbook, contact, Text(signal, "outcome"), time);
                break;
            default:
                break;
        }
    }

    private static string Text(Signal signal, string property) =>
        signal.Properties.TryGetValue(property, out var value) && value.KindCase == Value.KindOneofCase.Text ? value.Text : "";

    private static void SetRole(TurnBuilder turn, string contact, string role, bool assigned, DateTimeOffset time)
    {
        if (turn.Contact(contact).HasRole(role) != assigned)
        {
            turn.Add(contact, new ContactEvent.RoleSet(role, assigned, time));
            turn.Add(new AccountEvent.RoleSet(contact, role, assigned));
        }
    }

    /// <summary>Roles that the playbook assigns by a condition follow the person's attributes.</summary>
    private static void AssignRoles(TurnBuilder turn, Playbook playbook, CompiledSignal type, string contact)
    {
        if (type.Id != BuiltInSignals.ContactUpdated)
        {
            return;
        }

        var facts = turn.Context.Workspace.Facts;
        foreach (var role in playbook.Roles)
        {
            if (role.Assign is { } assign)
            {
                facts.Account = turn.Account;
                facts.Contact = turn.Contact(contact);
                SetRole(turn, contact, role.Id, assign.Holds(facts), turn.Now);
            }
        }
    }

    /// <summary>What rests on a consent that is gone is taken back, leased or not.</summary>
    private static void ConsentWithdrawn(TurnBuilder turn, Playbook playbook, string contact)
    {
        foreach (var action in turn.Account.OpenActions)
        {
            if (action.Contact == contact && playbook.PlaysById.TryGetValue(action.Play, out var play) && play.NeedsConsent.Length > 0 &&
                playbook.Channels.TryGetValue(action.Channel, out var channel) && channel.Kind == ChannelKind.Push &&
                !ConsentGiven.Allows(turn.Contact(contact).Consents, play.NeedsConsent, action.Channel))
            {
                turn.Revoke(action, "consent withdrawn");
            }
        }
    }

    /// <summary>An action whose goal was reached without it is no longer needed.</summary>
    private static void GoalReached(TurnBuilder turn, Playbook playbook, Signal signal, string contact)
    {
        foreach (var action in turn.Account.OpenActions)
        {
            if (action.Id != signal.Action && (action.Contact == contact || action.Contact.Length == 0) &&
                playbook.PlaysById.TryGetValue(action.Play, out var play) && play.Definition.Goal?.Id == signal.Type)
            {
                turn.Revoke(action, "goal reached");
            }
        }
    }

    /// <summary>A signal about the account as a whole concerns all its people.</summary>
    private static ReadOnlySpan<Contact> AudienceOf(TurnBuilder turn, CompiledSignal type) =>
        type.Definition.Id is BuiltInSignals.AccountUpdated && turn.Account.Contacts.Count == 0 ? [] : turn.Gather(Audience(turn.Account));

    /// <summary>Decides what is best now and offers it, or records why nothing is.</summary>
    private static Choice Choose(TurnBuilder turn, Playbook playbook, ReadOnlySpan<Contact> people, Signal? signal, string? channel = null)
    {
        var workspace = turn.Context.Workspace;
        workspace.Facts.Set(playbook, turn.Account, null, signal, turn.Now);
        var choice = NextBestAction.Decide(workspace, people, channel, turn.NextSeed());
        if (channel is not null)
        {
            // Somebody waits for one answer: what is mandatory comes first, and nothing is put off.
            if ((choice.Mandatory.Count > 0 ? choice.Mandatory[0] : choice.Best) is { } asked)
            {
                turn.Offer(asked, playbook, asked: true);
            }
            else
            {
                turn.Add(new AccountEvent.NoneDecided(choice.None));
            }

            return choice;
        }

        foreach (var mandatory in choice.Mandatory)
        {
            turn.Offer(mandatory, playbook, asked: false);
        }

        if (choice.Best is { } best)
        {
            turn.Offer(best, playbook, asked: false);
        }
        else if (choice.Mandatory.Count == 0)
        {
            turn.Add(new AccountEvent.NoneDecided(choice.None));
        }

        Defer(turn, choice, people, signal);
        return choice;
    }

    /// <summary>What only time holds back is decided again then; the signal is kept if it takes one to trigger it.</summary>
    private static void Defer(TurnBuilder turn, in Choice choice, ReadOnlySpan<Contact> people, Signal? signal)
    {
        if (choice.DeferUntil is not { } until)
        {
            return;
        }

        var deferral = choice.DeferSignal ? new Deferral(people.Length == 1 ? people[0].Key.Id : "", signal, until) : new Deferral("", null, until);
        foreach (var known in turn.Account.Deferrals)
        {
            if (known.Contact == deferral.Contact && known.Until <= deferral.Until && deferral.Signal is null && known.Signal is null)
            {
                return;
            }
        }

        turn.Add(new AccountEvent.Deferred(deferral.Contact, deferral.Signal, deferral.Until));
    }

    /// <summary>Keeps an outcome and starts the rest that contact policy `rest-after` asks for, in whatever order outcomes arrive.</summary>
    private static void NoteOutcome(TurnBuilder turn, Playbook playbook, string contact, string outcome, DateTimeOffset at)
    {
        var until = DateTimeOffset.MinValue;
        var concerned = false;
        foreach (var rule in playbook.Policy.Definition.RestAfter)
        {
            if (rule.Outcome != outcome)
            {
                continue;
            }

            concerned = true;
            List<DateTimeOffset> times = [.. turn.Contact(contact).Outcomes.Where(o => o.Outcome == outcome).Select(o => o.At), at];
            foreach (var last in times)
            {
                if (times.Count(t => t > last.Back(rule.Within) && t <= last) >= rule.Times && last.Forth(rule.Rest) > until)
                {
                    until = last.Forth(rule.Rest);
                }
            }
        }

        if (concerned)
        {
            turn.Add(contact, new ContactEvent.OutcomeNoted(outcome, at, until));
        }
    }
}
