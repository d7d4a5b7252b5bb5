namespace Orchestrator.Silo.Delivery;

public sealed partial class DeliveryHub
{
    // So many in one critical section, so that ten thousand leases that lapse together do not stop everybody else.
    private const int MostAtOnce = 256;

    private readonly DueHeap leases = new();
    private readonly DueHeap validity = new();
    private readonly List<TrackedAction> due = [];
    private readonly ITimer leaseTimer;
    private readonly ITimer validityTimer;
    private readonly long leaseOrigin;
    private long leaseArmed = long.MaxValue;
    private long validityArmed = long.MaxValue;

    /// <summary>Monotonic ticks (100 ns) since this hub began: a wall clock set back or forth moves no lease.</summary>
    private long LeaseTime() => leaseClock.GetElapsedTime(leaseOrigin).Ticks;

    private void SetValidityDue(TrackedAction action, DateTimeOffset now)
    {
        var over = action.Action.ValidUntil;
        var from = action.Action.NotBefore;
        action.DueAt = (now < from && from < over ? from : over).UtcTicks;
        if (action.Lane.Slot < 0 || action.DueAt < action.Lane.DueAt)
        {
            validity.Set(action.Lane, action.DueAt);
        }
    }

    private void OnValidityTimer()
    {
        bool more;
        do
        {
            lock (gate)
            {
                validityArmed = long.MaxValue;
                more = RunValidity();
                PumpAll();
            }
        }
        while (more);
    }

    private bool RunValidity()
    {
        var now = business.GetUtcNow();
        for (var i = 0; i < MostAtOnce;)
        {
            if (validity.First is not Lane lane || lane.DueAt > now.UtcTicks)
            {
                return false;
            }

            i += RunValidity(lane, now);
        }

        return true;
    }

    /// <returns>Steps taken, 1 or more.</returns>
    private int RunValidity(Lane lane, DateTimeOffset now)
    {
        foreach (ref readonly var place in lane.Actions)
        {
            if (place.Action.DueAt <= now.UtcTicks)
            {
                due.Add(place.Action);
            }
        }

        foreach (var action in due)
        {
            if (now >= action.Action.ValidUntil)
            {
                Expire(action);
            }
            else
            {
                SetValidityDue(action, now);
                Touch(action);
            }
        }

        if (lane.Count > 0)
        {
            SetValidityDue(lane);
        }

        var steps = Math.Max(1, due.Count);
        due.Clear();
        return steps;
    }

    private void SetValidityDue(Lane lane)
    {
        if (lane.FirstDueAt() is var first && first < TrackedAction.Never)
        {
            validity.Set(lane, first);
        }
        else
        {
            validity.Remove(lane);
        }
    }

    private void Expire(TrackedAction action)
    {
        meter.Expired.Add(1);
        End(action, "expired");
    }

    private void OnLeaseTimer()
    {
        bool more;
        do
        {
            lock (gate)
            {
                leaseArmed = long.MaxValue;
                more = RunLeases();
                PumpAll();
            }
        }
        while (more);
    }

    private bool RunLeases()
    {
        var now = LeaseTime();
        for (var i = 0; i < MostAtOnce; i++)
        {
            if (leases.First is not { } due || due.DueAt > now)
            {
                return false;
            }

            if (due is Lease lease)
            {
                Lapse(lease);
            }
            else
            {
                Remove((Subscription)due);
            }
        }

        return true;
    }

    /// <summary>The holder was too slow: the action goes to somebody else; while a settlement is on its way, only if its answer lets it.</summary>
    private void Lapse(Lease lease)
    {
        meter.Lapsed.Add(1);
        lease.Action.LapsedBy = lease.Consumer;
        EndLease(lease);
        Touch(lease.Action);
    }

    private void ArmTimers()
    {
        if (!disposed)
        {
            // A timer that is set too early only looks once too often; setting it at every change, or asking for the time at each, would cost more.
            if (leases.First is { } lease && lease.DueAt < leaseArmed)
            {
                Arm(leaseTimer, lease, LeaseTime(), out leaseArmed);
            }

            if (validity.First is { } over && over.DueAt < validityArmed)
            {
                Arm(validityTimer, over, business.GetUtcNow().UtcTicks, out validityArmed);
            }
        }
    }

    private void Arm(ITimer timer, Due first, long now, out long armed)
    {
        armed = first.DueAt;
        var left = TimeSpan.FromTicks(Math.Max(0, first.DueAt - now));

        // Rounded up to the timer's own unit, since it must not fire before the instant.
        left = TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds));
        timer.Change(left < options.LongestSleep ? left : options.LongestSleep, Timeout.InfiniteTimeSpan);
    }
}
