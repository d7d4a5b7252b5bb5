using System.Collections.Immutable;
using System.Diagnostics;
using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Grains.Owners;

/// <summary>
/// The people of a department, with what each has in hand: one grain, so one order, so nobody is ever given more than they can carry however many accounts ask at
/// a time. Who they are and how much they can carry the playbook says; here stands only what they were given.
/// </summary>
public sealed record Team : GrainState
{
    /// <summary>How many accounts may wait for room; those beyond ask again with their next signal.</summary>
    public const int MostWaiting = 10_000;

    private Team(GrainKey key)
        : base(key)
    {
    }

    /// <summary>In the order given.</summary>
    public ImmutableArray<InHand> InHand { get; init; } = [];

    /// <summary>Accounts that were refused, first come first.</summary>
    public ImmutableArray<WaitingAccount> Waiting { get; init; } = [];

    /// <summary>Who was given something when, as a number that rises with each; sorted by owner.</summary>
    public ImmutableArray<LastGiven> Given { get; init; } = [];

    /// <summary>What it counts over all accounts; null: it is a department's people.</summary>
    public Counts.Board? Board { get; init; }

    public string Department => Key.Affinity[GrainKey.OwnerPrefix.Length..];

    public static Team Empty(GrainKey key) => new(key);

    public static Team Evolve(Team team, OwnerEvent @event) => @event switch
    {
        OwnerEvent.Taken e => team with { InHand = team.InHand.Add(e.InHand), Given = Give(team.Given, e.InHand.Owner), Waiting = Without(team.Waiting, e.InHand.Account) },
        OwnerEvent.Released e => team with { InHand = team.InHand.RemoveAll(h => h.Action == e.Action) },
        OwnerEvent.Moved e => team with { InHand = [.. team.InHand.Select(h => h.Action == e.Action ? h with { Owner = e.Owner } : h)] },
        OwnerEvent.Queued e => team with { Waiting = Without(team.Waiting, e.Waiting.Account).Add(e.Waiting) },
        OwnerEvent.OfBoard e => team with { Board = Counts.Board.Evolve(team.Board, e.Event) },
        OwnerEvent.Called e => team with { Waiting = Without(team.Waiting, e.Account) },
        _ => throw new UnreachableException(),
    };

    /// <summary>How many actions this owner has in hand.</summary>
    public int LoadOf(string owner) => InHand.Count(h => h.Owner == owner);

    private static ImmutableArray<WaitingAccount> Without(ImmutableArray<WaitingAccount> waiting, string account) => waiting.RemoveAll(w => w.Account == account);

    private static ImmutableArray<LastGiven> Give(ImmutableArray<LastGiven> given, string owner) =>
        [.. given.RemoveAll(g => g.Owner == owner).Add(new LastGiven(owner, given.Length == 0 ? 1 : given.Max(g => g.Number) + 1)).OrderBy(g => g.Owner, StringComparer.Ordinal)];
}

/// <summary>An action that somebody of the department has in hand.</summary>
/// <param name="Owner">Empty: nobody in particular.</param>
public sealed record InHand(string Action, string Account, string Owner, DateTimeOffset At);

/// <summary>An account that waits for room.</summary>
/// <param name="Owner">For whose; empty: anybody's.</param>
public sealed record WaitingAccount(string Account, string Owner, DateTimeOffset Since);

/// <summary>When an owner was last given something, so that those with as much in hand take turns.</summary>
public sealed record LastGiven(string Owner, long Number);

/// <summary>What a team can be asked to do.</summary>
public abstract record OwnerCommand : GrainCommand
{
    private OwnerCommand(GrainKey target)
        : base(target)
    {
    }

    /// <summary>An action was chosen for somebody of the department.</summary>
    /// <param name="Account">Who asks.</param>
    /// <param name="Owner">Who acts for the account there; empty: whoever has most room.</param>
    public sealed record Take(GrainKey Team, string Account, string Action, string Owner) : OwnerCommand(Team)
    {
        /// <summary>It had been given before the account was merged, and is in these hands again, room or not: nobody waits for the answer.</summary>
        public bool Again { get; init; }
    }

    /// <summary>The action is over.</summary>
    public sealed record Release(GrainKey Team, string Action) : OwnerCommand(Team);

    /// <summary>An action went over to somebody else, since a person said so: whoever gets it may then have more than they can carry, and gets nothing further.</summary>
    public sealed record Move(GrainKey Team, string Action, string Owner) : OwnerCommand(Team);

    /// <summary>An account that was told of room wants nothing of it: the next one may.</summary>
    public sealed record Pass(GrainKey Team) : OwnerCommand(Team);

    /// <summary>Something about what is counted over all accounts.</summary>
    public sealed record OfBoard(GrainKey Board, Counts.BoardWish Wish) : OwnerCommand(Board);
}

/// <summary>A fact about a team.</summary>
public abstract record OwnerEvent : GrainEvent
{
    private OwnerEvent()
    {
    }

    public sealed record Taken(InHand InHand) : OwnerEvent;

    public sealed record Released(string Action, DateTimeOffset At) : OwnerEvent;

    public sealed record Moved(string Action, string Owner) : OwnerEvent;

    public sealed record Queued(WaitingAccount Waiting) : OwnerEvent;

    public sealed record Called(string Account, DateTimeOffset At) : OwnerEvent;

    public sealed record OfBoard(Counts.BoardEvent Event) : OwnerEvent;
}
