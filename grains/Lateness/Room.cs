using System.Collections.Immutable;
using Orchestrator.Grains.Customers;
using Orchestrator.Grains.Dealings;
using Orchestrator.Grains.Stages;
using Orchestrator.Grains.Standings;
using Orchestrator.Grains.Support;

namespace Orchestrator.Grains.Lateness;

/// <summary>A part of what an account keeps, put right by itself. Stored: never renumber.</summary>
public enum Room
{
    /// <summary>Deals with their answers and flags, and a transition that waits for answers.</summary>
    Deals = 1,

    Promises = 2,

    /// <summary>Insights, and notes that go along with a handoff.</summary>
    Insights = 3,

    Feedback = 4,

    /// <summary>Who acts in each department, and handoffs that came back.</summary>
    Owners = 5,

    Milestones = 6,

    /// <summary>Purchases, answers to surveys, the contract, expansion, who brought it, self-service.</summary>
    Customer = 7,

    /// <summary>Tickets and incidents.</summary>
    Support = 8,

    /// <summary>Stays in the recycle pool: attempts, yield, cost saved.</summary>
    Recycling = 9,

    /// <summary>Entries that are counted, reassignment, first touch, the reason for the stage.</summary>
    Way = 10,

    /// <summary>Journeys beside the main one, and the ways into them.</summary>
    Journeys = 11,

    /// <summary>Activity of the buying group, and roles for single offerings.</summary>
    BuyingGroup = 12,
}

/// <summary>What a room would be. Of the states only those parts count that are the room's; null: empty.</summary>
public sealed record RoomState
{
    public static readonly RoomState Empty = new();

    public AccountDealings? Dealings { get; init; }

    public Customer? Customer { get; init; }

    public SupportState? Support { get; init; }

    public Journey? Journey { get; init; }

    /// <summary>Of activity only the people who differ.</summary>
    public AccountStanding? Standing { get; init; }
}

/// <summary>A room that would be otherwise.</summary>
/// <param name="Changes">What differs, in words; at most <see cref="Rooms.MostChanges"/>.</param>
public sealed record RederivedRoom(Room Room, RoomState Would, ImmutableArray<string> Changes);

/// <summary>What was put right in a room.</summary>
/// <param name="Changes">In words; at most <see cref="Rooms.MostChanges"/>.</param>
public sealed record CorrectedRoom(Room Room, ImmutableArray<string> Changes);
