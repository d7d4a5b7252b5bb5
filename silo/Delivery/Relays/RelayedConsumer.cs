using Google.Protobuf.WellKnownTypes;
using Orchestrator.V1;

namespace Orchestrator.Silo.Delivery.Relays;

/// <summary>A consumer of this silo that takes from the hubs of all: its own hub's part, a relay to each other hub, and one credit for all of them. Safe from any thread.</summary>
internal sealed class RelayedConsumer
{
    private readonly Lock _gate = new();
    private readonly DeliveryHub _hub;
    private readonly ClusterDelivery _desk;
    private readonly RelayOpen _open;
    private readonly CreditShares _shares;
    private readonly SortedDictionary<string, long> _relays = new(StringComparer.Ordinal);
    // With the instant of this silo's lease clock at which each is over: two silos' clocks are not compared.
    private readonly Queue<(string Silo, V1.Delivery Delivery, DateTimeOffset Over)> _deliveries = new();
    private readonly List<Revoked> _revocations = [];
    private readonly HeldElsewhere _held;
    private readonly TimeSpan _lease;
    private string? _refused;
    private bool _closed;
    private bool _othersFirst;

    public RelayedConsumer(long number, DeliveryHub hub, ClusterDelivery desk, Consumer local, string tenant, string subscription, ActionFilter filter)
    {
        (Number, _hub, _desk, Local) = (number, hub, desk, local);
        _lease = local.Terms.Lease;
        _open = new RelayOpen { Tenant = tenant, Subscription = subscription, Filter = filter, Lease = Duration.FromTimeSpan(_lease), ReleaseOnClose = local.Terms.ReleaseOnClose };
        _shares = new CreditShares(local.Terms.MaxOutstanding);
        _shares.Add("", local.Terms.MaxOutstanding);
        _held = new HeldElsewhere(MostKnown + (4 * local.Terms.MaxOutstanding), Limits.LongestLease, desk.NotHeld);
    }

    // More than anybody holds at a time, since what is settled elsewhere stands among it too.
    private const int MostKnown = 64;

    /// <summary>Among the consumers of this silo, from 1, as they came.</summary>
    public long Number { get; }

    /// <summary>Its part at this silo's own hub.</summary>
    public Consumer Local { get; }

    /// <summary>Opens relays to silos that are new, forgets those that are gone, and divides the credit anew.</summary>
    public void Follow(IReadOnlyList<string> silos, bool nextTurn)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            foreach (var gone in _relays.Keys.Except(silos).ToArray())
            {
                Lose(gone);
            }

            foreach (var silo in silos.Where(s => !_relays.ContainsKey(s)))
            {
                var open = _open.Clone();
                open.Relay = _desk.NewRelay(this);
                if (!_desk.Send(silo, new LinkMessage { RelayOpen = open }))
                {
                    _desk.Forget(open.Relay);
                    continue;
                }

                _relays.Add(silo, open.Relay);
                _shares.Add(silo);
            }

            if (nextTurn)
            {
                _shares.NextTurn();
            }

            Divide();
        }
    }

    /// <summary>Another silo's hub has something, or says how its share stands.</summary>
    /// <returns>False if this consumer does not know the relay any more.</returns>
    public bool Hear(string silo, RelayNews news)
    {
        lock (_gate)
        {
            if (_closed || !_relays.TryGetValue(silo, out var relay) || relay != news.Relay)
            {
                return false;
            }

            if (news.Refused.Length > 0)
            {
                _refused = news.OtherFilter ? news.Refused : null;
                Lose(silo);
            }
            else
            {
                foreach (var delivery in news.Deliveries)
                {
                    _deliveries.Enqueue((silo, delivery, OverAt(delivery, news.At)));
                    _desk.Held(delivery.AckId, this);
                    _held.Add(silo, delivery.AckId, _hub.LeaseClock.GetUtcNow());
                }

                foreach (var revocation in news.Revocations)
                {
                    _revocations.Add(new Revoked(revocation.ActionId, revocation.Reason));
                }

                _shares.Hear(silo, news.Used, news.Credit, news.Wanting, news.Heard);
                Divide();
            }
        }

        Local.Bell.Ring();
        return true;
    }

    /// <summary>The consumer does not hold this any more that another silo's hub gave it: what was lost with that hub is less by so much.</summary>
    public void Settled(string ackId)
    {
        lock (_gate)
        {
            if (_held.Remove(ackId) is > 0 and var back)
            {
                _shares.Lost -= back;
                Divide();
            }
        }
    }

    /// <summary>A link broke: the hub there forgets the relay too.</summary>
    public void Broken(string silo)
    {
        lock (_gate)
        {
            if (_relays.ContainsKey(silo))
            {
                Lose(silo);
                Divide();
            }
        }
    }

    public (IReadOnlyList<V1.Delivery> Deliveries, IReadOnlyList<Revoked> Revocations) Take(int most)
    {
        var deliveries = new List<V1.Delivery>();
        var revocations = new List<Revoked>();
        lock (_gate)
        {
            if (_refused is { } why)
            {
                throw new DeliveryRefusedException(RefusalKind.OtherFilter, why);
            }

            _othersFirst = !_othersFirst;
            if (_othersFirst)
            {
                TakeOthers(deliveries, most);
            }

            var (own, revoked) = _hub.Take(Local, most - deliveries.Count);
            deliveries.AddRange(own);
            revocations.AddRange(revoked);
            TakeOthers(deliveries, most - deliveries.Count);
            revocations.AddRange(_revocations);
            _revocations.Clear();
            Divide();
            if (_deliveries.Count > 0)
            {
                Local.Bell.Ring();
            }
        }

        return (deliveries, revocations);
    }

    /// <summary>What nobody has seen is free at once everywhere; the rest as the consumer's terms say.</summary>
    public void Close()
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            _hub.Leave(Local);
            foreach (var (silo, relay) in _relays)
            {
                _desk.Forget(relay);
                _desk.Send(silo, new LinkMessage { RelayClose = new() { Relay = relay, Unseen = { _deliveries.Where(d => d.Silo == silo).Select(d => d.Delivery.AckId) } } });
            }

            _relays.Clear();
            _deliveries.Clear();
            _held.Clear();
        }
    }

    private void TakeOthers(List<V1.Delivery> taken, int most)
    {
        var now = _hub.LeaseClock.GetUtcNow();
        while (most > 0 && _deliveries.TryDequeue(out var next))
        {
            // Validity is an instant of the business, and nothing is delivered after it, however long it was on its way.
            if (next.Over > now && !(next.Delivery.Action.ValidUntil?.ToDateTimeOffset() <= now))
            {
                taken.Add(next.Delivery);
                most--;
            }
            else
            {
                _desk.NotHeld(next.Delivery.AckId);
                _shares.Lost -= _held.Remove(next.Delivery.AckId);
            }
        }
    }

    /// <summary>When the lease ends.</summary>
    /// <param name="sentAt">By the clock of the silo that leased it, UTC ticks; 0 = not said.</param>
    private DateTimeOffset OverAt(V1.Delivery delivery, long sentAt)
    {
        var until = delivery.LeaseUntil.ToDateTimeOffset();
        return sentAt == 0 ? until : _hub.LeaseClock.GetUtcNow() + (until - new DateTimeOffset(sentAt, TimeSpan.Zero));
    }

    private void Lose(string silo)
    {
        if (_relays.Remove(silo, out var relay))
        {
            _desk.Forget(relay);
            var used = _shares.Remove(silo);
            var loss = _held.Lose(silo, used, _hub.LeaseClock.GetUtcNow());
            _shares.Lost -= used - loss.Credit;
            if (loss.Credit > 0)
            {
                // The consumer works on them still; another silo offers them again, and must not give it more than it asked for.
                _desk.After(_lease, () => Found(loss));
            }
        }
    }

    private void Found(HeldElsewhere.Loss loss)
    {
        lock (_gate)
        {
            _shares.Lost -= _held.End(loss);
            Divide();
        }
    }

    private void Divide()
    {
        if (_closed)
        {
            return;
        }

        var (used, counts, wants) = _hub.Look(Local);
        _shares.Hear("", used, counts, wants, long.MaxValue);
        HashSet<string>? deaf = null;

        // What this silo's own hub gives back is there at once, and goes on to the others.
        for (var i = 0; i < 2; i++)
        {
            foreach (var (silo, credit, number) in _shares.Plan())
            {
                if (silo.Length == 0)
                {
                    (used, counts, wants) = _hub.Share(Local, credit);
                    _shares.Hear("", used, counts, wants, number);
                }
                else if (!_desk.Send(silo, new LinkMessage { RelayCredit = new() { Relay = _relays[silo], Credit = credit, Number = number } }))
                {
                    (deaf ??= []).Add(silo);
                }
            }
        }

        foreach (var silo in deaf ?? [])
        {
            // What it was not told it would never know: another relay is opened when it can be reached again.
            Lose(silo);
        }
    }
}
