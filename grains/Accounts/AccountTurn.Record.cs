using Orchestrator.Grains.DataQuality;
using Orchestrator.Grains.BuyingGroups;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Customers;
using Orchestrator.Grains.Dealings;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Hierarchies;
using Orchestrator.Grains.InFlight;
using Orchestrator.Grains.Journeys;
using Orchestrator.Grains.Lateness;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Scores;
using Orchestrator.Grains.StoredForms.Levels;
using Orchestrator.Grains.Support;
using Orchestrator.Grains.Standings;
using Signal = Orchestrator.V1.Signal;

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

        if (turn.Account.History is not null && IsOfParted(turn.Account, signal))
        {
            return Forward(command, turn, signal.Account, "");
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

        if (type.Id == BuiltInSignals.AccountUpdated && playbook.AccountQuality is not null)
        {
            TwinTurn.Note(turn, playbook, turn.Context.Grains.TryGet(turn.Account.Key, out var before) ? (Account?)before : null);
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
            return turn.Accept(turn.Context.Workspace.RecordedIn(turn.Context.Position.Sequence), playbook, at);
        }

        if (playbook.Goals.Length > 0)
        {
            Counts.CountTurn.Record(turn, playbook, signal, contact, time);
            facts.Set(playbook, turn.Account, contact.Length > 0 ? turn.Contact(contact) : null, signal, at);
        }

        GoalReached(turn, playbook, type, signal, contact);
        if (playbook.Journeys.Length == 0)
        {
            DealingsTurn.Walk(turn, playbook, at);
        }
        else
        {
            Walk(turn, playbook, contact.Length > 0 && !gone ? [contact] : [], at);
        }

        Choose(turn, playbook, gone ? default : contact.Length > 0 ? turn.Gather(contact) : AudienceOf(turn, type), signal);
        return turn.Accept(turn.Context.Workspace.RecordedIn(turn.Context.Position.Sequence), playbook, turn.Now);
    }

    /// <summary>The account, or this person, has moved: the signal follows, once.</summary>
    private static Verdict Forward(AccountCommand.Record command, TurnBuilder turn, string account, string contact)
    {
        turn.Add(new Effect.Send(command with { Account = GrainKey.Account(turn.Account.Key.Tenant, account), BoundContact = contact, Target = GrainKey.Account(turn.Account.Key.Tenant, account) }));
        return turn.Accept(turn.Context.Workspace.RecordedIn(turn.Context.Position.Sequence), null, turn.Now);
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

        if (type.Support != SupportMeaning.None && turn.Context.Level >= FormLevels.OfRevenueModel)
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

            var known = person is null ? turn.Account.FindScore(points.Score) : person.FindScore(points.Score);
            var given = Math.Min(points.Add, known is { } score ? score.Room(points.CapPerDay, time) : points.CapPerDay);
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
        // What is heard of one may make a member of a segment of another, who is not at hand in this turn.
        var others = playbook.HasSegmentsOfPeople && people.Count < Math.Min(MostPeople, turn.Account.Contacts.Count);
        if ((JourneyWalk.Go(turn, playbook, people, at) | others) && turn.Account.History?.SettlesAt is null)
        {
            // What the main journey asks about these is judged again, in a turn of its own: one cannot chase the other in circles.
            turn.Add(new AccountEvent.Deferred("", null, turn.Now.AddTicks(1)));
        }
    }
}
