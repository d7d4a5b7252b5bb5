using System.Collections.Immutable;
using System.Diagnostics;
using Orchestrator.Grains.Standings;

namespace Orchestrator.Grains.Counts;

/// <summary>What an account knows of counts over all accounts, and of goals. Absent where the playbook has neither.</summary>
public sealed record AccountBoards
{
    public static readonly AccountBoards Empty = new();

    /// <summary>Boards that it counts at, or is told by.</summary>
    public ImmutableSortedSet<string> On { get; init; } = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    /// <summary>By board: what it was told last.</summary>
    public ImmutableSortedDictionary<string, BoardNews> Told { get; init; } = AccountStanding.Of<BoardNews>();

    public static AccountBoards Evolve(AccountBoards? boards, AccountBoardEvent @event)
    {
        var now = boards ?? Empty;
        return @event switch
        {
            AccountBoardEvent.Joined e => now with { On = now.On.Add(e.Board) },
            AccountBoardEvent.Parted e => now with { On = now.On.Remove(e.Board) },
            AccountBoardEvent.Told e => now with { Told = now.Told.SetItem(e.Board, e.News) },
            AccountBoardEvent.Achieved => now,
            _ => throw new UnreachableException(),
        };
    }
}

/// <summary>A number that was reached.</summary>
/// <param name="Level">Of a count: how many; of a goal: 1.</param>
/// <param name="Until">When the goal's period ends; null: it stays reached.</param>
public sealed record BoardNews(long Level, DateTimeOffset At, DateTimeOffset? Until);

/// <summary>A fact about an account and the counts over all accounts.</summary>
public abstract record AccountBoardEvent
{
    private AccountBoardEvent()
    {
    }

    /// <summary>It counts from now on, or wants to know.</summary>
    public sealed record Joined(string Board, DateTimeOffset At) : AccountBoardEvent;

    public sealed record Parted(string Board, DateTimeOffset At) : AccountBoardEvent;

    /// <summary>The number is reached.</summary>
    public sealed record Told(string Board, BoardNews News) : AccountBoardEvent;

    /// <summary>Something counts towards a goal.</summary>
    public sealed record Achieved(string Board, string Key, double Amount, DateTimeOffset At) : AccountBoardEvent;
}
