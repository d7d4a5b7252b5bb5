using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Silo.Delivery;

/// <summary>Builds the contract's action from an open one; called outside the hub's lock, from the reader's context.</summary>
/// <param name="owner">Who within the department must act; empty if nobody is assigned.</param>
public delegate V1.Action DescribeAction(OpenAction action, GrainKey account, string owner, IReadOnlyList<PersonName> identifiers);

/// <summary>
/// Gives open actions to consumers under lease, and takes back what became of them (DESIGN.md section 9; README.md here has the states).
/// The account is the durable truth; leases live in memory only: after a restart every open action is offered again under the same id.
/// At least once, one live lease an action at any time, one an account and subscription, in the order decided.
/// </summary>
/// <remarks>
/// All members are safe from any thread. One lock guards all state; nothing is awaited, built, signed or written under it. Validity and delays run on the
/// business clock, leases on the lease clock, which is real and monotonic: rehearsing two years in minutes must not shorten anybody's 30 s.
/// <see cref="Offer"/> and <see cref="Withdraw"/> are called in commit order for each account.
/// </remarks>
public sealed partial class DeliveryHub : IDelivery, IDisposable
{
    private readonly Lock gate = new();
    private readonly ISettle accounts;
    private readonly DescribeAction describe;
    private readonly AckIds acks;
    private readonly TimeProvider business;
    private readonly TimeProvider leaseClock;
    private readonly DeliveryOptions options;
    private readonly DeliveryMeter meter;
    private readonly Dictionary<GrainKey, Lane> lanes = [];
    private readonly Dictionary<RouteKey, Route> routes = [];
    private readonly List<Feed> dirty = [];
    private int open;
    private long lastGrant;
    private TimeSpan? draining;
    private bool disposed;

    /// <param name="accounts">Where settlements go.</param>
    /// <param name="describe">Looks up content and the rest of the contract's action.</param>
    /// <param name="ackKey">The store's secret for ack ids, 16 bytes or more; the same on all silos and after each restart.</param>
    /// <param name="business">Tells validity and delays; may run fast.</param>
    /// <param name="leaseClock">Tells leases; real time.</param>
    public DeliveryHub(ISettle accounts, DescribeAction describe, ReadOnlySpan<byte> ackKey, TimeProvider business, TimeProvider leaseClock, DeliveryOptions? options = null)
    {
        this.accounts = accounts;
        this.describe = describe;
        this.business = business;
        this.leaseClock = leaseClock;
        this.options = options ?? new();
        acks = new(ackKey);
        meter = new(() => OpenActions);
        lastGrant = this.options.Incarnation ?? leaseClock.GetUtcNow().UtcTicks;
        leaseOrigin = leaseClock.GetTimestamp();
        validityTimer = business.CreateTimer(static hub => ((DeliveryHub)hub!).OnValidityTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        leaseTimer = leaseClock.CreateTimer(static hub => ((DeliveryHub)hub!).OnLeaseTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Actions in memory, leased or waiting.</summary>
    public int OpenActions
    {
        get
        {
            lock (gate)
            {
                return open;
            }
        }
    }

    /// <summary>Live leases.</summary>
    public int Outstanding { get; private set; }

    /// <inheritdoc/>
    public TimeProvider LeaseClock => leaseClock;

    /// <inheritdoc/>
    public DeliveryOptions Options => options;

    /// <summary>An account has this action open: deliver it. Offering again is harmless, updates it, and ends a wait after it was given back.</summary>
    /// <param name="owner">Who within the department must act; empty if nobody is assigned. Fixed for the life of an action here.</param>
    public void Offer(GrainKey account, OpenAction action, IReadOnlyList<PersonName> identifiers, string owner = "")
    {
        lock (gate)
        {
            meter.Offered.Add(1);
            var now = business.GetUtcNow();
            if (now >= action.ValidUntil)
            {
                // The account ends it by its own timer; whoever holds it from an earlier offer hears from ours.
                return;
            }

            if (Find(account, action.Id) is { } tracked)
            {
                OfferAgain(tracked, action, identifiers);
            }
            else
            {
                tracked = Track(account, action, identifiers, owner);
            }

            SetValidityDue(tracked, now);
            Touch(tracked);
            PumpAll();
        }
    }

    /// <summary>The action is no longer wanted: it is not delivered any more, and its holder is told why.</summary>
    public void Withdraw(GrainKey account, string actionId, string reason)
    {
        lock (gate)
        {
            if (Find(account, actionId) is { } action)
            {
                End(action, reason);
                PumpAll();
            }
        }
    }

    /// <summary>These accounts are another silo's now, which offers their actions itself. Their leases are dropped without a word to the holders: an ack id settles anywhere.</summary>
    public void Forget(Predicate<GrainKey> moved)
    {
        lock (gate)
        {
            foreach (var action in lanes.Values.Where(l => moved(l.Account)).SelectMany(l => l.Actions.ToArray(), (_, place) => place.Action).ToArray())
            {
                if (action.Lease is { } lease)
                {
                    EndLease(lease);
                }

                Untrack(action);
            }

            PumpAll();
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            disposed = true;
        }

        leaseTimer.Dispose();
        validityTimer.Dispose();
        meter.Dispose();
    }

    private void OfferAgain(TrackedAction tracked, OpenAction action, IReadOnlyList<PersonName> identifiers)
    {
        var returned = action.Attempt > tracked.Action.Attempt;
        tracked.Identifiers = identifiers;
        tracked.Action = action;
        tracked.Attempt = Math.Max(tracked.Attempt, action.Attempt);
        tracked.Returned &= action.Attempt < tracked.Attempt;
        if (returned && !tracked.Settling && tracked.Lease is { } lease && lease.Attempt <= action.Attempt)
        {
            // Its holder gave it back, and we never heard that the account had taken that.
            (tracked.ReturnedGrants ??= []).Add(lease.Grant);
            EndLease(lease);
        }
    }

    private TrackedAction? Find(GrainKey account, string id) => lanes.TryGetValue(account, out var lane) ? lane.Find(id) : null;

    private TrackedAction? Find(in ActionKey key) => Find(key.Account, key.Id);

    private TrackedAction Track(GrainKey account, OpenAction action, IReadOnlyList<PersonName> identifiers, string owner)
    {
        if (!lanes.TryGetValue(account, out var lane))
        {
            lanes.Add(account, lane = new(account));
        }

        var tracked = new TrackedAction(action, identifiers, RouteOf(new(account.Tenant, action.Channel, action.Department, owner)), lane)
        {
            Settling = settling.Count > 0 && settling.ContainsKey(new(account, action.Id)),
        };
        lane.Add(tracked);
        tracked.Route.Add(tracked);
        open++;
        return tracked;
    }

    private Route RouteOf(RouteKey key)
    {
        if (!routes.TryGetValue(key, out var route))
        {
            routes.Add(key, route = new(key));
            foreach (var feed in feeds.Values)
            {
                Connect(route, feed);
            }
        }

        return route;
    }

    /// <summary>The action is over for delivery: tells its holder, and forgets it. Waits while a settlement is on its way, whose answer decides.</summary>
    private void End(TrackedAction action, string reason)
    {
        if (action.Settling)
        {
            action.OverBecause = reason;
            action.DueAt = TrackedAction.Never;
            return;
        }

        if (action.Lease is { } lease)
        {
            Revoke(lease, reason);
        }

        Untrack(action);
    }

    private void Revoke(Lease lease, string reason)
    {
        if (lease.Consumer is { Closed: false } consumer && !lease.Unread)
        {
            consumer.Revocations.Add(new(lease.Action.Id, reason));
            consumer.Bell.Ring();
        }

        EndLease(lease);
    }

    private void Untrack(TrackedAction action)
    {
        open--;
        var lane = action.Lane;
        lane.Remove(action);
        if (lane.Count == 0)
        {
            validity.Remove(lane);
            lanes.Remove(lane.Account);
        }

        var route = action.Route;
        route.Remove(action);
        foreach (var feed in route.Feeds)
        {
            // What it held back may go now; a feed must not keep a lane that has nothing for it.
            if (lane.Has(feed.Routes))
            {
                feed.Enqueue(lane);
                MarkDirty(feed);
            }
            else
            {
                feed.Forget(lane);
            }
        }

        RemoveIfIdle(route);
    }

    /// <summary>A route that some filter matches is kept when empty: finding its feeds anew for each action would cost as much as there are feeds.</summary>
    private void RemoveIfIdle(Route route)
    {
        if (route.Actions.Count == 0 && route.Feeds.Count == 0)
        {
            routes.Remove(route.Key);
        }
    }
}
