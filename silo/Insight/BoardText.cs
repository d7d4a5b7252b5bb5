using System.Diagnostics;
using Orchestrator.Grains.Counts;

namespace Orchestrator.Silo.Insight;

/// <summary>What is counted over all accounts, in the reader's words.</summary>
internal static class BoardText
{
    public static string KindOf(AccountBoardEvent fact) => fact switch
    {
        AccountBoardEvent.Joined or AccountBoardEvent.Parted => "counted",
        AccountBoardEvent.Told => "reached",
        AccountBoardEvent.Achieved => "goal",
        _ => throw new UnreachableException(),
    };

    public static string SentenceOf(AccountBoardEvent fact) => fact switch
    {
        AccountBoardEvent.Joined { Board: var b } when IsGoal(b) => $"The account is told when goal `{NameOf(b)}` is reached.",
        AccountBoardEvent.Parted { Board: var b } when IsGoal(b) => $"The account is not told of goal `{NameOf(b)}` any more.",
        AccountBoardEvent.Joined e => $"The account counts as one of `{NameOf(e.Board)}`.",
        AccountBoardEvent.Parted e => $"The account does not count as one of `{NameOf(e.Board)}` any more.",
        AccountBoardEvent.Told { News.Until: { } until } e => $"Goal `{NameOf(e.Board)}` is reached, for the period until {InstantForm.Show(until)}.",
        AccountBoardEvent.Told e => $"There are {e.News.Level} of `{NameOf(e.Board)}` by now.",
        AccountBoardEvent.Achieved e => $"{Explanation.Number(e.Amount)} counts towards goal `{NameOf(e.Board)}`.",
        _ => throw new UnreachableException(),
    };

    public static string NameOf(string board) => board[(board.IndexOf(':', StringComparison.Ordinal) + 1)..];

    private static bool IsGoal(string board) => board.StartsWith(BoardKind.Goal, StringComparison.Ordinal);
}
