using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Silo.Delivery;

/// <summary>Names an action: ids are stable, and unique within their account.</summary>
internal readonly record struct ActionKey(GrainKey Account, string Id);

/// <summary>An open action as delivery sees it; the account has the durable one. Guarded by the hub's lock.</summary>
internal sealed class TrackedAction(OpenAction action, IReadOnlyList<PersonName> identifiers, Route route, Lane lane)
{
    /// <summary><see cref="DueAt"/> of what is not due any more.</summary>
    public const long Never = long.MaxValue;

    public string Id => Action.Id;

    public GrainKey Account => Lane.Account;

    public OpenAction Action { get; set; } = action;

    public IReadOnlyList<PersonName> Identifiers { get; set; } = identifiers;

    public Route Route { get; } = route;

    public Lane Lane { get; } = lane;

    /// <summary>Ticks of the business clock: the next of "may be delivered" and "is over", or <see cref="Never"/>. What is due first in a lane is the lane's to say.</summary>
    public long DueAt { get; set; } = Never;

    /// <summary>Deliveries so far: those that the account journaled, and those since.</summary>
    public int Attempt { get; set; } = action.Attempt;

    /// <summary>Index among the actions of the route.</summary>
    public int PlaceInRoute { get; set; }

    /// <summary>The one live lease, or null. There is no other place to keep a second.</summary>
    public Lease? Lease { get; set; }

    /// <summary>A settlement is on its way to the account: nothing else may happen to the action until it is answered.</summary>
    public bool Settling { get; set; }

    /// <summary>Given back and journaled so; waits for the account to offer it again.</summary>
    public bool Returned { get; set; }

    /// <summary>Why it is over, learnt while a settlement was on its way.</summary>
    public string? OverBecause { get; set; }

    /// <summary>The consumer that let it lapse last.</summary>
    public Consumer? LapsedBy { get; set; }

    /// <summary>Leases whose holder gave it back: those ack ids stay settled.</summary>
    public List<long>? ReturnedGrants { get; set; }
}

/// <summary>One grant of one action. Its due time (lease clock) is when it lapses. Guarded by the hub's lock.</summary>
internal sealed class Lease(TrackedAction action, Consumer? consumer, long grant, int attempt) : Due
{
    public TrackedAction Action { get; } = action;

    /// <summary>Who holds it; null when it was given to the caller of a decision.</summary>
    public Consumer? Consumer { get; } = consumer;

    public long Grant { get; } = grant;

    public int Attempt { get; } = attempt;

    /// <summary>Waits in the consumer's outbox: nobody has seen it yet.</summary>
    public bool Unread { get; set; } = consumer is not null;

    public bool Live { get; set; } = true;
}
