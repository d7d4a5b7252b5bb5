namespace Orchestrator.Silo.Delivery.Relays;

/// <summary>
/// What a consumer was given of other silos' hubs and has not settled through this silo, by ack id. When a hub is lost it tells how much of the credit may really be held still, and each settlement
/// from then on brings some of it back, long before the lease would be over. Guarded by its owner's lock.
/// </summary>
/// <remarks>Errs on the side of too much being held: what is settled through another silo counts as held.</remarks>
/// <param name="mostKnown">The oldest is forgotten beyond so many, as for who settles elsewhere.</param>
/// <param name="longestLease">After so long nothing that was forgotten is held any more.</param>
/// <param name="forgotten">Called for each ack id that is not looked for any more and was not settled.</param>
internal sealed class HeldElsewhere(int mostKnown, TimeSpan longestLease, Action<string> forgotten)
{
    private readonly Dictionary<string, string> _silos = new(StringComparer.Ordinal);
    private readonly Queue<string> _oldest = new();
    private readonly List<Loss> _losses = [];
    private DateTimeOffset _knowsAllFrom = DateTimeOffset.MinValue;

    /// <summary>What went with one hub.</summary>
    /// <param name="credit">Held of it at most.</param>
    /// <param name="acks">That it can be; empty where that is not known.</param>
    internal sealed class Loss(int credit, HashSet<string> acks)
    {
        /// <summary>Credit that has not come back.</summary>
        public int Credit { get; set; } = credit;

        public HashSet<string> Acks => acks;
    }

    /// <summary>The consumer was given this, or is about to be.</summary>
    public void Add(string silo, string ackId, DateTimeOffset now)
    {
        _silos[ackId] = silo;
        _oldest.Enqueue(ackId);
        while (_oldest.Count > mostKnown || (_oldest.TryPeek(out var first) && !_silos.ContainsKey(first)))
        {
            if (_oldest.Dequeue() is var oldest && _silos.Remove(oldest))
            {
                forgotten(oldest);
                _knowsAllFrom = now + longestLease;
            }
        }
    }

    /// <summary>It is settled, or its lease was over before it was given.</summary>
    /// <returns>How much of lost credit comes back.</returns>
    public int Remove(string ackId)
    {
        if (_silos.Remove(ackId) || _losses.Find(l => l.Acks.Remove(ackId)) is not { } loss)
        {
            return 0;
        }

        var back = Math.Max(0, loss.Credit - loss.Acks.Count);
        loss.Credit -= back;
        if (loss.Credit == 0)
        {
            Close(loss);
        }

        return back;
    }

    /// <summary>A hub is gone.</summary>
    /// <param name="used">What it said last that the consumer holds of it.</param>
    public Loss Lose(string silo, int used, DateTimeOffset now)
    {
        var acks = _silos.Where(s => s.Value == silo).Select(s => s.Key).ToHashSet(StringComparer.Ordinal);
        foreach (var ackId in acks)
        {
            _silos.Remove(ackId);
        }

        // What was on its way here when the hub was lost nobody holds.
        var loss = now < _knowsAllFrom ? new Loss(used, []) : new Loss(Math.Min(used, acks.Count), acks);
        _losses.Add(loss);
        if (loss.Credit == 0 || loss.Acks.Count == 0)
        {
            acks.ToList().ForEach(forgotten);
            _losses.Remove(loss);
        }

        return loss;
    }

    /// <summary>The leases of what was lost are over.</summary>
    /// <returns>How much of its credit comes back.</returns>
    public int End(Loss loss)
    {
        var back = loss.Credit;
        loss.Credit = 0;
        Close(loss);
        return back;
    }

    /// <summary>The consumer is gone.</summary>
    public void Clear()
    {
        _losses.ToList().ForEach(Close);
        _silos.Keys.ToList().ForEach(forgotten);
        _silos.Clear();
        _oldest.Clear();
    }

    private void Close(Loss loss)
    {
        _losses.Remove(loss);
        loss.Acks.ToList().ForEach(forgotten);
        loss.Acks.Clear();
    }
}
