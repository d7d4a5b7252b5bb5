namespace Orchestrator.Silo.Delivery;

/// <summary>All actions that agree in what filters look at. Guarded by the hub's lock.</summary>
internal sealed class Route(RouteKey key)
{
    private readonly List<TrackedAction> actions = [];
    private int first;

    public RouteKey Key { get; } = key;

    /// <summary>The feeds whose filter matches.</summary>
    public List<Feed> Feeds { get; } = [];

    /// <summary>In no order that means anything.</summary>
    public IReadOnlyList<TrackedAction> Actions => actions;

    public void Add(TrackedAction action)
    {
        action.PlaceInRoute = actions.Count;
        actions.Add(action);
    }

    /// <summary>The last one takes its place.</summary>
    public void Remove(TrackedAction action)
    {
        var last = actions[^1];
        actions[action.PlaceInRoute] = last;
        last.PlaceInRoute = action.PlaceInRoute;
        actions.RemoveAt(actions.Count - 1);
    }

    /// <summary>Where to begin among <see cref="Feeds"/> this time: each feed is first in turn.</summary>
    public int NextFirst() => Feeds.Count == 0 ? 0 : first = (first + 1) % Feeds.Count;
}

/// <summary>
/// The queue behind one filter of one tenant; subscriptions with equal filters share it. Offering an action costs one step for each distinct filter
/// that matches it, however many subscriptions and consumers there are. Guarded by the hub's lock.
/// </summary>
internal sealed class Feed(string tenant, DeliveryFilter filter)
{
    private readonly LinkedList<Lane> waiting = new();
    private readonly Dictionary<Lane, LinkedListNode<Lane>> places = [];
    private readonly Queue<Subscription> ready = new();

    public string Tenant { get; } = tenant;

    public DeliveryFilter Filter { get; } = filter;

    public HashSet<Route> Routes { get; } = [];

    public int Subscriptions { get; set; }

    /// <summary>Accounts with a live lease here: one unsettled action at a time.</summary>
    public HashSet<Lane> Held { get; } = [];

    /// <summary>Queued for a pump in this critical section.</summary>
    public bool Dirty { get; set; }

    /// <summary>Consumers that share their credit with other silos' hubs.</summary>
    public List<Consumer> Shared { get; } = [];

    public bool CanPump => waiting.Count > 0 && ready.Count > 0;

    public int Waiting => waiting.Count;

    public bool IsWaiting(Lane lane) => places.ContainsKey(lane);

    public bool WaitsOnlyFor(IEnumerable<Lane> lanes) => places.Keys.All(lanes.ToHashSet().Contains);

    /// <summary>Something changed for this account: it may have an action to give.</summary>
    public void Enqueue(Lane lane)
    {
        if (!Held.Contains(lane) && !places.ContainsKey(lane))
        {
            places.Add(lane, waiting.AddLast(lane));
        }
    }

    public Lane Dequeue()
    {
        var lane = waiting.First!.Value;
        waiting.RemoveFirst();
        places.Remove(lane);
        return lane;
    }

    /// <summary>Puts a lane back in front: it had an action and there was nobody to take it.</summary>
    public void PutBack(Lane lane) => places.Add(lane, waiting.AddFirst(lane));

    public void Forget(Lane lane)
    {
        if (places.Remove(lane, out var place))
        {
            waiting.Remove(place);
        }
    }

    /// <summary>
    /// The next action of this account for this feed, or null. Strictly in the order decided: one that waits (given back, or not to be delivered yet)
    /// holds back what was decided after it, save transactional actions, which nothing but a live lease delays. Actions that are with another
    /// subscription, or were asked for, hold back nothing.
    /// </summary>
    public TrackedAction? Candidate(Lane lane, DateTimeOffset now)
    {
        if (Held.Contains(lane))
        {
            return null;
        }

        var heldBack = false;
        foreach (ref readonly var place in lane.Actions)
        {
            var action = place.Action;
            if (action.Action.Asked || !Routes.Contains(action.Route) || action.Lease is not null || (now >= action.Action.ValidUntil && !action.Settling))
            {
                continue;
            }

            if (action.Settling || action.Returned || now < action.Action.NotBefore)
            {
                heldBack = true;
            }
            else if (!heldBack || action.Action.Transactional)
            {
                return action;
            }
        }

        return null;
    }

    public void Ready(Subscription subscription)
    {
        if (!subscription.InRing)
        {
            subscription.InRing = true;
            ready.Enqueue(subscription);
        }
    }

    /// <summary>The next consumer with credit: subscriptions in turn, their consumers in turn, another than <paramref name="avoided"/> if there is one.</summary>
    public Consumer? Next(Consumer? avoided)
    {
        Consumer? last = null;
        for (var tries = ready.Count; tries > 0; tries--)
        {
            var subscription = ready.Dequeue();
            subscription.InRing = false;
            var consumer = subscription.Next(avoided);
            if (consumer is null)
            {
                continue;
            }

            Ready(subscription);
            if (!ReferenceEquals(consumer, avoided))
            {
                return consumer;
            }

            last = consumer;
        }

        return last;
    }
}
