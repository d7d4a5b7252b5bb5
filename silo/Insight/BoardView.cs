using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Counts;
using Orchestrator.V1;
using Account = Orchestrator.Grains.Accounts.Account;
using Playbook = Orchestrator.Grains.Playbooks.Playbook;
using Team = Orchestrator.Grains.Owners.Team;

namespace Orchestrator.Silo.Insight;

/// <summary>What is counted over all accounts, in the form of the contract.</summary>
internal static class BoardView
{
    public static IEnumerable<AccountCount> Write(AccountBoards? boards, DateTimeOffset now) => boards is null ? [] : boards.On.Union(boards.Told.Keys).Select(board =>
    {
        var news = boards.Told.GetValueOrDefault(board);
        var over = news?.Until is { } until && until <= now;
        return new AccountCount
        {
            Name = BoardText.NameOf(board),
            Goal = board.StartsWith(BoardKind.Goal, StringComparison.Ordinal),
            Counted = boards.On.Contains(board),
            Reached = news is null || over ? 0 : news.Level,
            ReachedAt = news is null || over ? null : Timestamp.FromDateTimeOffset(news.At),
            Until = news is { Until: { } end } && !over ? Timestamp.FromDateTimeOffset(end) : null,
        };
    });

    /// <param name="team">Where the goal is counted.</param>
    public static TeamGoal Write(CompiledGoal goal, Playbook playbook, Team team, DateTimeOffset now)
    {
        var (start, end) = Board.PeriodOf(goal.Definition.Period, now, playbook.Policy.Zone);
        var tally = team.Board?.TallyOf(start);
        return new TeamGoal
        {
            Goal = goal.Definition.Id,
            Target = goal.Definition.Target,
            Achieved = tally?.Total ?? 0,
            Outcomes = tally?.Outcomes.Count ?? 0,
            PeriodStart = Timestamp.FromDateTimeOffset(start),
            PeriodEnd = Timestamp.FromDateTimeOffset(end),
            ReachedAt = tally?.ReachedAt is { } at ? Timestamp.FromDateTimeOffset(at) : null,
            AchievedBefore = team.Board?.Periods.LastOrDefault(p => p.Start < start)?.Total ?? 0,
        };
    }
}
