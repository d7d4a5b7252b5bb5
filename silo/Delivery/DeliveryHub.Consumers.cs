namespace Orchestrator.Silo.Delivery;

public sealed partial class DeliveryHub
{
    private readonly Dictionary<(string Tenant, string Name), Subscription> subscriptions = [];
    private readonly Dictionary<(string Tenant, DeliveryFilter Filter), Feed> feeds = [];
    private readonly HashSet<Consumer> consumers = [];

    /// <summary>Adds a consumer to a subscription, which begins to exist with its first. <see cref="Leave"/> it when done.</summary>
    /// <exception cref="DeliveryRefusedException">The name is bad, the subscription is open with another filter, or this silo drains.</exception>
    public Consumer Join(string tenant, string subscription, DeliveryFilter filter, ConsumerTerms terms)
    {
        CheckName(subscription);
        lock (gate)
        {
            if (draining is { } after)
            {
                throw new DeliveryRefusedException(RefusalKind.Draining, $"this silo is shutting down; connect again in {after.TotalSeconds:0.###} s");
            }

            if (!subscriptions.TryGetValue((tenant, subscription), out var joined))
            {
                joined = new(tenant, subscription, FeedOf(tenant, filter));
                joined.Feed.Subscriptions++;
                subscriptions.Add((tenant, subscription), joined);
            }
            else if (!joined.Feed.Filter.Equals(filter))
            {
                throw new DeliveryRefusedException(
                    RefusalKind.OtherFilter,
                    $"subscription `{subscription}` is open with filter {joined.Feed.Filter}, and this consumer asks for {filter}; use another name, or wait until nobody has used it for {options.SubscriptionGrace.TotalSeconds:0} s");
            }

            leases.Remove(joined);
            joined.Consumers++;
            var consumer = new Consumer(joined, terms);
            consumers.Add(consumer);
            Ready(consumer);
            PumpAll();
            return consumer;
        }
    }

    /// <summary>The consumer is gone. What it never read is free at once; what it holds runs on to the end of the lease, unless it asked for release. Twice is harmless.</summary>
    public void Leave(Consumer consumer)
    {
        lock (gate)
        {
            if (consumer.Closed)
            {
                return;
            }

            consumer.Closed = true;
            consumers.Remove(consumer);
            consumer.Subscription.Consumers--;
            consumer.Subscription.Feed.Shared.Remove(consumer);

            // In the order granted, so that a test with a seed sees the same each time.
            foreach (var lease in consumer.Leases.OrderBy(l => l.Grant).ToArray())
            {
                if (lease.Unread || consumer.Terms.ReleaseOnClose)
                {
                    EndLease(lease);
                    Touch(lease.Action);
                }
            }

            consumer.Outbox.Clear();
            LetGoIfIdle(consumer.Subscription);
            PumpAll();
        }
    }

    /// <summary>
    /// What there is for this consumer now: deliveries, most <paramref name="most"/>, and revocations. Call it right before writing: what has been
    /// overtaken by time since it was granted is left out.
    /// </summary>
    public (IReadOnlyList<V1.Delivery> Deliveries, IReadOnlyList<Revoked> Revocations) Take(Consumer consumer, int most)
    {
        List<Granted>? granted = null;
        IReadOnlyList<Revoked> revocations = [];
        lock (gate)
        {
            var now = business.GetUtcNow();
            var leaseNow = LeaseTime();
            var kept = 0;
            for (var left = consumer.Outbox.Count; left > 0 && (granted?.Count ?? 0) < most && consumer.Outbox.TryDequeue(out var lease); left--)
            {
                if (lease.Live && Owns?.Invoke(lease.Action.Account) == false)
                {
                    // Either the silo comes to trust itself again, or these accounts are about to be forgotten here.
                    consumer.Outbox.Enqueue(lease);
                    kept++;
                }
                else if (TakeOne(lease, now, leaseNow))
                {
                    (granted ??= []).Add(Describe(lease));
                }
            }

            if (consumer.Revocations.Count > 0)
            {
                revocations = [.. consumer.Revocations];
                consumer.Revocations.Clear();
            }

            if (consumer.Outbox.Count > kept)
            {
                consumer.Bell.Ring();
            }

            PumpAll();
        }

        if (granted is null)
        {
            return ([], revocations);
        }

        meter.Delivered.Add(granted.Count);
        return ([.. granted.Select(g => Build(g))], revocations);
    }

    /// <summary>Stops giving leases; streams tell their clients to come back after <paramref name="reconnectAfter"/>, elsewhere, and end. Leases run on, settlements are still taken.</summary>
    public void Drain(TimeSpan reconnectAfter)
    {
        lock (gate)
        {
            draining = reconnectAfter;
            foreach (var consumer in consumers)
            {
                consumer.Drain = reconnectAfter;
                consumer.Bell.Ring();
            }
        }
    }

    internal static void CheckName(string subscription)
    {
        if (subscription.Length is 0 or > Limits.SubscriptionNameLength || subscription.AsSpan().ContainsAnyExcept(NameAlphabet))
        {
            throw new DeliveryRefusedException(RefusalKind.Invalid, $"subscription is `{subscription}`, expected 1 to {Limits.SubscriptionNameLength} characters of a-z, 0-9, `-` and `.`");
        }
    }

    private static readonly System.Buffers.SearchValues<char> NameAlphabet = System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-.");

    private bool TakeOne(Lease lease, DateTimeOffset now, long leaseNow)
    {
        var consumer = lease.Consumer!;
        if (lease.Live)
        {
            // The timers are about to say so; being first, say it here, while the lease still counts as unread.
            if (lease.Action.Settling)
            {
                EndLease(lease);
                Touch(lease.Action);
            }
            else if (now >= lease.Action.Action.ValidUntil)
            {
                Expire(lease.Action);
            }
            else if (leaseNow >= lease.DueAt)
            {
                Lapse(lease);
            }
        }

        if (!lease.Live)
        {
            consumer.StaleUnread--;
            Ready(consumer);
            return false;
        }

        lease.Unread = false;
        return true;
    }

    private Feed FeedOf(string tenant, DeliveryFilter filter)
    {
        if (!feeds.TryGetValue((tenant, filter), out var feed))
        {
            feeds.Add((tenant, filter), feed = new(tenant, filter));
            foreach (var route in routes.Values)
            {
                Connect(route, feed);
            }

            // Accounts in the order of what waits longest, not in the order of a hash set.
            foreach (var action in feed.Routes.SelectMany(r => r.Actions).Where(a => !a.Action.Asked).OrderBy(a => a.Action.DecidedAt).ThenBy(a => a.Id, StringComparer.Ordinal))
            {
                feed.Enqueue(action.Lane);
            }
        }

        return feed;
    }

    private static void Connect(Route route, Feed feed)
    {
        if (route.Key.Tenant == feed.Tenant && feed.Filter.Matches(route.Key))
        {
            route.Feeds.Add(feed);
            feed.Routes.Add(route);
        }
    }

    private void LetGoIfIdle(Subscription subscription)
    {
        if (subscription.Consumers == 0 && subscription.Outstanding == 0)
        {
            leases.Set(subscription, LeaseTime() + options.SubscriptionGrace.Ticks);
        }
    }

    private void Remove(Subscription subscription)
    {
        leases.Remove(subscription);
        subscriptions.Remove((subscription.Tenant, subscription.Name));
        var feed = subscription.Feed;
        if (--feed.Subscriptions == 0)
        {
            feeds.Remove((feed.Tenant, feed.Filter));
            foreach (var route in feed.Routes)
            {
                route.Feeds.Remove(feed);
                RemoveIfIdle(route);
            }
        }
    }
}
