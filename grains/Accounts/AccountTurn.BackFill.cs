using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Stages;
using Signal = Orchestrator.V1.Signal;

namespace Orchestrator.Grains.Accounts;

/// <remarks>
/// History that is loaded after the fact. Stages are walked at the signals' own times, and what time alone did between two of them is caught up with at its own
/// instants; the clock leaves the account alone until it has settled. Nothing is chosen on the way.
/// </remarks>
public static partial class AccountTurn
{
    /// <summary>Between two signals so many instants are judged at most; beyond that only the last one is.</summary>
    private const int MostJudgements = 1_024;

    /// <summary>The instant for which a signal is judged: its own time for history, now for all else. What time alone did before it has happened then.</summary>
    private static DateTimeOffset JudgedAt(TurnBuilder turn, Playbook playbook, Signal signal, DateTimeOffset time)
    {
        turn.Silent = signal.BackFill;
        if (!turn.Account.Exists)
        {
            return signal.BackFill && time < turn.Now ? time : turn.Now;
        }

        if (turn.Account.History?.SettlesAt is null)
        {
            // Whoever lives has been judged up to now: that is when the stages learn of it.
            return turn.Now;
        }

        var at = signal.BackFill ? Earlier(Later(time, LoadedUntil(turn.Account)), turn.Now) : turn.Now;
        turn.Silent = true;
        CatchUp(turn, playbook, at);
        turn.Silent = signal.BackFill;
        return at;
    }

    /// <summary>Up to when stages have been judged while history is loaded.</summary>
    private static DateTimeOffset LoadedUntil(Account account) => Later(account.LastSignalAt, account.StageSince);

    /// <summary>The clock comes to an account that is known from history only: it is judged up to now, and lives from then on.</summary>
    private static Verdict SettleHistory(TurnBuilder turn, Playbook playbook, DateTimeOffset due, DateTimeOffset settles)
    {
        turn.Silent = true;
        turn.Add(new AccountEvent.Woken(due, turn.Now, playbook.Version));
        Expire(turn, playbook, due);
        if (settles > due)
        {
            return turn.Accept(Answer.Nothing.Instance, playbook, due);
        }

        CatchUp(turn, playbook, turn.Now);
        turn.Context.Workspace.Facts.Set(playbook, turn.Account, null, null, turn.Now);
        StageWalk.Go(turn, playbook, turn.Now);
        foreach (var person in playbook.HasGatedJourneys ? Audience(turn.Account) : [])
        {
            // From now on they come into journeys by themselves.
            turn.Contact(person);
        }

        return turn.Accept(Answer.Nothing.Instance, playbook, turn.Now);
    }

    /// <summary>What time alone did to the stages, each change at its own instant.</summary>
    private static void CatchUp(TurnBuilder turn, Playbook playbook, DateTimeOffset to)
    {
        var at = LoadedUntil(turn.Account);
        for (var judged = 0; judged < MostJudgements && NextJudgement(turn, playbook, at) is { } next && next <= to; judged++)
        {
            turn.Context.Workspace.Facts.Set(playbook, turn.Account, null, null, next);
            StageWalk.Go(turn, playbook, next);
            at = next;
        }
    }

    /// <summary>When time alone may change the stage next; plays are nobody's business while history is loaded.</summary>
    private static DateTimeOffset? NextJudgement(TurnBuilder turn, Playbook playbook, DateTimeOffset at)
    {
        if (!playbook.Stages.TryGetValue(turn.Account.Stage, out var stage))
        {
            return null;
        }

        var facts = turn.Context.Workspace.Facts;
        facts.Set(playbook, turn.Account, null, null, at);
        return AccountWake.Earlier(null, StageClock.Next(playbook, stage, facts), at);
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;
}
