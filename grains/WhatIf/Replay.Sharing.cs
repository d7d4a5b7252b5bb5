using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.V1;

namespace Orchestrator.Grains.WhatIf;

/// <remarks>
/// Accounts are replayed once for both sides for as long as both come to the same (<see cref="Rival"/>); they part at the first turn that does not, and go each their own way from there. Until
/// then only the wakes may differ: one that comes to nothing leaves no trace.
/// </remarks>
public sealed partial class Replay
{
    private readonly Likeness? likeness;
    private readonly Rival? rival;

    /// <summary>Turns that were judged once for both sides.</summary>
    public long Shared { get; private set; }

    /// <summary>One turn for both sides.</summary>
    /// <returns>False: nothing has happened, and the account has parted if it had not before.</returns>
    private bool Share(AccountCommand command, TurnPosition position, DateTimeOffset now, Track track)
    {
        if (!track.IsShared)
        {
            return false;
        }

        rival!.Begin(track.BaselineWake);
        if (!draft.TryRun(command, position, now, after, rival, track.People))
        {
            Part(command.Target, track);
            return false;
        }

        Shared++;
        track.BaselineWake = rival.Wake;
        before.Take(after);
        before.Nones.Clear();
        before.Nones.AddRange(rival.Nones);
        return true;
    }

    /// <summary>Facts that stand on both sides, unless they bring along what is under way by a play that differs.</summary>
    private bool ShareFacts(RecordedTurn turn, Track track)
    {
        if (!track.IsShared)
        {
            return false;
        }

        rival!.Begin(track.BaselineWake);
        if (turn.OfAccount.Exists(e => RecordedCause.BringsHistory(e) || e.ActionOffered is { Action.Play: var play } && !likeness!.IsSameOnceOffered(play)) || !draft.TryFold(turn, rival, track.People))
        {
            Part(turn.Account, track);
            return false;
        }

        Shared++;
        track.BaselineWake = rival.Wake;
        return true;
    }

    /// <summary>What people say may be about plays and transitions by their names.</summary>
    private bool MayShare(Signal signal) => likeness!.HasSameNames || (draft.Playbook.Signals.TryGetValue(signal.Type, out var type) && type.Meaning == Dealings.SignalMeaning.None);

    /// <summary>The account has one state for both sides: from here on it has two.</summary>
    private void Part(GrainKey account, Track track)
    {
        if (!track.IsShared)
        {
            return;
        }

        track.IsShared = false;
        Lend(account, track);
    }

    private void Lend(GrainKey account, Track track)
    {
        if (draft.Find(account) is not { } state)
        {
            return;
        }

        baseline!.Set(state with { Wake = track.BaselineWake });
        foreach (var person in track.People)
        {
            draft.TryGet(person, out var known);
            baseline.Set(known!);
        }
    }

    /// <summary>The wake of one side, of both, or of a side of an account that has parted.</summary>
    private void Wake(GrainKey account, Track track, AccountCommand.Wake wake, TurnPosition position, DateTimeOffset now, bool ofBaseline, bool ofDraft)
    {
        if (track.IsShared && (ofBaseline && ofDraft ? ShareWake(wake, position, now, track) : ofDraft ? Idle(draft, wake, position, now, after) : ofBaseline && IdleInBaseline(account, track, wake, position, now)))
        {
            return;
        }

        if (ofBaseline || ofDraft)
        {
            Part(account, track);
        }

        if (ofBaseline)
        {
            Run(baseline!, wake, position, now, before);
        }

        if (ofDraft)
        {
            Run(draft, wake, position, now, after);
        }
    }

    private bool ShareWake(AccountCommand.Wake wake, TurnPosition position, DateTimeOffset now, Track track)
    {
        if (!Share(wake, position, now, track))
        {
            return false;
        }

        Rest(draft, wake);
        track.BaselineWake = track.BaselineWake <= wake.Due ? null : track.BaselineWake;
        return true;
    }

    private static bool Idle(ReplayWorld world, AccountCommand.Wake wake, TurnPosition position, DateTimeOffset now, TurnOutcome outcome)
    {
        if (!world.TryIdle(wake, position, now, outcome))
        {
            return false;
        }

        Rest(world, wake);
        return true;
    }

    private bool IdleInBaseline(GrainKey account, Track track, AccountCommand.Wake wake, TurnPosition position, DateTimeOffset now)
    {
        Lend(account, track);
        if (!Idle(baseline!, wake, position, now, before))
        {
            return false;
        }

        track.BaselineWake = baseline!.Find(account)!.Wake;
        baseline.Remove(account);
        foreach (var person in track.People)
        {
            baseline.Remove(person);
        }

        return true;
    }

    /// <summary>Under both at once, unless nothing was offered to settle.</summary>
    private void Settle(AccountCommand.Settle settle, RecordedTurn turn, Track track)
    {
        if (track.IsShared && draft.Find(turn.Account) is not null && offered.TryGetValue(settle.ActionId, out var meant))
        {
            if (draft.FindOpen(turn.Account, settle.ActionId, open => open.Play == meant.Play && open.Treatment == meant.Treatment && open.Contact == meant.Contact) is not { } action)
            {
                Result.Before.Unmatched++;
                Result.After.Unmatched++;
                return;
            }

            if (Share(settle with { ActionId = action.Id }, turn.Position, turn.At, track))
            {
                return;
            }
        }

        // One that nobody knows here is none of either side.
        Settle(track.IsShared ? null : baseline, settle, turn, Result.Before, before);
        Settle(draft, settle, turn, Result.After, after);
    }
}
