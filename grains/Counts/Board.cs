using System.Collections.Immutable;
using System.Diagnostics;
using NodaTime;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Counts;

/// <summary>What is counted over all accounts of a tenant: one grain for each count and each goal, so one order, so each account and each outcome counts once.</summary>
public sealed record Board
{
    /// <summary>How many accounts are told in one turn.</summary>
    public const int MostToldAtOnce = 100;

    /// <summary>Of how many periods outcomes are kept: one that comes late still counts for the period before.</summary>
    public const int MostPeriods = 2;

    public static readonly Board Empty = new();

    /// <summary>Accounts that count, or that want to know.</summary>
    public ImmutableSortedSet<string> Members { get; init; } = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    /// <summary>The highest number that was reached and told of; 0: none.</summary>
    public long Reached { get; init; }

    /// <summary>Oldest first.</summary>
    public ImmutableArray<GoalTally> Periods { get; init; } = [];

    public static Board Evolve(Board? board, BoardEvent @event)
    {
        var now = board ?? Empty;
        return @event switch
        {
            BoardEvent.Joined e => now with { Members = now.Members.Add(e.Account) },
            BoardEvent.Parted e => now with { Members = now.Members.Remove(e.Account) },
            BoardEvent.Reached e => now with { Reached = e.Level },
            BoardEvent.Achieved e => now with { Periods = Keep(now.Periods, e) },
            BoardEvent.GoalReached e => now with { Periods = [.. now.Periods.Select(p => p.Start == e.Start ? p with { ReachedAt = e.At } : p)] },
            _ => throw new UnreachableException(),
        };
    }

    /// <summary>What was achieved in the period that begins then; null: nothing, or too long ago.</summary>
    public GoalTally? TallyOf(DateTimeOffset start) => Periods.FirstOrDefault(p => p.Start == start);

    /// <summary>The calendar period that an instant falls into.</summary>
    public static (DateTimeOffset Start, DateTimeOffset End) PeriodOf(GoalPeriod period, DateTimeOffset at, DateTimeZone zone)
    {
        var date = Instant.FromDateTimeOffset(at).InZone(zone).Date;
        var start = period switch
        {
            GoalPeriod.Week => date.PlusDays(1 - (int)date.DayOfWeek),
            GoalPeriod.Month => new LocalDate(date.Year, date.Month, 1),
            GoalPeriod.Quarter => new LocalDate(date.Year, ((date.Month - 1) / 3 * 3) + 1, 1),
            GoalPeriod.Year => new LocalDate(date.Year, 1, 1),
        };
        var end = period switch
        {
            GoalPeriod.Week => start.PlusWeeks(1),
            GoalPeriod.Month => start.PlusMonths(1),
            GoalPeriod.Quarter => start.PlusMonths(3),
            GoalPeriod.Year => start.PlusYears(1),
        };
        return (start.AtStartOfDayInZone(zone).ToDateTimeOffset().ToUniversalTime(), end.AtStartOfDayInZone(zone).ToDateTimeOffset().ToUniversalTime());
    }

    private static ImmutableArray<GoalTally> Keep(ImmutableArray<GoalTally> periods, BoardEvent.Achieved e)
    {
        var tally = periods.FirstOrDefault(p => p.Start == e.Start) ?? new GoalTally(e.Start, GoalTally.None, null);
        var kept = periods.RemoveAll(p => p.Start == e.Start).Add(tally with { Outcomes = tally.Outcomes.SetItem(e.Key, e.Amount) });
        return [.. kept.OrderBy(p => p.Start).TakeLast(MostPeriods)];
    }
}

/// <summary>What was achieved in one period.</summary>
/// <param name="Outcomes">By what each is counted once by: the amount.</param>
/// <param name="ReachedAt">When the target was reached; null: not yet.</param>
public sealed record GoalTally(DateTimeOffset Start, ImmutableSortedDictionary<string, double> Outcomes, DateTimeOffset? ReachedAt)
{
    public static readonly ImmutableSortedDictionary<string, double> None = ImmutableSortedDictionary.Create<string, double>(StringComparer.Ordinal);

    public double Total => Outcomes.Values.Sum();
}

/// <summary>A fact about a count, or a goal.</summary>
public abstract record BoardEvent
{
    private BoardEvent()
    {
    }

    public sealed record Joined(string Account) : BoardEvent;

    public sealed record Parted(string Account) : BoardEvent;

    /// <summary>So many count now; they are told, and so is everybody who comes later.</summary>
    public sealed record Reached(long Level, DateTimeOffset At) : BoardEvent;

    /// <param name="Start">Of the period.</param>
    /// <param name="Key">What it is counted once by.</param>
    public sealed record Achieved(DateTimeOffset Start, string Key, double Amount) : BoardEvent;

    public sealed record GoalReached(DateTimeOffset Start, DateTimeOffset At) : BoardEvent;
}

/// <summary>What accounts, and the board itself, ask of a board.</summary>
public abstract record BoardWish
{
    private BoardWish()
    {
    }

    /// <summary>The account counts, or wants to know.</summary>
    public sealed record Join(string Account) : BoardWish;

    public sealed record Part(string Account) : BoardWish;

    /// <summary>An outcome of an account.</summary>
    public sealed record Achieve(string Account, string Key, double Amount, DateTimeOffset At) : BoardWish;

    /// <summary>The board goes on telling its members.</summary>
    /// <param name="After">The last one told.</param>
    public sealed record Spread(string After, long Level, DateTimeOffset? Until) : BoardWish;
}
