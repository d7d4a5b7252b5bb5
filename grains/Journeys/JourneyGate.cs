using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Stages;
using Orchestrator.Grains.Standings;

namespace Orchestrator.Grains.Journeys;

/// <summary>
/// Lets people, and accounts, into journeys: the highest priority first, then who has waited longest, then by the order of the file. What is not let in is told why.
/// </summary>
/// <remarks>Journeys that say nothing about how they are entered never come here.</remarks>
internal static class JourneyGate
{
    /// <summary>An entry for which the clock came too late: nothing overdue is let in after history was loaded or a playbook stood still.</summary>
    public static readonly TimeSpan LatestEntry = TimeSpan.FromHours(1);

    /// <summary>Whether anybody was let in.</summary>
    public static bool Go(TurnBuilder turn, Playbook playbook, IEnumerable<string> people, DateTimeOffset at)
    {
        var moved = Serve(turn, playbook, "", at);
        if (playbook.HasPersonalJourneys)
        {
            foreach (var person in people)
            {
                moved |= Serve(turn, playbook, person, at);
            }
        }

        return moved;
    }

    /// <summary>The earliest instant after facts' now at which time alone may let somebody in, or end a wait.</summary>
    public static DateTimeOffset? Next(CompiledJourney journey, Facts facts, Contact? person)
    {
        var book = BookOf(facts.Account, person);
        var key = journey.Per?.TextOf(facts) ?? "";
        DateTimeOffset? next = book is null ? null : EntryRules.OpensAt(journey, book.EntryOf(journey.Id, key), facts.Now);
        if (book?.WaitingFor(journey.Id) is { } waiting && journey.Group?.Definition.WaitAtMost is { } most)
        {
            next = Instants.Earlier(next, waiting.Since.Forth(most));
        }

        foreach (var entry in journey.Entries)
        {
            if (entry.Definition.IsSegment)
            {
                next = Instants.Earlier(next, entry.When is { IsTemporal: true } when ? when.NextChange(facts) : null);
            }
            else if (entry.Definition.Schedule is not null && book is not null && book.Ticks.TryGetValue(EntryBook.KeyOf(journey.Id, entry.Id), out var tick))
            {
                next = Instants.Earlier(next, entry.NextTime(tick, facts));
            }
        }

        return next;
    }

    /// <summary>Whether some entry by segment or schedule has not been looked at yet for the account, or for one of these people: a playbook came that has it.</summary>
    public static bool IsNew(TurnBuilder turn, Playbook playbook, IEnumerable<string> people) =>
        playbook.Journeys.Any(j => j.IsGated && j.Entries.Any(e => (e.Definition.IsSegment || e.Definition.Schedule is not null) && (j.IsOfAccount
            ? IsNew(j, e, BookOf(turn.Account, null))
            : people.Any(p => IsNew(j, e, BookOf(turn.Account, turn.Contact(p)))))));

    public static EntryBook? BookOf(Account account, Contact? person) => person is null ? account.Standing?.Entries : person.Standing?.Entries;

    /// <param name="person">Empty: the account itself.</param>
    public static void Add(TurnBuilder turn, string person, EntryEvent @event)
    {
        if (person.Length > 0)
        {
            turn.Add(person, new ContactEvent.OfStanding(new PersonEvent.OfEntry(@event)));
            if (@event is EntryEvent.Judged or EntryEvent.Ticked)
            {
                return;
            }
        }

        // The account's own history tells of everybody.
        turn.Add(new AccountEvent.OfStanding(new StandingEvent.OfEntry(person, @event)));
    }

    private static bool IsNew(CompiledJourney journey, CompiledEntry entry, EntryBook? book) =>
        book is null || !(entry.Definition.IsSegment ? book.Holds.ContainsKey(EntryBook.KeyOf(journey.Id, entry.Id)) : book.Ticks.ContainsKey(EntryBook.KeyOf(journey.Id, entry.Id)));

    private static bool Serve(TurnBuilder turn, Playbook playbook, string person, DateTimeOffset at)
    {
        var journeys = playbook.Journeys.Where(j => j.IsGated && j.IsOfAccount == (person.Length == 0)).ToList();
        if (journeys.Count == 0)
        {
            return false;
        }

        var moved = false;
        for (var round = 0; round <= journeys.Count; round++)
        {
            List<EntryWish> wishes = [];
            foreach (var journey in journeys)
            {
                Aim(turn, person);
                EntryWishes.Collect(turn, journey, person, at, waitingOnly: round > 0, wishes);
            }

            var admitted = false;
            // The sort is stable: of equals the first of the file comes first.
            foreach (var wish in wishes.OrderByDescending(w => w.Journey.Definition.Priority).ThenBy(w => w.Since))
            {
                Aim(turn, person);
                if (Admission.Admit(turn, playbook, person, wish, at))
                {
                    admitted = true;
                    JourneyWalk.Go(turn, playbook, wish.Journey, person, at);
                }
            }

            moved |= admitted;
            if (!admitted)
            {
                break;
            }
        }

        return moved;
    }

    private static void Aim(TurnBuilder turn, string person)
    {
        var facts = turn.Context.Workspace.Facts;
        facts.Account = turn.Account;
        facts.Contact = person.Length > 0 ? turn.Contact(person) : facts.Contact;
    }
}
