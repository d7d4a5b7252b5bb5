using System.Collections.Immutable;
using Orchestrator.Grains.BuyingGroups;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Customers;
using Orchestrator.Grains.DataQuality;
using Orchestrator.Grains.Dealings;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Hierarchies;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.InFlight;
using Orchestrator.Grains.Journeys;
using Orchestrator.Grains.Lateness;
using Orchestrator.Grains.Memberships;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Policies;
using Orchestrator.Grains.Provenance;
using Orchestrator.Grains.Scores;
using Orchestrator.Grains.Stages;
using Orchestrator.Grains.Support;
using Orchestrator.Grains.Standings;
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

        if (command.BoundContact.Length > 0 && PartedTo(turn.Account, command.Names.Length > 0 ? command.Names[0] : "") is { } parted)
        {
            if (parted.Affinity != turn.Account.Key.Affinity)
            {
                return Forward(command, turn, parted.Affinity, parted.Id);
            }

            command = command with { BoundContact = parted.Id };
        }

        if (FollowDeparted(command, turn) is { } elsewhere)
        {
            return Forward(command, turn, elsewhere.Affinity, elsewhere.Id);
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

        if (type.Meaning != SignalMeaning.None && DealingsTurn.Fault(signal, type, playbook, turn.Account) is { } fault)
        {
            return new Verdict.Rejected(new Rejection.BadSignal(fault));
        }

        var at = turn.At = JudgedAt(turn, playbook, signal, time);
        if (!turn.Account.Exists)
        {
            // Only the identity grain sends bound signals to an account that nobody has named.
            turn.Add(new AccountEvent.Opened(command.BoundContact.Length > 0, playbook.Start, at));
            NoteOpened(turn, playbook);
        }

        var names = turn.Account.Identifiers.Count;
        var contact = ContactOf(command, turn);
        var late = playbook.Definition.Lateness is { } lateness && !signal.BackFill && LatenessTurn.IsLate(turn, lateness, time);
        Post(turn, playbook, type, signal, contact, time, at, idHash, content);
        if (late)
        {
            LatenessTurn.Note(turn, playbook.Definition.Lateness!, signal, contact, time);
        }

        CustomerPhase.Record(turn, playbook, signal, contact, time);
        if (contact.Length > 0)
        {
            AssignRoles(turn, playbook, type, contact, at);
        }

        if (!playbook.Definition.Matching.Rules.IsEmpty)
        {
            Match(turn, playbook, type, contact, names);
        }

        // Whoever has left is nobody to address; what is to be done about it concerns the account.
        var gone = HasLeft(turn, contact);
        var facts = turn.Context.Workspace.Facts;
        facts.Set(playbook, turn.Account, contact.Length > 0 ? turn.Contact(contact) : null, signal, at);
        if (signal.BackFill)
        {
            Walk(turn, playbook, contact.Length > 0 && !gone ? [contact] : [], at);
            return turn.Accept(new Answer.Recorded(turn.Context.Position.Sequence, Duplicate: false), playbook, at);
        }

        GoalReached(turn, playbook, signal, contact);
        if (playbook.Journeys.Length == 0)
        {
            DealingsTurn.Walk(turn, playbook, at);
        }
        else
        {
            Walk(turn, playbook, contact.Length > 0 && !gone ? [contact] : [], at);
        }

        Choose(turn, playbook, gone ? default : contact.Length > 0 ? turn.Gather(contact) : AudienceOf(turn, type), signal);
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
            NeedContact(account, NewContact(account, command.Signal, grains), grains, missing);
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

    /// <summary>Records the signal with the points and tallies it gives, then what built-in signals mean.</summary>
    private static void Post(TurnBuilder turn, Playbook playbook, CompiledSignal type, Signal signal, string contact, DateTimeOffset time, DateTimeOffset at, ulong idHash, uint content)
    {
        var facts = turn.Context.Workspace.Facts;
        facts.Set(playbook, turn.Account, contact.Length > 0 ? turn.Contact(contact) : null, signal, at);
        ScorePost[] personal = [];
        ScorePost[] shared = [];
        var gone = HasLeft(turn, contact);
        if (type.Points.Length > 0 && !gone)
        {
            (personal, shared) = Points(turn, playbook, type, contact, time, facts);
        }

        var group = playbook.BuyingGroup.Engagement is { } engagement && contact.Length > 0 && !gone ? GroupEngagement.PointsOf(engagement, type.Id, facts) : null;
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

        if (group is not null)
        {
            GroupEngagement.Record(turn, playbook.BuyingGroup.Engagement!, group, type.Id, contact, time);
        }

        BuiltIn(turn, playbook, type, signal, contact, time);
        if (type.Meaning != SignalMeaning.None)
        {
            DealingsTurn.Take(turn, playbook, type, signal, time);
        }

        if (type.Support != SupportMeaning.None)
        {
            SupportTurn.Take(turn, type, signal, contact, time);
        }
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

    /// <summary>Along the journeys and the main one, which may ask about each other.</summary>
    private static void Walk(TurnBuilder turn, Playbook playbook, IReadOnlyCollection<string> people, DateTimeOffset at)
    {
        if (playbook.Journeys.Length == 0 || playbook.Definition.Paused is Pause.Hold or Pause.Exit)
        {
            DealingsTurn.Walk(turn, playbook, at);
            return;
        }

        JourneyWalk.Go(turn, playbook, people, at);
        DealingsTurn.Walk(turn, playbook, at);
        if (JourneyWalk.Go(turn, playbook, people, at) && turn.Account.History?.SettlesAt is null)
        {
            // What the main journey asks about these is judged again, in a turn of its own: one cannot chase the other in circles.
            turn.Add(new AccountEvent.Deferred("", null, turn.Now.AddTicks(1)));
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
        if (playbook.Definition.Paused != Pause.None)
        {
            choice = choice with { Best = null, None = NoneReason.Paused, DeferUntil = null };
        }

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
