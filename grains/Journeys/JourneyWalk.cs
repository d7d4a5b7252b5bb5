using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Stages;
using Orchestrator.Grains.Standings;

namespace Orchestrator.Grains.Journeys;

/// <summary>Moves an account and its people along the journeys beside the main one, keeping the evidence.</summary>
public static class JourneyWalk
{
    /// <param name="turn">The turn; its workspace's facts must hold the signal.</param>
    /// <param name="people">Whose own journeys are walked too; empty = nobody's.</param>
    /// <param name="at">The instant for which criteria are judged and at which stages are entered.</param>
    /// <returns>Whether anything moved.</returns>
    internal static bool Go(TurnBuilder turn, Playbook playbook, IEnumerable<string> people, DateTimeOffset at)
    {
        var facts = turn.Context.Workspace.Facts;
        var contact = facts.Contact?.Key.Id;
        var moved = false;
        foreach (var journey in playbook.Journeys)
        {
            if (journey.IsOfAccount)
            {
                moved |= Go(turn, playbook, journey, "", at);
                continue;
            }

            foreach (var person in people)
            {
                facts.Contact = turn.Contact(person);
                moved |= Go(turn, playbook, journey, person, at);
            }
        }

        moved |= playbook.HasGatedJourneys && JourneyGate.Go(turn, playbook, people, at);
        facts.Account = turn.Account;
        facts.Contact = contact is null ? null : turn.Contact(contact);
        return moved;
    }

    /// <summary>The earliest instant after facts' now at which time alone may move the account, or the person at hand, along one of these journeys.</summary>
    internal static DateTimeOffset? Next(Playbook playbook, Facts facts, Contact? person)
    {
        DateTimeOffset? next = null;
        foreach (var journey in playbook.Journeys)
        {
            if (journey.IsOfAccount != (person is null))
            {
                continue;
            }

            var place = PlaceOf(journey, facts.Account, person);
            foreach (var step in journey.Leaving[place.Stage])
            {
                if (journey.IsEntry(place.Stage, step.Definition.To) && step.MovesAt?.Instant(facts) <= facts.Now)
                {
                    // It was held back, and time alone does not change that.
                    continue;
                }

                var change = step.When is { IsTemporal: true } when ? when.NextChange(facts) : step.MovesAt?.Instant(facts) is { } at && at > place.Since ? at : null;
                next = change is not null && (next is null || change < next) ? change : next;
            }

            next = journey.IsGated ? Instants.Earlier(next, JourneyGate.Next(journey, facts, person)) : next;
        }

        return next;
    }

    /// <summary>Where the account or, if there is one, the person stands.</summary>
    public static JourneyPlace PlaceOf(CompiledJourney journey, Account account, Contact? person) =>
        journey.IsOfAccount ? journey.PlaceOf(account.Standing?.Journeys, account.OpenedAt) : journey.PlaceOf(person?.Standing?.Journeys, person?.OpenedAt ?? account.OpenedAt);

    internal static bool Go(TurnBuilder turn, Playbook playbook, CompiledJourney journey, string person, DateTimeOffset at)
    {
        var facts = turn.Context.Workspace.Facts;
        HashSet<string>? passed = null;
        for (var steps = 0; steps < StageWalk.MostSteps; steps++)
        {
            facts.Account = turn.Account;
            facts.Contact = person.Length > 0 ? turn.Contact(person) : facts.Contact;
            var place = PlaceOf(journey, turn.Account, person.Length > 0 ? turn.Contact(person) : null);
            if (FirstThatHolds(journey, place, facts) is not { } step || journey.IsEntry(place.Stage, step.Definition.To))
            {
                break;
            }

            // A stage that was left in this turn is not entered again in it: that would be a circle.
            passed ??= new HashSet<string>(StringComparer.Ordinal) { place.Stage };
            if (!passed.Add(step.Definition.To))
            {
                break;
            }

            var entered = new JourneyStep(journey.Id, place.Stage, step.Definition.To, step.Definition.Id, at, EvidenceOf(step, facts), playbook.Version, step.Reason?.TextOf(facts) ?? "");
            Enter(turn, person, entered);
            if (journey.IsGated && journey.IsActive(place.Stage) && !journey.IsActive(entered.To))
            {
                JourneyGate.Add(turn, person, new EntryEvent.Left(journey.Id, at, ""));
            }
        }

        return passed is { Count: > 1 };
    }

    /// <param name="person">Empty: the account itself.</param>
    internal static void Enter(TurnBuilder turn, string person, JourneyStep step)
    {
        if (person.Length > 0)
        {
            turn.Add(person, new ContactEvent.OfStanding(new PersonEvent.JourneyEntered(step)));
        }
        else
        {
            turn.Add(new AccountEvent.OfStanding(new StandingEvent.JourneyEntered(step)));
        }
    }

    internal static CompiledStep? FirstThatHolds(CompiledJourney journey, JourneyPlace place, Facts facts)
    {
        foreach (var step in journey.Leaving[place.Stage])
        {
            if (step.When is { } when ? when.Holds(facts) : step.MovesAt?.Instant(facts) is { } at && at <= facts.Now && at > place.Since)
            {
                return step;
            }
        }

        return null;
    }

    internal static IReadOnlyList<Clause> EvidenceOf(CompiledStep step, Facts facts) => step.When is { } when
        ? when.Evidence(facts)
        : [new Clause($"at {step.MovesAt!.Text}", Held: true, $"{step.MovesAt.Text} = {step.MovesAt.Instant(facts):O}")];
}
