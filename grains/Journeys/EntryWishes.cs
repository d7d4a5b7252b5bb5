using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Stages;
using Signal = Orchestrator.V1.Signal;

namespace Orchestrator.Grains.Journeys;

/// <summary>Somebody would enter a journey now.</summary>
/// <param name="Since">When the wish came up.</param>
/// <param name="Waited">It has waited for its turn.</param>
internal sealed record EntryWish(
    CompiledJourney Journey, string Entry, string To, string Key, DateTimeOffset Since, EntryWay Way, string By, bool Waited, bool Resumes, IReadOnlyList<Clause> Evidence, string Reason);

/// <summary>Finds out who would enter which journey: by a signal, a segment, the clock, a request, a transition, or having waited.</summary>
internal static class EntryWishes
{
    /// <param name="turn">The turn; its workspace's facts must hold the account, the person and the signal.</param>
    /// <param name="waitingOnly">Everything else has been heard already.</param>
    public static void Collect(TurnBuilder turn, CompiledJourney journey, string person, DateTimeOffset at, bool waitingOnly, List<EntryWish> wishes)
    {
        var facts = turn.Context.Workspace.Facts;
        var contact = person.Length > 0 ? turn.Contact(person) : null;
        var place = JourneyWalk.PlaceOf(journey, turn.Account, contact);
        var active = journey.IsActive(place.Stage);
        if (JourneyGate.BookOf(turn.Account, contact)?.WaitingFor(journey.Id) is { } waiting && Waits(turn, journey, person, waiting, active, at) is { } turnOf)
        {
            wishes.Add(turnOf);
        }

        if (waitingOnly)
        {
            return;
        }

        // All entries are looked at: those that keep book must see every change. Whoever was let in by this turn is not let in by it again.
        var heard = turn.Heard(person, journey.Id);
        EntryWish? wish = null;
        foreach (var entry in journey.Entries)
        {
            if (Asks(turn, journey, entry, person, at) is not { } way || heard)
            {
                continue;
            }

            wish ??= new EntryWish(
                journey, entry.Id, entry.Definition.To, journey.Per?.TextOf(facts) ?? "", at, way, way is EntryWay.Manual or EntryWay.Api ? facts.Signal!.AssertedBy : "",
                Waited: false, Resumes: false, EvidenceOf(entry, way, facts), way is EntryWay.Manual or EntryWay.Api ? SignalValues.TextOf(facts.Signal!, "reason") : "");
        }

        if (wish is null && !heard && !active && JourneyWalk.FirstThatHolds(journey, place, facts) is { } step && journey.IsActive(step.Definition.To))
        {
            wish = new EntryWish(
                journey, step.Definition.Id, step.Definition.To, journey.Per?.TextOf(facts) ?? "", at, EntryWay.Transition, "",
                Waited: false, Resumes: false, JourneyWalk.EvidenceOf(step, facts), step.Reason?.TextOf(facts) ?? "");
        }

        if (wish is not null)
        {
            wishes.Add(wish);
        }
    }

    private static EntryWish? Waits(TurnBuilder turn, CompiledJourney journey, string person, WaitingEntry waiting, bool active, DateTimeOffset at)
    {
        var over = active ? "it is under way already"
            : journey.Group is null || !journey.IsActive(waiting.To) ? "the playbook has changed"
            : journey.Group.Definition.WaitAtMost is { } most && waiting.Since.Forth(most) <= at ? $"it waited longer than {most.TotalDays:0.##} days"
            : null;
        if (over is not null)
        {
            JourneyGate.Add(turn, person, new EntryEvent.Dropped(journey.Id, at, over));
            return null;
        }

        return new EntryWish(
            journey, waiting.Entry, waiting.To, waiting.Key, waiting.Since, waiting.Way, waiting.By, Waited: true, waiting.Resumes,
            [new Clause("a place is free", Held: true, $"waiting since {waiting.Since:O}")], waiting.Resumes ? "it goes on after it was displaced" : "it has waited for its turn");
    }

    /// <summary>How the entry asks to be let in now; null: it does not. What it must remember of that is kept at once, and heard once a turn.</summary>
    private static EntryWay? Asks(TurnBuilder turn, CompiledJourney journey, CompiledEntry entry, string person, DateTimeOffset at)
    {
        var facts = turn.Context.Workspace.Facts;
        var definition = entry.Definition;
        if (definition.IsSegment)
        {
            return Joins(turn, journey, entry, person) ? EntryWay.Segment : null;
        }

        if (definition.Schedule is not null)
        {
            return IsTime(turn, journey, entry, person, at) && (entry.When?.Holds(facts) ?? true) ? EntryWay.Schedule : null;
        }

        if (facts.Signal is not { } signal || !(entry.When?.Holds(facts) ?? true))
        {
            return null;
        }

        return definition.On.Any(s => s.Id == signal.Type) ? EntryWay.Signal : Requested(journey, definition, signal);
    }

    private static EntryWay? Requested(CompiledJourney journey, JourneyEntryDefinition entry, Signal signal)
    {
        if (signal.Type != BuiltInSignals.JourneyRequested || SignalValues.TextOf(signal, "journey") != journey.Id)
        {
            return null;
        }

        return signal.AssertedBy.Length > 0 ? entry.ByHand ? EntryWay.Manual : null : entry.ByApi ? EntryWay.Api : null;
    }

    /// <summary>Whether the condition has become true.</summary>
    private static bool Joins(TurnBuilder turn, CompiledJourney journey, CompiledEntry entry, string person)
    {
        var facts = turn.Context.Workspace.Facts;
        var holds = entry.When!.Holds(facts);
        var known = false;
        var before = JourneyGate.BookOf(turn.Account, person.Length > 0 ? turn.Contact(person) : null)?.Holds.TryGetValue(EntryBook.KeyOf(journey.Id, entry.Id), out known) == true && known;
        var isNew = JourneyGate.BookOf(turn.Account, person.Length > 0 ? turn.Contact(person) : null)?.Holds.ContainsKey(EntryBook.KeyOf(journey.Id, entry.Id)) != true;
        if (isNew || holds != before)
        {
            JourneyGate.Add(turn, person, new EntryEvent.Judged(journey.Id, entry.Id, holds));
            Aim(turn, person);
        }

        return holds && !before;
    }

    /// <summary>Whether a time of the schedule has come. From the first look on times count, and of several that were missed only the last does.</summary>
    private static bool IsTime(TurnBuilder turn, CompiledJourney journey, CompiledEntry entry, string person, DateTimeOffset at)
    {
        const int MostMissed = 4_096;
        var facts = turn.Context.Workspace.Facts;
        var book = JourneyGate.BookOf(turn.Account, person.Length > 0 ? turn.Contact(person) : null);
        if (book is null || !book.Ticks.TryGetValue(EntryBook.KeyOf(journey.Id, entry.Id), out var tick))
        {
            JourneyGate.Add(turn, person, new EntryEvent.Ticked(journey.Id, entry.Id, at));
            Aim(turn, person);
            return false;
        }

        DateTimeOffset? came = null;
        for (var i = 0; i < MostMissed && entry.NextTime(came ?? tick, facts) is { } next && next <= at; i++)
        {
            came = next;
        }

        if (came is not { } time)
        {
            return false;
        }

        JourneyGate.Add(turn, person, new EntryEvent.Ticked(journey.Id, entry.Id, time));
        Aim(turn, person);
        return at - time <= JourneyGate.LatestEntry;
    }

    private static IReadOnlyList<Clause> EvidenceOf(CompiledEntry entry, EntryWay way, Decisions.Facts facts)
    {
        if (entry.When is { } when)
        {
            return when.Evidence(facts);
        }

        return way switch
        {
            EntryWay.Signal => [new Clause($"on {facts.Signal!.Type}", Held: true, $"signal.type = '{facts.Signal.Type}'")],
            EntryWay.Schedule => [new Clause($"at {entry.Definition.Schedule!.Time:HH:mm}", Held: true, $"now = {facts.Now:O}")],
            EntryWay.Manual => [new Clause("asked for by hand", Held: true, $"by = '{facts.Signal!.AssertedBy}'") { AssertedOnly = true }],
            EntryWay.Api => [new Clause("asked for by a system", Held: true, $"source = '{facts.Signal!.Source}'")],
            EntryWay.Transition or EntryWay.Segment => [],
        };
    }

    private static void Aim(TurnBuilder turn, string person)
    {
        var facts = turn.Context.Workspace.Facts;
        facts.Account = turn.Account;
        facts.Contact = person.Length > 0 ? turn.Contact(person) : facts.Contact;
    }
}
