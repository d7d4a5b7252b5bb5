using Orchestrator.Silo.Outbox;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;

namespace Orchestrator.Silo.Engines.Cluster;

/// <summary>
/// Brings errands to the owners of their partitions, here or over a link, and answers each exactly once whatever happens on the way. What comes for a
/// partition that moves waits a moment and goes to the new owner, in the order in which it came.
/// </summary>
/// <remarks>
/// Members may be called from any thread. One lock guards the lanes; a command to a partition that runs here does not take it. Nothing is awaited under it, and
/// callers are answered outside of it, but for those whom a full mailbox turns away.
/// </remarks>
internal sealed partial class Router : IDisposable
{
    private const int MostSends = 2;

    private readonly ClusterSettings _settings;
    private readonly ISiloLink _link;
    private readonly TimeProvider _machine;
    private readonly ITimer _alarm;
    private readonly Lock _gate = new();
    private readonly Dictionary<long, Errand> _asked = [];
    private readonly Dictionary<string, int> _unanswered = [];
    private readonly Dictionary<string, int> _credits = [];
    private readonly SortedSet<int> _holding = [];
    private Dictionary<string, string> _addresses = [];
    private IPartitionHost? _host;
    private IOwnerCalls? _calls;
    private Lane[] _lanes = [];
    private long _orders;
    private long _ids;
    private int _held;
    private bool _closed;

    public Router(ClusterSettings settings, ISiloLink link, TimeProvider machine)
    {
        (_settings, _link, _machine) = (settings, link, machine);
        _alarm = machine.CreateTimer(static router => ((Router)router!).GiveUpHeld(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Open(IPartitionHost host, IOwnerCalls calls)
    {
        lock (_gate)
        {
            (_host, _calls) = (host, calls);
            _lanes = [.. Enumerable.Range(0, host.Partitions).Select(_ => new Lane())];
        }
    }

    public void Dispose() => _alarm.Dispose();

    /// <summary>Sends an errand on its way. It is answered before this returns, or later, once.</summary>
    public void Go(Errand errand)
    {
        if (_lanes.Length == 0)
        {
            errand.Refused(new Outcome.Unavailable("the silo is starting"));
            return;
        }

        var lane = _lanes[errand.Partition];
        if (lane.Place == Place.Here && errand.TryHere(_host!, _calls!))
        {
            return;
        }

        Outcome? refusal;
        lock (_gate)
        {
            errand.Order = ++_orders;
            refusal = _closed ? new Outcome.Unavailable("the silo has stopped") : Try(lane, errand) ? null : IsFull(lane) ? new Outcome.Overloaded(_settings.RetryAfter) : Hold(lane, errand);
        }

        if (refusal is not null)
        {
            errand.Refused(refusal);
        }
    }

    /// <summary>A message between partitions: it goes at once or is lost; its sender sends it again.</summary>
    public void Post(int partition, PartitionMessage message)
    {
        if (_lanes.Length == 0 || (_lanes[partition].Place == Place.Here && _host!.TryPost(partition, message)))
        {
            return;
        }

        lock (_gate)
        {
            var lane = _lanes[partition];
            if (lane.Place == Place.Away && AddressOf(lane) is { } address)
            {
                _link.Send(lane.Owner, address, new LinkMessage { Post = OutcomeForm.Write(message) });
            }
        }
    }

    /// <summary>The owner's answer to a question of ours; one that was given up meanwhile has nobody who waits.</summary>
    public void Answered(string from, LinkAnswer answer)
    {
        Errand? done = null;
        List<(Errand, Outcome)>? refused = null;
        lock (_gate)
        {
            if (!_asked.TryGetValue(answer.Id, out var errand) || errand.SentTo != from)
            {
                return;
            }

            var lane = _lanes[errand.Partition];
            NoLongerUnderWay(lane, answer.Id, errand);
            if (answer.KindCase == LinkAnswer.KindOneofCase.Elsewhere)
            {
                Redirect(lane, errand, answer.Elsewhere, ref refused);
            }
            else
            {
                done = errand;
            }

            Flush(errand.Partition, lane, ref refused);
        }

        done?.Answered(answer);
        Refuse(refused);
    }

    /// <summary>The owner does not run it, and nothing happened: it waits until a newer owner is known, before what came after it.</summary>
    private void Redirect(Lane lane, Errand errand, LinkElsewhere told, ref List<(Errand, Outcome)>? refused)
    {
        if (told.Epoch > lane.Epoch)
        {
            (lane.Epoch, lane.Owner) = (told.Epoch, told.Owner);
        }
        else
        {
            lane.DoubtedEpoch = Math.Max(lane.DoubtedEpoch, told.Epoch);
        }

        if (errand.Sends >= MostSends)
        {
            (refused ??= []).Add((errand, new Outcome.Unavailable($"partition {errand.Partition} moved twice on the way; send it again")));
        }
        else if (Hold(lane, errand) is { } full)
        {
            (refused ??= []).Add((errand, full));
        }
    }

    /// <summary>Has it done here or sends it; false if it must wait.</summary>
    private bool Try(Lane lane, Errand errand)
    {
        if (lane.Held.Count > 0 && !errand.IsAsked)
        {
            return false;
        }

        switch (lane.Place)
        {
            case Place.Here when errand.TryHere(_host!, _calls!):
                return true;
            case Place.Coming:
                return false;
            case Place.Away when !errand.IsAsked:
                return lane.InOrder && TrySend(lane, errand);
            case Place.Here or Place.Going or Place.Away when !errand.IsAsked:
                return false;
            default:
                errand.Elsewhere(lane.Epoch, lane.Owner);
                return true;
        }
    }

    private bool TrySend(Lane lane, Errand errand)
    {
        if (AddressOf(lane) is not { } address || errand.Sends >= MostSends)
        {
            return false;
        }

        if (IsFull(lane))
        {
            return false;
        }

        var ask = errand.Ask();
        (ask.Id, ask.Partition, ask.Epoch) = (++_ids, errand.Partition, lane.Epoch);
        if (!_link.Send(lane.Owner, address, new LinkMessage { Ask = ask }))
        {
            return false;
        }

        _asked.Add(ask.Id, errand);
        _unanswered[lane.Owner] = _unanswered.GetValueOrDefault(lane.Owner) + 1;
        (errand.SentTo, errand.Since) = (lane.Owner, _machine.GetTimestamp());
        errand.Sends++;
        errand.UnderWay = lane.UnderWay.AddLast(errand);
        return true;
    }

    /// <summary>Whether the owner has as many unanswered questions of ours as it takes.</summary>
    private bool IsFull(Lane lane) =>
        lane.Place == Place.Away && _unanswered.GetValueOrDefault(lane.Owner) >= Math.Min(_settings.LinkCredit, _credits.GetValueOrDefault(lane.Owner, _settings.LinkCredit));

    /// <summary>Where the owner can be reached; null if nobody owns it, or its owner is not alive or does not run it.</summary>
    private string? AddressOf(Lane lane) =>
        lane.Owner != _settings.Silo && lane.Epoch > lane.DoubtedEpoch && _addresses.TryGetValue(lane.Owner, out var address) ? address : null;

    /// <summary>Has it wait; the refusal if too much does already.</summary>
    private Outcome.Overloaded? Hold(Lane lane, Errand errand)
    {
        if (_held >= _settings.MostHeld)
        {
            return new Outcome.Overloaded(_settings.RetryAfter);
        }

        errand.Since = _machine.GetTimestamp();
        errand.SentTo = null;
        lane.Hold(errand);
        _holding.Add(errand.Partition);
        if (_held++ == 0)
        {
            _alarm.Change(_settings.MovePatience, Timeout.InfiniteTimeSpan);
        }

        return null;
    }

    /// <summary>Lets go what waits at a lane, as far as it can go now.</summary>
    private void Flush(int partition, Lane lane, ref List<(Errand, Outcome)>? refused)
    {
        var gone = 0;
        while (gone < lane.Held.Count && (lane.Place == Place.Here || gone > 0 || lane.InOrder))
        {
            var errand = lane.Held[gone];
            var goes = lane.Place switch
            {
                Place.Here => errand.TryHere(_host!, _calls!),
                Place.Away when errand.IsAsked => TellWhere(lane, errand),
                Place.Away when errand.Sends >= MostSends => GiveUp(errand, ref refused),
                Place.Away => TrySend(lane, errand),
                Place.Coming or Place.Going => false,
            };
            if (!goes)
            {
                break;
            }

            gone++;
        }

        lane.Held.RemoveRange(0, gone);
        _held -= gone;
        if (lane.Held.Count == 0)
        {
            _holding.Remove(partition);
        }
    }

    private static bool TellWhere(Lane lane, Errand errand)
    {
        errand.Elsewhere(lane.Epoch, lane.Owner);
        return true;
    }

    private static bool GiveUp(Errand errand, ref List<(Errand, Outcome)>? refused)
    {
        (refused ??= []).Add((errand, new Outcome.Unavailable($"partition {errand.Partition} moved twice on the way; send it again")));
        return true;
    }

    private void NoLongerUnderWay(Lane lane, long id, Errand errand)
    {
        _asked.Remove(id);
        _unanswered[errand.SentTo!]--;
        lane.UnderWay.Remove(errand.UnderWay!);
        errand.UnderWay = null;
    }

    private static void Refuse(List<(Errand Errand, Outcome Outcome)>? refused)
    {
        foreach (var (errand, outcome) in refused ?? [])
        {
            errand.Refused(outcome);
        }
    }
}
