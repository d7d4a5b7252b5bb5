using Orchestrator.Grains.Customers;
using Orchestrator.Grains.Dealings;
using Orchestrator.Grains.InFlight;
using Orchestrator.Grains.Journeys;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Policies;
using Orchestrator.Grains.Stages;

namespace Orchestrator.Grains.Accounts;

/// <summary>When time alone may change something for an account: nothing polls, everything is exact to the instant.</summary>
internal static class AccountWake
{
    /// <param name="at">The instant for which the turn was judged; everything after it is still to come.</param>
    public static DateTimeOffset? Next(TurnBuilder turn, Playbook playbook, DateTimeOffset at)
    {
        var account = turn.Account;
        if (account.ForwardedTo.Length > 0)
        {
            return null;
        }

        // While history is loaded its own times count, not the clock's. Nobody moves while the playbook holds or everybody has left, so nothing is due.
        DateTimeOffset? next = null;
        if (account.History?.SettlesAt is { } settles)
        {
            next = settles;
        }
        else if (playbook.Definition.Paused is Pause.None or Pause.Skip)
        {
            next = playbook.Stages.TryGetValue(account.Stage, out var stage) ? OfStage(turn, playbook, stage, at) : null;
            next = Earlier(next, CustomerPhase.NextChange(turn, playbook, at), at);
            if (playbook.Journeys.Length > 0)
            {
                next = OfJourneys(turn, playbook, next, at);
            }
        }

        if (playbook.Counts.Length > 0)
        {
            next = Earlier(next, Counts.CountTurn.NextChange(turn, playbook, at), at);
        }

        foreach (var action in account.OpenActions)
        {
            next = Earlier(next, action.ValidUntil, at);
        }

        foreach (var reservation in account.Reservations)
        {
            if (reservation.State == ReservationState.Held)
            {
                next = Earlier(next, reservation.HeldUntil, at);
            }
        }

        foreach (var deferral in account.Deferrals)
        {
            next = Earlier(next, deferral.Until, at);
        }

        next = Earlier(next, account.Lateness?.Due, at);
        return account.Dealings is null ? next : Earlier(next, DealingsTurn.NextChange(turn, playbook, at), at);
    }

    private static DateTimeOffset? OfStage(TurnBuilder turn, Playbook playbook, CompiledStage stage, DateTimeOffset at)
    {
        var facts = turn.Context.Workspace.Facts;
        facts.Set(playbook, turn.Account, null, null, at);
        var next = Earlier(null, StageClock.Next(playbook, stage, facts), at);
        next = Earlier(next, turn.Context.Workspace.Walks ? NextChangeIndex.OneByOne(stage.Temporal, personal: false, facts) : stage.Wakes.Next(facts), at);
        if (stage.HasPersonal)
        {
            next = OfPeople(turn, stage, next, at);
        }

        return next;
    }

    /// <summary>Journeys beside the main one; for people whom this turn did not touch, see <see cref="OfPeople"/>.</summary>
    private static DateTimeOffset? OfJourneys(TurnBuilder turn, Playbook playbook, DateTimeOffset? next, DateTimeOffset at)
    {
        var facts = turn.Context.Workspace.Facts;
        facts.Set(playbook, turn.Account, null, null, at);
        next = Earlier(next, JourneyWalk.Next(playbook, facts, null), at);
        if (!playbook.HasPersonalJourneys)
        {
            return next;
        }

        foreach (var contact in AccountTurn.Audience(turn.Account))
        {
            if (turn.Touched(contact))
            {
                facts.Contact = turn.Contact(contact);
                next = Earlier(next, JourneyWalk.Next(playbook, facts, facts.Contact), at);
            }
            else
            {
                next = turn.Account.Wake is { } wake && wake > at && (next is null || wake < next) ? wake : next;
            }
        }

        facts.Contact = null;
        return next;
    }

    /// <summary>
    /// Conditions of plays that ask about the person at hand. People whom this turn did not touch are as they were: their next instant is not before the
    /// account's present wake, which therefore stays the bound; if it comes to nothing, that turn looks at everybody.
    /// </summary>
    private static DateTimeOffset? OfPeople(TurnBuilder turn, CompiledStage stage, DateTimeOffset? next, DateTimeOffset at)
    {
        var facts = turn.Context.Workspace.Facts;
        foreach (var contact in AccountTurn.Audience(turn.Account))
        {
            if (!turn.Touched(contact))
            {
                next = turn.Account.Wake is { } wake && wake > at && (next is null || wake < next) ? wake : next;
                continue;
            }

            facts.Contact = turn.Contact(contact);
            next = Earlier(next, turn.Context.Workspace.Walks ? NextChangeIndex.OneByOne(stage.Temporal, personal: true, facts) : stage.PersonalWakes.Next(facts), at);
        }

        facts.Contact = null;
        return next;
    }

    /// <remarks>What should have happened at or before <paramref name="at"/> but was not judged for happens one tick later, never not at all.</remarks>
    internal static DateTimeOffset? Earlier(DateTimeOffset? next, DateTimeOffset? candidate, DateTimeOffset at)
    {
        if (candidate is null)
        {
            return next;
        }

        var due = candidate <= at ? at.AddTicks(1) : candidate;
        return next is null || due < next ? due : next;
    }
}
