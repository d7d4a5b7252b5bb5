using Orchestrator.Silo.Partitions;
using Orchestrator.V1;

namespace Orchestrator.Silo.Engines.Cluster;

// What the router learns: where partitions are, who can be reached, and what has waited too long.
internal sealed partial class Router
{
    /// <summary>A question of another silo.</summary>
    public void Asked(LinkAsk ask, Action<LinkAnswer> answer)
    {
        var errand = new AskedErrand(ask, answer);
        if (ask.Partition < 0 || ask.Partition >= _lanes.Length)
        {
            errand.Refused(new Outcome.Unavailable($"partition {ask.Partition} is not known here"));
            return;
        }

        var lane = _lanes[ask.Partition];
        lock (_gate)
        {
            // Whoever asks may have heard before us that the partition was handed to us.
            if (lane.Place == Place.Away && ask.Epoch > lane.Epoch)
            {
                errand.Order = ++_orders;
                if (Hold(lane, errand) is null)
                {
                    return;
                }
            }
        }

        Go(errand);
    }

    /// <summary>A message between partitions came from another silo.</summary>
    public void Posted(LinkPost post)
    {
        if (OutcomeForm.Read(post) is var (partition, message) && partition >= 0 && partition < _lanes.Length && _lanes[partition].Place == Place.Here)
        {
            _host!.TryPost(partition, message);
        }
    }

    /// <summary>Who owns a partition, if that is news.</summary>
    /// <returns>True if it runs here though another silo has taken it.</returns>
    public bool Learn(int partition, long epoch, string owner)
    {
        List<(Errand, Outcome)>? refused = null;
        var lost = false;
        lock (_gate)
        {
            if (partition < 0 || partition >= _lanes.Length || epoch < _lanes[partition].Epoch)
            {
                return false;
            }

            var lane = _lanes[partition];
            (lane.Epoch, lane.Owner) = (epoch, owner);
            // Whoever said "not here" may have been taking it over just then: what the cluster still says is believed again, or that owner would never be reached under this epoch.
            lane.DoubtedEpoch = -1;
            lost = lane.Place == Place.Here && owner != _settings.Silo;
            Flush(partition, lane, ref refused);
        }

        Refuse(refused);
        return lost;
    }

    /// <summary>Which other silos are alive, and where. What is under way to others is given up: nobody answers any more.</summary>
    public void Reach(Dictionary<string, string> addresses)
    {
        List<string> gone;
        lock (_gate)
        {
            gone = [.. _addresses.Keys.Where(s => !addresses.ContainsKey(s))];
            _addresses = addresses;
        }

        foreach (var silo in gone)
        {
            _link.Close(silo);
            Broken(silo);
        }
    }

    public void Credit(string silo, int credit)
    {
        lock (_gate)
        {
            _credits[silo] = Math.Max(1, credit);
        }
    }

    /// <summary>A link broke: what was under way over it may or may not have happened.</summary>
    public void Broken(string silo)
    {
        List<(Errand, Outcome)>? refused = null;
        lock (_gate)
        {
            var lost = _asked.Where(a => a.Value.SentTo == silo).OrderBy(a => a.Key).ToArray();
            foreach (var (id, errand) in lost)
            {
                NoLongerUnderWay(_lanes[errand.Partition], id, errand);
                (refused ??= []).Add((errand, new Outcome.Unavailable("the silo that runs it was lost on the way; it may or may not have happened")));
            }

            foreach (var partition in lost.Select(a => a.Value.Partition).Distinct())
            {
                Flush(partition, _lanes[partition], ref refused);
            }
        }

        Refuse(refused);
    }

    /// <summary>Gives up what was not answered in time. Called now and then.</summary>
    public void GiveUpUnanswered()
    {
        List<(Errand, Outcome)>? refused = null;
        lock (_gate)
        {
            foreach (var (id, errand) in _asked.Where(a => _machine.GetElapsedTime(a.Value.Since) >= _settings.AnswerWithin).OrderBy(a => a.Key).ToArray())
            {
                var lane = _lanes[errand.Partition];
                NoLongerUnderWay(lane, id, errand);
                (refused ??= []).Add((errand, new Outcome.Unavailable("the silo that runs it did not answer in time; it may or may not have happened")));
                Flush(errand.Partition, lane, ref refused);
            }
        }

        Refuse(refused);
    }

    /// <summary>This silo begins to take a partition over; false if it has it, or is at it.</summary>
    public bool Coming(int partition) => Change(partition, Place.Away, Place.Coming);

    /// <summary>This silo begins to stop a partition; false if it does not run here.</summary>
    public bool Going(int partition) => Change(partition, Place.Here, Place.Going);

    /// <summary>It runs here under this epoch: first what waits, then what comes.</summary>
    public void Arrived(int partition, long epoch)
    {
        List<(Errand, Outcome)>? refused = null;
        lock (_gate)
        {
            var lane = _lanes[partition];
            (lane.Epoch, lane.Owner) = epoch >= lane.Epoch ? (epoch, _settings.Silo) : (lane.Epoch, lane.Owner);
            while (lane.Held.Count > 0 && lane.Held[0].TryHere(_host!, _calls!))
            {
                lane.Held.RemoveAt(0);
                _held--;
            }

            lane.Place = Place.Here;
            Flush(partition, lane, ref refused);
        }

        Refuse(refused);
    }

    /// <summary>It does not run here: it went, or did not come.</summary>
    public void Away(int partition)
    {
        List<(Errand, Outcome)>? refused = null;
        lock (_gate)
        {
            var lane = _lanes[partition];
            lane.Place = Place.Away;
            Flush(partition, lane, ref refused);
        }

        Refuse(refused);
    }

    public Place PlaceOf(int partition) => _lanes[partition].Place;

    /// <summary>By partition: the newest owner heard of, with its epoch.</summary>
    public Ownership[] Owners()
    {
        lock (_gate)
        {
            return [.. _lanes.Select((lane, p) => new Ownership(p, lane.Epoch, lane.Owner))];
        }
    }

    /// <summary>Nothing waits any more, and nothing may.</summary>
    public void Close()
    {
        var refused = new List<(Errand, Outcome)>();
        lock (_gate)
        {
            _closed = true;
            foreach (var lane in _lanes)
            {
                refused.AddRange(lane.Held.Concat(lane.UnderWay).Select(e => (e, (Outcome)new Outcome.Unavailable("the silo has stopped"))));
                lane.Held.Clear();
                lane.UnderWay.Clear();
            }

            _asked.Clear();
            _holding.Clear();
            _held = 0;
        }

        Refuse(refused);
    }

    private bool Change(int partition, Place from, Place to)
    {
        lock (_gate)
        {
            var lane = _lanes[partition];
            if (lane.Place != from)
            {
                return false;
            }

            lane.Place = to;
            return true;
        }
    }

    private void GiveUpHeld()
    {
        List<(Errand, Outcome)>? refused = null;
        lock (_gate)
        {
            var next = _settings.MovePatience;
            foreach (var partition in _holding.ToArray())
            {
                var lane = _lanes[partition];
                for (var i = 0; i < lane.Held.Count;)
                {
                    var left = _settings.MovePatience - _machine.GetElapsedTime(lane.Held[i].Since);
                    if (left <= TimeSpan.Zero)
                    {
                        (refused ??= []).Add((lane.Held[i], new Outcome.Unavailable($"partition {partition} is on its way to another silo; send it again")));
                        lane.Held.RemoveAt(i);
                        _held--;
                    }
                    else
                    {
                        next = left < next ? left : next;
                        i++;
                    }
                }

                Flush(partition, lane, ref refused);
            }

            if (_held > 0)
            {
                _alarm.Change(TimeSpan.FromMilliseconds(Math.Ceiling(next.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
            }
        }

        Refuse(refused);
    }
}
