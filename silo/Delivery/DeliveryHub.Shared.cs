using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Silo.Delivery;

// Consumers that take from the hubs of several silos, and share one credit among them.
public sealed partial class DeliveryHub
{
    public ValueTask<V1.Delivery?> LeaseAsync(GrainKey account, OpenAction action, IReadOnlyList<PersonName> identifiers, TimeSpan lease, CancellationToken cancel) =>
        new(LeaseNow(account, action, identifiers, lease));

    /// <summary>
    /// Whether an account is surely this silo's still. A silo that stood still goes on for a moment as if nothing had happened, and would hand out, and count as held, what another has been
    /// giving to its own consumers. Null: always. Called under the lock.
    /// </summary>
    internal Func<GrainKey, bool>? Owns { get; set; }

    /// <summary>Has consumers look again who were granted something that they have not read: it may have been kept from them.</summary>
    internal void RingUnread()
    {
        lock (gate)
        {
            foreach (var consumer in consumers)
            {
                if (consumer.Outbox.Count > 0)
                {
                    consumer.Bell.Ring();
                }
            }
        }
    }

    /// <summary>From now on this consumer has this much of its credit here.</summary>
    /// <returns>What counts: as set, or what it holds already if that is more; and whether actions wait for which it has none.</returns>
    internal (int Used, int Counts, bool Wants) Share(Consumer consumer, int credit)
    {
        lock (gate)
        {
            if (!consumer.IsShared && !consumer.Closed)
            {
                consumer.IsShared = true;
                consumer.Subscription.Feed.Shared.Add(consumer);
            }

            consumer.Credit = credit;
            Ready(consumer);
            PumpAll();
            return StateOf(consumer);
        }
    }

    /// <summary>What a consumer holds here, what of its credit counts, and whether actions wait for which it has none.</summary>
    internal (int Used, int Counts, bool Wants) Look(Consumer consumer)
    {
        lock (gate)
        {
            return StateOf(consumer);
        }
    }

    /// <summary>Whose action an ack id names; null if it is not one of ours.</summary>
    internal GrainKey? AccountOf(string ackId, string tenant) => acks.TryRead(ackId, tenant, out var ack, out _) ? ack.Account : null;

    /// <summary>Nobody has seen this delivery, though it was handed to a silo: it is free at once, and was no attempt.</summary>
    internal void TakeBack(string ackId)
    {
        if (!acks.TryRead(ackId, out var ack, out _))
        {
            return;
        }

        lock (gate)
        {
            if (Find(ack.Account, ack.ActionId) is { } action && !action.Settling && action.Lease is { } lease && lease.Grant == ack.Grant)
            {
                EndLease(lease);
                action.Attempt = Math.Max(lease.Attempt - 1, action.Action.Attempt);
                Touch(action);
                PumpAll();
            }
        }
    }

    private static (int Used, int Counts, bool Wants) StateOf(Consumer consumer) =>
        (consumer.Used, Math.Max(consumer.Credit, consumer.Used), !consumer.HasCredit && consumer.Subscription.Feed.Waiting > 0);

    private static void RingIfStarved(Feed feed)
    {
        if (feed.Shared.Count > 0 && feed.Waiting > 0)
        {
            foreach (var consumer in feed.Shared)
            {
                if (!consumer.HasCredit)
                {
                    consumer.Bell.Ring();
                }
            }
        }
    }
}
