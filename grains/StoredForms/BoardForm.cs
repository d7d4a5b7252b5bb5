using System.Collections.Immutable;
using System.Diagnostics;
using Orchestrator.Grains.Counts;
using Orchestrator.Grains.Standings;
using Orchestrator.V1;
using AccountStanding = Orchestrator.Grains.Standings.AccountStanding;

namespace Orchestrator.Grains.StoredForms;

/// <summary>What is counted over all accounts, as stored.</summary>
internal static class BoardForm
{
    public static StoredBoardEvent Write(BoardEvent @event) => @event switch
    {
        BoardEvent.Joined e => new() { Joined = e.Account },
        BoardEvent.Parted e => new() { Parted = e.Account },
        BoardEvent.Reached e => new() { Reached = new() { Level = e.Level, At = Ticks.Of(e.At) } },
        BoardEvent.Achieved e => new() { Achieved = new() { Start = Ticks.Of(e.Start), Key = e.Key, Amount = e.Amount } },
        BoardEvent.GoalReached e => new() { GoalReached = new() { Start = Ticks.Of(e.Start), At = Ticks.Of(e.At) } },
        _ => throw new UnreachableException(),
    };

    public static BoardEvent Read(StoredBoardEvent stored) => stored.KindCase switch
    {
        StoredBoardEvent.KindOneofCase.Joined => new BoardEvent.Joined(stored.Joined),
        StoredBoardEvent.KindOneofCase.Parted => new BoardEvent.Parted(stored.Parted),
        StoredBoardEvent.KindOneofCase.Reached => new BoardEvent.Reached(stored.Reached.Level, Ticks.Instant(stored.Reached.At)),
        StoredBoardEvent.KindOneofCase.Achieved when stored.Achieved is { } e => new BoardEvent.Achieved(Ticks.Instant(e.Start), e.Key, e.Amount),
        StoredBoardEvent.KindOneofCase.GoalReached => new BoardEvent.GoalReached(Ticks.Instant(stored.GoalReached.Start), Ticks.Instant(stored.GoalReached.At)),
        _ => throw new InvalidDataException("a fact about a count has a form that this version does not know"),
    };

    public static StoredBoard? Write(Board? board) => board is null ? null : new()
    {
        Members = { board.Members },
        Reached = board.Reached,
        Periods = { board.Periods.Select(Write) },
    };

    public static Board? Read(StoredBoard? stored) => stored is null ? null : Board.Empty with
    {
        Members = Board.Empty.Members.Union(stored.Members),
        Reached = stored.Reached,
        Periods = [.. stored.Periods.Select(p => new GoalTally(Ticks.Instant(p.Start), GoalTally.None.AddRange(p.Outcomes), p.HasReachedAt ? Ticks.Instant(p.ReachedAt) : null))],
    };

    public static StoredBoardWish Write(BoardWish wish) => wish switch
    {
        BoardWish.Join w => new() { Join = w.Account },
        BoardWish.Part w => new() { Part = w.Account },
        BoardWish.Achieve w => new() { Achieve = new() { Account = w.Account, Key = w.Key, Amount = w.Amount, At = Ticks.Of(w.At) } },
        BoardWish.Spread w => new() { Spread = Write(w) },
        _ => throw new UnreachableException(),
    };

    public static BoardWish Read(StoredBoardWish stored) => stored.KindCase switch
    {
        StoredBoardWish.KindOneofCase.Join => new BoardWish.Join(stored.Join),
        StoredBoardWish.KindOneofCase.Part => new BoardWish.Part(stored.Part),
        StoredBoardWish.KindOneofCase.Achieve when stored.Achieve is { } w => new BoardWish.Achieve(w.Account, w.Key, w.Amount, Ticks.Instant(w.At)),
        StoredBoardWish.KindOneofCase.Spread when stored.Spread is { } w => new BoardWish.Spread(w.After, w.Level, w.HasUntil ? Ticks.Instant(w.Until) : null),
        _ => throw new InvalidDataException("a message about a count has a form that this version does not know"),
    };

    public static StoredBoardTold Write(Accounts.AccountCommand.TellBoard command)
    {
        var stored = new StoredBoardTold { Board = command.Board, Level = command.Level };
        if (command.Until is { } until)
        {
            stored.Until = Ticks.Of(until);
        }

        return stored;
    }

    public static Accounts.AccountCommand.TellBoard Read(StoredBoardTold stored, Partitioning.GrainKey target) =>
        new(target, stored.Board, stored.Level, stored.HasUntil ? Ticks.Instant(stored.Until) : null);

    public static StoredAccountBoardEvent Write(AccountBoardEvent @event) => @event switch
    {
        AccountBoardEvent.Joined e => new() { Joined = new() { Board = e.Board, At = Ticks.Of(e.At) } },
        AccountBoardEvent.Parted e => new() { Parted = new() { Board = e.Board, At = Ticks.Of(e.At) } },
        AccountBoardEvent.Told e => new() { Told = Write(e.Board, e.News) },
        AccountBoardEvent.Achieved e => new() { Achieved = new() { Board = e.Board, Key = e.Key, Amount = e.Amount, At = Ticks.Of(e.At) } },
        _ => throw new UnreachableException(),
    };

    public static AccountBoardEvent Read(StoredAccountBoardEvent stored) => stored.KindCase switch
    {
        StoredAccountBoardEvent.KindOneofCase.Joined => new AccountBoardEvent.Joined(stored.Joined.Board, Ticks.Instant(stored.Joined.At)),
        StoredAccountBoardEvent.KindOneofCase.Parted => new AccountBoardEvent.Parted(stored.Parted.Board, Ticks.Instant(stored.Parted.At)),
        StoredAccountBoardEvent.KindOneofCase.Told => new AccountBoardEvent.Told(stored.Told.Board, Read(stored.Told)),
        StoredAccountBoardEvent.KindOneofCase.Achieved when stored.Achieved is { } e => new AccountBoardEvent.Achieved(e.Board, e.Key, e.Amount, Ticks.Instant(e.At)),
        _ => throw new InvalidDataException("a fact about an account and a count has a form that this version does not know"),
    };

    public static StoredAccountBoards? Write(AccountBoards? boards) => boards is null ? null : new()
    {
        On = { boards.On },
        Told = { boards.Told.Select(t => Write(t.Key, t.Value)) },
    };

    public static AccountBoards? Read(StoredAccountBoards? stored) => stored is null ? null : AccountBoards.Empty with
    {
        On = AccountBoards.Empty.On.Union(stored.On),
        Told = AccountStanding.Of<BoardNews>().AddRange(stored.Told.Select(t => KeyValuePair.Create(t.Board, Read(t)))),
    };

    private static StoredBoardNews Write(string board, BoardNews news)
    {
        var stored = new StoredBoardNews { Board = board, Level = news.Level, At = Ticks.Of(news.At) };
        if (news.Until is { } until)
        {
            stored.Until = Ticks.Of(until);
        }

        return stored;
    }

    private static BoardNews Read(StoredBoardNews stored) => new(stored.Level, Ticks.Instant(stored.At), stored.HasUntil ? Ticks.Instant(stored.Until) : null);

    private static StoredBoardSpread Write(BoardWish.Spread wish)
    {
        var stored = new StoredBoardSpread { After = wish.After, Level = wish.Level };
        if (wish.Until is { } until)
        {
            stored.Until = Ticks.Of(until);
        }

        return stored;
    }

    private static StoredGoalTally Write(GoalTally tally)
    {
        var stored = new StoredGoalTally { Start = Ticks.Of(tally.Start), Outcomes = { tally.Outcomes } };
        if (tally.ReachedAt is { } at)
        {
            stored.ReachedAt = Ticks.Of(at);
        }

        return stored;
    }
}
