using Orchestrator.Grains.InFlight;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Stages;

namespace Orchestrator.Grains.Accounts;

public static partial class AccountTurn
{
    /// <summary>The version that the account goes by: the latest, unless an earlier publish pinned it to its own.</summary>
    private static Playbook? PlaybookOf(TurnBuilder turn) => turn.Context.Playbooks.PlaybookOf(turn.Account);

    /// <summary>
    /// Applies the in-flight rule of the latest version before anything else is judged, if it has one that this account has not met. The walk behind a publish visits
    /// everybody; whoever is heard of sooner must not be judged by a version that does not know what to do with them.
    /// </summary>
    private static void Adopt(TurnBuilder turn)
    {
        var library = turn.Context.Playbooks;
        if (library.Current(turn.Account.Key.Tenant) is not { Definition.InFlight: { IsRule: true } rule } latest
            || !turn.Account.Exists || turn.Account.ForwardedTo.Length > 0 || turn.Account.Flight?.Version >= latest.Version)
        {
            return;
        }

        if (rule.TargetOf(turn.Account.Stage) is { } target)
        {
            turn.Add(new AccountEvent.OfFlight(new FlightEvent.Adopted(latest.Version, turn.Now)));
            StageWalk.Relocate(turn, latest, target, $"stage `{turn.Account.Stage}` is mapped to `{target}` by version {latest.Version}");
            return;
        }

        var before = turn.Account.Flight is { Pinned: > 0 } flight ? flight.Pinned : latest.Version - 1;
        var pins = rule.Default == InFlightDefault.Pin
            && library.Find(turn.Account.Key.Tenant, before) is { } earlier
            && earlier.Stages.TryGetValue(turn.Account.Stage, out var stage)
            && stage.Definition.Kind != StageKind.EndOfEffort;
        turn.Add(new AccountEvent.OfFlight(pins ? new FlightEvent.Pinned(before, latest.Version, turn.Now) : new FlightEvent.Adopted(latest.Version, turn.Now)));
    }

    /// <summary>Whoever was opened under a version with a rule is not in flight for it.</summary>
    private static void NoteOpened(TurnBuilder turn, Playbook playbook)
    {
        if (playbook.Definition.InFlight.IsRule)
        {
            turn.Add(new AccountEvent.OfFlight(new FlightEvent.Adopted(playbook.Version, turn.Now)));
        }
    }

    /// <summary>
    /// The visit of a publish: the account finds its place in the version that it now goes by, and its wake is worked out anew, since timers may have become shorter or longer. What
    /// it is due then is decided in a turn of its own, for now.
    /// </summary>
    private static Verdict Adopt(AccountCommand.Adopt command, TurnBuilder turn)
    {
        if (!turn.Account.Exists || turn.Account.ForwardedTo.Length > 0 || PlaybookOf(turn) is not { } playbook)
        {
            return turn.Accept(Answer.Nothing.Instance, null, turn.Now);
        }

        foreach (var person in Audience(turn.Account))
        {
            turn.Contact(person);
        }

        turn.Context.Workspace.Facts.Set(playbook, turn.Account, null, null, turn.Now);
        foreach (var action in turn.Account.OpenActions)
        {
            if (!playbook.PlaysById.ContainsKey(action.Play))
            {
                turn.Revoke(action, $"the playbook has no play `{action.Play}` any more");
            }
        }

        if (playbook.Counts.Length > 0)
        {
            Counts.CountTurn.Visit(turn, playbook);
        }

        if (playbook.Definition.Paused != Pause.None)
        {
            StopFor(turn, playbook);
        }

        var stage = turn.Account.Stage;
        StageWalk.Go(turn, playbook, turn.Now);
        var entering = playbook.HasGatedJourneys && turn.Account.Deferrals.IsEmpty && Journeys.JourneyGate.IsNew(turn, playbook, Audience(turn.Account));
        if ((turn.Account.Stage != stage || entering) && playbook.Definition.Paused == Pause.None)
        {
            turn.Add(new AccountEvent.Deferred("", null, turn.Now.AddTicks(1)));
        }

        return turn.Accept(Answer.Nothing.Instance, playbook, turn.Now, replan: true);
    }

    /// <summary>A paused playbook takes back what is open: when it runs again, what is best then is decided, and nothing is released late.</summary>
    private static void StopFor(TurnBuilder turn, Playbook playbook)
    {
        foreach (var action in turn.Account.OpenActions)
        {
            if (!(playbook.PlaysById.TryGetValue(action.Play, out var play) && play.IsMandatory))
            {
                turn.Revoke(action, "the playbook is paused");
            }
        }

        if (playbook.Definition.Paused == Pause.Exit && playbook.Exit is { } exit && exit != turn.Account.Stage)
        {
            StageWalk.Relocate(turn, playbook, exit, "the playbook was paused, and whoever was under way left");
        }
    }
}
