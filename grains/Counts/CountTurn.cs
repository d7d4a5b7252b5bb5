using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Owners;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Signal = Orchestrator.V1.Signal;

namespace Orchestrator.Grains.Counts;

/// <summary>An account's side of counts and goals: it says when it begins or ceases to count and what it contributes, and keeps what it is told.</summary>
internal static class CountTurn
{
    /// <summary>At the end of each turn: whether the account counts, as things stand then.</summary>
    public static void Judge(TurnBuilder turn, Playbook playbook)
    {
        if (!turn.Account.Exists || turn.Account.History?.SettlesAt is not null)
        {
            return;
        }

        var here = turn.Account.ForwardedTo.Length == 0;
        var facts = turn.Context.Workspace.Facts;
        facts.Set(playbook, turn.Account, null, null, turn.At);
        foreach (var count in playbook.Counts)
        {
            Belong(turn, count.Board, here && count.When.Holds(facts));
        }

        foreach (var goal in playbook.Goals)
        {
            Belong(turn, goal.Board, here && playbook.AsksGoals);
            if (!here || goal.Definition.Enters.IsEmpty)
            {
                continue;
            }

            // Where a publish puts somebody is nobody's achievement.
            foreach (var entered in turn.StagesEntered.Where(e => e.Transition != Stages.StageWalk.InFlight && goal.Definition.Enters.Any(s => s.Id == e.To)))
            {
                facts.Set(playbook, turn.Account, null, null, turn.At);
                Achieve(turn, goal, $"{turn.Account.Key.Affinity}/{entered.To}/{entered.At.UtcTicks}", entered.At);
            }
        }
    }

    /// <summary>With a signal: what it contributes to goals.</summary>
    public static void Record(TurnBuilder turn, Playbook playbook, Signal signal, string contact, DateTimeOffset time)
    {
        foreach (var goal in playbook.Goals)
        {
            if (goal.Definition.On.Any(s => s.Id == signal.Type))
            {
                turn.Context.Workspace.Facts.Set(playbook, turn.Account, contact.Length > 0 ? turn.Contact(contact) : null, signal, turn.At);
                Achieve(turn, goal, $"{turn.Account.Key.Affinity}/{signal.Id}", time);
            }
        }
    }

    /// <summary>The visit of a publish: what may be reached by now under the new version is asked for once more.</summary>
    public static void Visit(TurnBuilder turn, Playbook playbook)
    {
        foreach (var count in playbook.Counts)
        {
            if (turn.Account.Boards is { } boards && boards.On.Contains(count.Board) && !(boards.Told.TryGetValue(count.Board, out var news) && news.Level >= count.Definition.AtLeast))
            {
                Send(turn, count.Board, new BoardWish.Join(turn.Account.Key.Affinity));
            }
        }
    }

    /// <summary>When time alone may make the account count, or cease to.</summary>
    public static DateTimeOffset? NextChange(TurnBuilder turn, Playbook playbook, DateTimeOffset at)
    {
        DateTimeOffset? next = null;
        foreach (var count in playbook.Counts)
        {
            if (count.When.IsTemporal)
            {
                var facts = turn.Context.Workspace.Facts;
                facts.Set(playbook, turn.Account, null, null, at);
                next = Instants.Earlier(next, count.When.NextChange(facts));
            }
        }

        return next;
    }

    public static Verdict Tell(AccountCommand.TellBoard command, TurnBuilder turn, Playbook? playbook)
    {
        if (playbook is null || !turn.Account.Exists || turn.Account.ForwardedTo.Length > 0
            || (turn.Account.Boards is { } boards && boards.Told.TryGetValue(command.Board, out var news) && news.Level >= command.Level && news.Until == command.Until))
        {
            return turn.Accept(Answer.Nothing.Instance, null, turn.Now);
        }

        turn.Add(new AccountEvent.OfBoard(new AccountBoardEvent.Told(command.Board, new BoardNews(command.Level, turn.Now, command.Until))));

        // What is best now is decided in a turn of its own, as after every change that no signal brought.
        turn.Add(new AccountEvent.Deferred("", null, turn.Now.AddTicks(1)));
        return turn.Accept(Answer.Nothing.Instance, playbook, turn.Now);
    }

    /// <summary>
    /// Another account is becoming a part of this one: it leaves before this one joins. Told from here, so that the board hears both in this order; what the other tells itself may
    /// come later, and a number once reached stays reached.
    /// </summary>
    public static void Leave(TurnBuilder turn, string other, IEnumerable<string> boards)
    {
        foreach (var board in boards)
        {
            Send(turn, board, new BoardWish.Part(other));
        }
    }

    /// <summary>The account stands at other boards than a moment ago, without having been judged: they hear of it.</summary>
    /// <param name="was">Where it stood until now.</param>
    public static void Resume(TurnBuilder turn, AccountBoards? was)
    {
        var (before, now) = ((was ?? AccountBoards.Empty).On, (turn.Account.Boards ?? AccountBoards.Empty).On);
        foreach (var board in before.Except(now))
        {
            Send(turn, board, new BoardWish.Part(turn.Account.Key.Affinity));
        }

        foreach (var board in now.Except(before))
        {
            Send(turn, board, new BoardWish.Join(turn.Account.Key.Affinity));
        }
    }

    private static void Belong(TurnBuilder turn, string board, bool belongs)
    {
        if (belongs == (turn.Account.Boards?.On.Contains(board) ?? false))
        {
            return;
        }

        turn.Add(new AccountEvent.OfBoard(belongs ? new AccountBoardEvent.Joined(board, turn.At) : new AccountBoardEvent.Parted(board, turn.At)));
        Send(turn, board, belongs ? new BoardWish.Join(turn.Account.Key.Affinity) : new BoardWish.Part(turn.Account.Key.Affinity));
    }

    private static void Achieve(TurnBuilder turn, CompiledGoal goal, string outcome, DateTimeOffset at)
    {
        var facts = turn.Context.Workspace.Facts;
        if (goal.When?.Holds(facts) == false)
        {
            return;
        }

        var amount = goal.Amount is null ? 1 : goal.Amount.Number(facts);
        if (amount is not { } counts || !double.IsFinite(counts))
        {
            return;
        }

        // A key of the business is one over all accounts only together with the account.
        var key = goal.Key?.TextOf(facts) is { Length: > 0 } once ? $"{turn.Account.Key.Affinity}//{once}" : outcome;
        turn.Add(new AccountEvent.OfBoard(new AccountBoardEvent.Achieved(goal.Board, key, counts, at)));
        Send(turn, goal.Board, new BoardWish.Achieve(turn.Account.Key.Affinity, key, counts, at));
    }

    /// <summary>What would have counted long before and did not: the board counts it now, once.</summary>
    public static void Achieved(TurnBuilder turn, Lateness.MissedOutcome outcome)
    {
        turn.Add(new AccountEvent.OfBoard(new AccountBoardEvent.Achieved(outcome.Board, outcome.Key, outcome.Amount, outcome.At)));
        Send(turn, outcome.Board, new BoardWish.Achieve(turn.Account.Key.Affinity, outcome.Key, outcome.Amount, outcome.At));
    }

    private static void Send(TurnBuilder turn, string board, BoardWish wish) =>
        turn.Add(new Effect.Send(new OwnerCommand.OfBoard(GrainKey.Owner(turn.Account.Key.Tenant, board), wish)));
}
