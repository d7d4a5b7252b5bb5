using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Hierarchies;
using Orchestrator.Grains.InFlight;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Standings;
using Signal = Orchestrator.V1.Signal;

namespace Orchestrator.Grains.Accounts;

public static partial class AccountTurn
{
    /// <summary>An action whose goal was reached without it is no longer needed.</summary>
    private static void GoalReached(TurnBuilder turn, Playbook playbook, CompiledSignal type, Signal signal, string contact)
    {
        if (!type.IsGoal)
        {
            return;
        }

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
