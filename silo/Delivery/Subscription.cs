namespace Orchestrator.Silo.Delivery;

/// <summary>
/// A named share of a tenant's actions. It exists while it has a consumer or an outstanding lease, and for a while after; its due time (lease clock)
/// is when it is forgotten. Guarded by the hub's lock.
/// </summary>
internal sealed class Subscription(string tenant, string name, Feed feed) : Due
{
    private readonly Queue<Consumer> ready = new();

    public string Tenant { get; } = tenant;

    public string Name { get; } = name;

    public Feed Feed { get; } = feed;

    public int Consumers { get; set; }

    public int Outstanding { get; set; }

    /// <summary>Stands in its feed's ring of subscriptions with credit.</summary>
    public bool InRing { get; set; }

    public void Ready(Consumer consumer)
    {
        if (!consumer.InRing)
        {
            consumer.InRing = true;
            ready.Enqueue(consumer);
        }
    }

    /// <summary>The next consumer with credit, left at the end of the ring; <paramref name="avoided"/> only if there is no other; null if none.</summary>
    public Consumer? Next(Consumer? avoided)
    {
        Consumer? last = null;
        for (var tries = ready.Count; tries > 0; tries--)
        {
            var consumer = ready.Dequeue();
            if (!consumer.HasCredit)
            {
                consumer.InRing = false;
                continue;
            }

            ready.Enqueue(consumer);
            if (!ReferenceEquals(consumer, avoided))
            {
                return consumer;
            }

            last = consumer;
        }

        return last;
    }
}
