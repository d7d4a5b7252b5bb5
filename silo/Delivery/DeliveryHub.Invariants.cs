using System.Diagnostics;

namespace Orchestrator.Silo.Delivery;

public sealed partial class DeliveryHub
{
    /// <summary>Actions with a settlement on its way.</summary>
    internal int TurnsTaken
    {
        get
        {
            lock (gate)
            {
                return settling.Count;
            }
        }
    }

    /// <summary>Names of the subscriptions that exist, of all tenants, sorted.</summary>
    internal IReadOnlyList<string> SubscriptionNames
    {
        get
        {
            lock (gate)
            {
                return [.. subscriptions.Keys.Select(k => k.Name).Order(StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>Compares everything with everything; for tests and the simulator, O(all).</summary>
    /// <exception cref="UnreachableException">Something that must always hold does not.</exception>
    internal void CheckInvariants()
    {
        lock (gate)
        {
            List<TrackedAction> actions = [.. lanes.Values.SelectMany(l => l.Actions.ToArray(), (_, place) => place.Action)];
            var live = actions.Where(a => a.Lease is not null).Select(a => a.Lease!).ToList();
            Must(live.Count == Outstanding, $"{live.Count} live leases, {Outstanding} counted");
            Must(live.TrueForAll(l => l.Live && l.Slot >= 0), "a live lease has no end");
            Must(leases.Count == live.Count + subscriptions.Values.Count(s => s.Slot >= 0), "a dead lease has an end");
            Must(actions.Count == open, $"{actions.Count} actions, {open} counted");
            Must(actions.TrueForAll(a => a.DueAt == TrackedAction.Never ? a.OverBecause is not null : a.Lane.Slot >= 0 && a.Lane.DueAt <= a.DueAt), "an action has no end");
            Must(validity.Count == lanes.Values.Count(l => l.Slot >= 0) && lanes.All(l => l.Value.Count > 0 && l.Key == l.Value.Account), "a dead account has an end");
            Must(actions.TrueForAll(a => a.Route.Actions[a.PlaceInRoute] == a && a.Lane.Find(a.Id) == a) && routes.Values.Sum(r => r.Actions.Count) == actions.Count, "an action is not found where it stands");
            foreach (var consumer in consumers)
            {
                Must(consumer.Leases.SetEquals(live.Where(l => l.Consumer == consumer)), "a consumer's leases are not those of its actions");
                Must(consumer.StaleUnread == consumer.Outbox.Count(l => !l.Live), $"{consumer.StaleUnread} dead leases counted in an outbox");
                // A share of a credit may be less by now than what is held; the sum over all hubs is not to be seen from here.
                Must(consumer.IsShared || consumer.Used <= consumer.Terms.MaxOutstanding, "credit exceeded");
                Must(consumer.IsShared || consumer.Revocations.Count <= 2 * consumer.Terms.MaxOutstanding, "revocations have no bound");
                Must(!consumer.HasCredit || (consumer.InRing && consumer.Subscription.InRing), "a consumer with credit is not in turn");
            }

            foreach (var subscription in subscriptions.Values)
            {
                Must(subscription.Outstanding == live.Count(l => l.Consumer?.Subscription == subscription), "a subscription's leases are miscounted");
                Must(subscription.Consumers == consumers.Count(c => c.Subscription == subscription), "a subscription's consumers are miscounted");
                Must((subscription.Slot >= 0) == (subscription.Consumers == 0 && subscription.Outstanding == 0), "an idle subscription has no end, or a busy one has");
            }

            foreach (var feed in feeds.Values)
            {
                CheckFeed(feed, live);
            }
        }
    }

    private void CheckFeed(Feed feed, List<Lease> live)
    {
        var held = live.Where(l => l.Consumer?.Subscription.Feed == feed).Select(l => l.Action.Lane).ToList();
        Must(feed.Held.SetEquals(held) && held.Count == feed.Held.Count, "two leases of one account behind one filter");
        Must(feed.Routes.SetEquals(routes.Values.Where(r => r.Key.Tenant == feed.Tenant && feed.Filter.Matches(r.Key))), "a filter's routes are not those that match");
        var now = business.GetUtcNow();
        foreach (var lane in lanes.Values.Where(l => feed.Candidate(l, now) is not null))
        {
            // A jump of the wall clock frees actions without a timer: they are found at the next look, at most half a minute later.
            Must(feed.IsWaiting(lane) || lane.FirstDueAt() <= now.UtcTicks, "an action that may be delivered is not waiting");
            Must(!consumers.Any(c => c.Subscription.Feed == feed && c.HasCredit) || !feed.IsWaiting(lane), "an action waits though a consumer has credit");
        }

        Must(feed.Waiting <= lanes.Count && feed.WaitsOnlyFor(lanes.Values), "a dead account waits");
    }

    private static void Must(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new UnreachableException(otherwise);
        }
    }
}
