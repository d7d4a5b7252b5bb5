using System.Diagnostics;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Silo.Delivery;

public sealed partial class DeliveryHub
{
    /// <summary>
    /// Leases an action to whoever just asked for a decision, with no consumer behind it. Asking again while that lease lives gives the same delivery,
    /// prolonged: a page that is loaded twice shows the same thing.
    /// </summary>
    /// <returns>Null when it may not be given: over, not to be delivered yet, being settled, or leased to a subscriber.</returns>
    public V1.Delivery? LeaseNow(GrainKey account, OpenAction action, IReadOnlyList<PersonName> identifiers, TimeSpan lease, string owner = "")
    {
        Granted granted;
        lock (gate)
        {
            var now = business.GetUtcNow();
            if (now >= action.ValidUntil || now < action.NotBefore)
            {
                return null;
            }

            if (Find(account, action.Id) is not { } tracked)
            {
                tracked = Track(account, action, identifiers, owner);
                SetValidityDue(tracked, now);
            }

            if (tracked.Settling || tracked.Returned || tracked.Lease is { Consumer: not null } || now < tracked.Action.NotBefore)
            {
                return null;
            }

            var until = LeaseTime() + lease.Ticks;
            var held = tracked.Lease ?? Grant(tracked, null, until);
            leases.Set(held, Math.Max(until, held.DueAt));
            granted = Describe(held);
            ArmTimers();
        }

        meter.Delivered.Add(1);
        return Build(granted);
    }

    /// <summary>Ends the lease and gives the credit back. The caller decides what becomes of the action.</summary>
    private void EndLease(Lease lease)
    {
        Debug.Assert(ReferenceEquals(lease.Action.Lease, lease), "an action has one lease");
        lease.Live = false;
        lease.Action.Lease = null;
        leases.Remove(lease);
        Outstanding--;
        meter.Outstanding.Add(-1);
        if (lease.Unread)
        {
            // Nobody saw it: not a delivery.
            lease.Action.Attempt = Math.Max(lease.Attempt - 1, lease.Action.Action.Attempt);
        }

        if (lease.Consumer is not { } consumer)
        {
            return;
        }

        var subscription = consumer.Subscription;
        subscription.Feed.Held.Remove(lease.Action.Lane);
        subscription.Outstanding--;
        LetGoIfIdle(subscription);
        consumer.Leases.Remove(lease);
        if (lease.Unread)
        {
            consumer.StaleUnread++;
        }

        Ready(consumer);
        if (consumer.IsShared)
        {
            consumer.Bell.Ring();
        }
    }

    private Lease Grant(TrackedAction action, Consumer? consumer, long until)
    {
        Debug.Assert(action.Lease is null && !action.Settling && !action.Returned, "only a free action is leased");
        var lease = new Lease(action, consumer, ++lastGrant, ++action.Attempt);
        action.Lease = lease;
        leases.Set(lease, until);
        Outstanding++;
        meter.Outstanding.Add(1);
        if (consumer is not null)
        {
            consumer.Subscription.Feed.Held.Add(action.Lane);
            consumer.Subscription.Outstanding++;
            consumer.Leases.Add(lease);
            consumer.Outbox.Enqueue(lease);
            consumer.Bell.Ring();
        }

        return lease;
    }

    /// <summary>The action, or what it held back, may have become deliverable: every feed that matches it looks at its account again.</summary>
    private void Touch(TrackedAction action)
    {
        var matching = action.Route.Feeds;
        var first = action.Route.NextFirst();
        for (var i = 0; i < matching.Count; i++)
        {
            var feed = matching[(first + i) % matching.Count];
            feed.Enqueue(action.Lane);
            MarkDirty(feed);
            RingIfStarved(feed);
        }
    }

    private void Ready(Consumer consumer)
    {
        if (consumer.HasCredit)
        {
            var subscription = consumer.Subscription;
            subscription.Ready(consumer);
            subscription.Feed.Ready(subscription);
            MarkDirty(subscription.Feed);
        }
    }

    private void MarkDirty(Feed feed)
    {
        if (!feed.Dirty && feed.CanPump)
        {
            feed.Dirty = true;
            dirty.Add(feed);
        }
    }

    /// <summary>Last step of every change: brings waiting actions and free credit together, and sets the timers.</summary>
    private void PumpAll()
    {
        if (dirty.Count > 0)
        {
            var now = business.GetUtcNow();
            var leaseNow = LeaseTime();
            for (var i = 0; i < dirty.Count; i++)
            {
                dirty[i].Dirty = false;
                Pump(dirty[i], now, leaseNow);
                RingIfStarved(dirty[i]);
            }

            dirty.Clear();
        }

        ArmTimers();
    }

    private void Pump(Feed feed, DateTimeOffset now, long leaseNow)
    {
        while (feed.CanPump)
        {
            var lane = feed.Dequeue();
            if (feed.Candidate(lane, now) is not { } action)
            {
                continue;
            }

            if (feed.Next(action.LapsedBy) is not { } consumer)
            {
                feed.PutBack(lane);
                return;
            }

            Grant(action, consumer, leaseNow + consumer.Terms.Lease.Ticks);
        }
    }

    private readonly record struct Granted(OpenAction Action, GrainKey Account, string Owner, IReadOnlyList<PersonName> Identifiers, Ack Ack, TimeSpan Left);

    private Granted Describe(Lease lease) => new(
        lease.Action.Action,
        lease.Action.Account,
        lease.Action.Route.Key.Owner,
        lease.Action.Identifiers,
        new Ack(lease.Action.Account, lease.Action.Id, lease.Attempt, lease.Grant),
        TimeSpan.FromTicks(lease.DueAt - LeaseTime()));

    private V1.Delivery Build(in Granted granted) => new()
    {
        Action = describe(granted.Action, granted.Account, granted.Owner, granted.Identifiers),
        AckId = acks.Write(granted.Ack),
        LeaseUntil = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(leaseClock.GetUtcNow() + granted.Left),
        Attempt = granted.Ack.Attempt,
        OrderingKey = granted.Account.Affinity,
    };
}
