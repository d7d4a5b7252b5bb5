using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Recycling;

namespace Orchestrator.Grains.Stages;

/// <summary>When time alone may fulfil or open a transition, or a stay becomes too long.</summary>
internal static class StageClock
{
    /// <param name="facts">Of the account at the instant for which it was judged, without a person and a signal.</param>
    /// <returns>The earliest; one that is not after that instant should have been judged then. Null: never.</returns>
    public static DateTimeOffset? Next(Playbook playbook, CompiledStage stage, Facts facts)
    {
        var account = facts.Account;
        var closed = playbook.Recycle is { } recycle ? recycle.ClosedFor(account) : null;
        var next = closed is null ? null : RecycleTurn.NextChange(playbook.Recycle!, closed, facts);
        foreach (var transition in stage.Transitions)
        {
            if (closed is not null && transition.Definition.From.Length > 0)
            {
                continue;
            }

            next = Instants.Earlier(next, transition.Definition.ReEntry is null ? null : ReEntry.OpensAt(transition, facts));
            if (transition.When is { IsTemporal: true } when)
            {
                next = Instants.Earlier(next, when.NextChange(facts));
            }
            else if (transition.MovesAt?.Instant(facts) is { } movesAt && movesAt > account.StageSince && (movesAt > facts.Now || !Waits(transition, facts)))
            {
                // An instant that had passed when the stage was entered never comes.
                next = Instants.Earlier(next, movesAt);
            }
        }

        return stage.Definition.Sla is { } sla && !account.SlaBreached ? Instants.Earlier(next, account.StageSince + sla.Within) : next;
    }

    /// <summary>Whether something other than time holds the transition back, so that an instant that has passed changes nothing.</summary>
    private static bool Waits(CompiledTransition transition, Facts facts) =>
        transition.Definition.RequiresAnswers > 0
        || (transition.Definition.Confirm is not null && Confirming.IsAsked(facts.Account, transition.Definition.Id))
        || (transition.Definition.ReEntry is not null && !ReEntry.Allows(transition, facts));
}
