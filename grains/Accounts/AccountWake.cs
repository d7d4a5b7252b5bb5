using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Policies;

namespace Orchestrator.Grains.Accounts;

/// <summary>When time alone may change something for an account: nothing polls, everything is exact to the instant.</summary>
internal static class AccountWake
{
    /// <param name="at">The instant for which the turn was judged; everything after it is still to come.</param>
    public static DateTimeOffset? Next(TurnBuilder turn, Playbook playbook, DateTimeOffset at)
    {
        var account = turn.Account;
        if (account.ForwardedTo.Length > 0 || !playbook.Stages.TryGetValue(account.Stage, out var stage))
        {
            return null;
        }

        var facts = turn.Context.Workspace.Facts;
        var contact = facts.Contact;
        facts.Set(playbook, account, null, null, at);
        DateTimeOffset? next = null;
        foreach (var transition in stage.Transitions)
        {
            if (transition.When is { IsTemporal: true } when)
            {
                next = Earlier(next, when.NextChange(facts), at);
            }
            else if (transition.MovesAt is { } movesAt)
            {
                next = Earlier(next, movesAt.Instant(facts), at);
            }
        }

        if (stage.Temporal.Length > 0)
        {
            // Plays may ask about the person who was considered last; without one, about the account only.
            facts.Contact = contact is null ? null : turn.Contact(contact.Key.Id);
            foreach (var condition in stage.Temporal)
            {
                next = Earlier(next, condition.NextChange(facts), at);
            }
        }

        if (stage.Definition.Sla is { } sla && !account.SlaBreached)
        {
            next = Earlier(next, account.StageSince + sla.Within, at);
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

        return Earlier(next, turn.DeferUntil, at);
    }

    /// <remarks>What should have happened at or before <paramref name="at"/> but was not judged for happens one tick later, never not at all.</remarks>
    private static DateTimeOffset? Earlier(DateTimeOffset? next, DateTimeOffset? candidate, DateTimeOffset at)
    {
        if (candidate is null)
        {
            return next;
        }

        var due = candidate <= at ? at.AddTicks(1) : candidate;
        return next is null || due < next ? due : next;
    }
}
