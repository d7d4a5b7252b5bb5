using System.Diagnostics;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Owners;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Counts;

/// <summary>How a board answers: it counts, and tells its members once a number is reached, so many in a turn.</summary>
internal static class BoardTurn
{
    public static Verdict Decide(Team team, OwnerCommand.OfBoard command, in TurnContext context)
    {
        var board = team.Board ?? Board.Empty;
        var playbook = context.Playbooks.Current(team.Key.Tenant);
        return command.Wish switch
        {
            BoardWish.Join w => Join(team, board, playbook, w.Account, context.Now),
            BoardWish.Part w => board.Members.Contains(w.Account) ? Accept(team, [new BoardEvent.Parted(w.Account)], []) : Accept(team, [], []),
            BoardWish.Achieve w => Achieve(team, board, playbook, w, context.Now),
            BoardWish.Spread w => Spread(team, board, w.After, w.Level, w.Until, []),
            _ => throw new UnreachableException(),
        };
    }

    private static Verdict Join(Team team, Board board, Playbook? playbook, string account, DateTimeOffset now)
    {
        List<BoardEvent> events = board.Members.Contains(account) ? [] : [new BoardEvent.Joined(account)];
        var after = events.Count > 0 ? Board.Evolve(board, events[0]) : board;
        if (GoalOf(team, playbook) is { } goal)
        {
            var (start, end) = Board.PeriodOf(goal.Definition.Period, now, playbook!.Policy.Zone);
            return Accept(team, events, after.TallyOf(start) is { ReachedAt: not null } ? [Tell(team, account, 1, end)] : []);
        }

        if (CountOf(team, playbook) is not { } count)
        {
            return Accept(team, events, []);
        }

        var level = count.Definition.AtLeast;
        if (after.Reached >= level)
        {
            return Accept(team, events, [Tell(team, account, after.Reached, null)]);
        }

        if (after.Members.Count < level)
        {
            return Accept(team, events, []);
        }

        events.Add(new BoardEvent.Reached(level, now));
        return Spread(team, after, "", level, null, events);
    }

    /// <summary>Late ones count for the period that they fall into, if that is still kept.</summary>
    private static Verdict Achieve(Team team, Board board, Playbook? playbook, BoardWish.Achieve wish, DateTimeOffset now)
    {
        if (GoalOf(team, playbook) is not { } goal)
        {
            return Accept(team, [], []);
        }

        var (start, end) = Board.PeriodOf(goal.Definition.Period, wish.At, playbook!.Policy.Zone);
        if (board.Periods.Length == Board.MostPeriods && start < board.Periods[0].Start)
        {
            return Accept(team, [], []);
        }

        var tally = board.TallyOf(start);
        if (tally is not null && tally.Outcomes.TryGetValue(wish.Key, out var known) && known.Equals(wish.Amount))
        {
            return Accept(team, [], []);
        }

        List<BoardEvent> events = [new BoardEvent.Achieved(start, wish.Key, wish.Amount)];
        var after = Board.Evolve(board, events[0]);
        if (tally?.ReachedAt is not null || after.TallyOf(start) is not { } reached || reached.Total < goal.Definition.Target)
        {
            return Accept(team, events, []);
        }

        events.Add(new BoardEvent.GoalReached(start, now));
        return end > now ? Spread(team, after, "", 1, end, events) : Accept(team, events, []);
    }

    private static Verdict Spread(Team team, Board board, string after, long level, DateTimeOffset? until, List<BoardEvent> events)
    {
        var messages = new List<GrainCommand>();
        var last = after;
        // The set is sorted: the first one after the last told is found without a look at those before.
        var from = after.Length == 0 ? 0 : board.Members.IndexOf(after) is var at && at >= 0 ? at + 1 : ~at;
        for (var i = from; i < board.Members.Count && messages.Count < Board.MostToldAtOnce; i++)
        {
            last = board.Members[i];
            messages.Add(Tell(team, last, level, until));
        }

        if (messages.Count == Board.MostToldAtOnce)
        {
            messages.Add(new OwnerCommand.OfBoard(team.Key, new BoardWish.Spread(last, level, until)));
        }

        return Accept(team, events, messages);
    }

    private static AccountCommand.TellBoard Tell(Team team, string account, long level, DateTimeOffset? until) =>
        new(GrainKey.Account(team.Key.Tenant, account), team.Department, level, until);

    private static CompiledCount? CountOf(Team team, Playbook? playbook) => playbook?.Counts.FirstOrDefault(c => c.Board == team.Department);

    private static CompiledGoal? GoalOf(Team team, Playbook? playbook) => playbook?.Goals.FirstOrDefault(g => g.Board == team.Department);

    private static Verdict.Accepted Accept(Team team, IReadOnlyList<BoardEvent> events, IReadOnlyList<GrainCommand> messages) => new(
        [.. events.Select(e => new Fact(team.Key, new OwnerEvent.OfBoard(e)))],
        [],
        [.. messages.Select(m => new Effect.Send(m))],
        Answer.Nothing.Instance);
}
