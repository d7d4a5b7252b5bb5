namespace Orchestrator.Silo.Delivery.Relays;

/// <summary>
/// Divides one consumer's credit among the hubs of all silos, so that together they never lease it more than it asked for, and moves what is not used to where actions
/// wait. Guarded by its owner's lock.
/// </summary>
/// <remarks>
/// A share counts as given until its hub has said that it gave it back; so the sum of what counts never exceeds the whole, however late messages are.
/// </remarks>
internal sealed class CreditShares(int total)
{
    private readonly SortedDictionary<string, Share> _shares = new(StringComparer.Ordinal);
    private int _turn;

    /// <summary>What no hub has, and what silos that were lost may still have handed out.</summary>
    public int Free => total - Lost - _shares.Values.Sum(s => s.Counts);

    /// <summary>Held by the consumer of hubs that are gone; comes back when those leases would be over.</summary>
    public int Lost { get; set; }

    /// <summary>A hub of which the consumer takes.</summary>
    /// <param name="has">What it was given when the consumer joined.</param>
    public void Add(string silo, int has = 0) => _shares.TryAdd(silo, new Share(has));

    /// <summary>A hub is gone; what the consumer holds of it is lost for a while.</summary>
    /// <returns>How much that is.</returns>
    public int Remove(string silo)
    {
        if (!_shares.Remove(silo, out var share))
        {
            return 0;
        }

        Lost += share.Used;
        return share.Used;
    }

    /// <summary>What a hub says of its share.</summary>
    /// <param name="counts">As it was set there, or what is used if that is more.</param>
    /// <param name="heard">Number of the last change that it knew of.</param>
    public void Hear(string silo, int used, int counts, bool wants, long heard)
    {
        if (_shares.TryGetValue(silo, out var share))
        {
            while (share.Unheard.TryPeek(out var first) && first.Number <= heard)
            {
                share.Unheard.Dequeue();
            }

            // What is still on its way there may be leased for a moment, also what was taken back since.
            share.Counts = share.Unheard.Select(u => u.Credit).Append(counts).Max();
            (share.Used, share.Wants) = (used, wants);
        }
    }

    /// <summary>The next remainder goes to another hub: where there is less credit than hubs, each has its turn.</summary>
    public void NextTurn() => _turn++;

    /// <summary>What must change: for each hub concerned, its new share. Smaller ones first, since what they give back is not there yet.</summary>
    public List<(string Silo, int Credit, long Number)> Plan()
    {
        var changes = new List<(string, int, long)>();
        var targets = Targets();
        foreach (var (silo, share) in _shares)
        {
            if (targets[silo] < share.Asked)
            {
                changes.Add((silo, targets[silo], share.Ask(targets[silo])));
            }
        }

        foreach (var (silo, share) in _shares)
        {
            var more = Math.Min(targets[silo] - share.Counts, Free);
            if (more > 0)
            {
                share.Counts += more;
                changes.Add((silo, share.Counts, share.Ask(share.Counts)));
            }
        }

        return changes;
    }

    private Dictionary<string, int> Targets()
    {
        var targets = new Dictionary<string, int>(StringComparer.Ordinal);
        var wanting = _shares.Where(s => s.Value.Wants).Select(s => s.Key).ToArray();
        var divided = wanting.Length == 0 ? [.. _shares.Keys] : wanting;

        // Where nothing waits a little stays, so that the next action there need not ask first.
        var reserve = wanting.Length == 0 ? 0 : total / (2 * _shares.Count);
        foreach (var silo in _shares.Keys)
        {
            targets[silo] = reserve;
        }

        var rest = total - (reserve * (_shares.Count - divided.Length));
        for (var i = 0; i < divided.Length; i++)
        {
            var place = (i + _turn) % divided.Length;
            targets[divided[place]] = (rest / divided.Length) + (i < rest % divided.Length ? 1 : 0);
        }

        return targets;
    }

    private sealed class Share(int has)
    {
        /// <summary>Upper bound of what its hub may have leased to the consumer.</summary>
        public int Counts { get; set; } = has;

        /// <summary>As last told to its hub.</summary>
        public int Asked { get; private set; } = has;

        /// <summary>Told, but not known to be heard.</summary>
        public Queue<(long Number, int Credit)> Unheard { get; } = new();

        private long _told;

        public long Ask(int credit)
        {
            Asked = credit;
            Unheard.Enqueue((++_told, credit));
            return _told;
        }

        public int Used { get; set; }

        public bool Wants { get; set; }
    }
}
