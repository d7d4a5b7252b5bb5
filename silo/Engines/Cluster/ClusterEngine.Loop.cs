using Microsoft.Extensions.Logging;
using Orchestrator.V1;

namespace Orchestrator.Silo.Engines.Cluster;

// The loop: renew, look, take what is free, even the load, doubt itself.
public sealed partial class ClusterEngine
{
    private const long Never = long.MaxValue;
    private static readonly TimeSpan Sweep = TimeSpan.FromSeconds(1);

    // The database's clock may be a little slower than this machine's: then the look comes too early, and again after this.
    private static readonly TimeSpan ShortestLook = TimeSpan.FromMilliseconds(20);

    private readonly ClaimWindow _claims;
    private Task? _renewing;
    private Task? _catchingUp;
    private long _renewAt;

    // When the first lease of another owner ends that has not been renewed by then.
    private long _endAt = Never;
    private long _claimAt;
    private long _claimNotBefore;
    private long _unevenSince;
    private long _sweepAt;
    private volatile bool _missed;
    private volatile bool _claimNow;
    private volatile bool _catchUp = true;
    private bool _leaving;
    private bool _evening;
    private Task? _drain;

    private async Task RunAsync()
    {
        _renewAt = _claimAt = _sweepAt = _machine.GetTimestamp();
        while (!Volatile.Read(ref _stopping))
        {
            var sleep = Step();
            _watch.Sleeps(sleep);
            _alarm.Change(sleep, Timeout.InfiniteTimeSpan);
            await _wakeup.WaitAsync();
            if (_watch.HasStalled)
            {
                LogStalled(_log, _watch.Lateness.TotalSeconds);
                Doubt();
            }
        }
    }

    /// <summary>Does what is due; returns how long nothing will be.</summary>
    private TimeSpan Step()
    {
        if (_watch.LeaseIsOver && HasAny())
        {
            LogLapsed(_log);
            Doubt();
        }

        if (_renewing is null or { IsCompleted: true } && (IsDue(_renewAt) || IsDue(Volatile.Read(ref _endAt))))
        {
            Volatile.Write(ref _endAt, Never);
            _renewAt = After(_missed ? _settings.HurryEvery : _settings.RenewEvery * (0.9 + (0.1 * _jitter())));
            _missed = false;
            _renewing = RenewAsync();
        }

        if (_claimNow || IsDue(_claimAt))
        {
            _claimNow = false;
            _claimAt = After(_settings.ClaimStep);
            ClaimSome();
        }

        if (IsDue(_sweepAt))
        {
            _sweepAt = After(Sweep);
            _router.GiveUpUnanswered();
        }

        if (_catchUp && _catchingUp is null or { IsCompleted: true })
        {
            _catchUp = false;
            _catchingUp = CatchUpAsync();
        }

        Even();
        DrainIfTold();
        if (_missed)
        {
            _renewAt = Math.Min(_renewAt, After(_settings.HurryEvery));
        }

        // The end of a renewal under way wakes the loop.
        var look = _renewing is { IsCompleted: false } ? Never : Math.Min(_renewAt, Volatile.Read(ref _endAt));
        var sleep = _machine.GetElapsedTime(_machine.GetTimestamp(), Math.Min(Math.Min(look, _claimAt), _sweepAt));
        if (_watch.Left is { Ticks: > 0 } left && left < sleep)
        {
            // Its own end must not find it asleep: others begin to take soon after.
            sleep = left;
        }

        return sleep > TimeSpan.Zero ? TimeSpan.FromMilliseconds(Math.Ceiling(sleep.TotalMilliseconds)) : TimeSpan.FromMilliseconds(1);
    }

    private async Task RenewAsync()
    {
        var sentAt = _machine.GetTimestamp();
        try
        {
            using var limit = new CancellationTokenSource(_settings.Lease / 2, _machine);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _over.Token);
            Look(await _membership.RenewAsync(Announcement(), either.Token), sentAt);
        }
        catch (Journal.StoreRefusedException refused)
        {
            // The lease ran out, and silos of another engine have taken the store meanwhile.
            _failed.TrySetResult(refused);
            Doubt();
        }
#pragma warning disable CA1031 // Whatever the store's client throws: the last view stays, and it is tried again until the lease is over.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            if (!_over.IsCancellationRequested)
            {
                LogNotRenewed(_log, fault);
                _missed = true;
            }
        }

        _wakeup.Set();
    }

    /// <summary>Takes a view in: who is alive, who owns what, and what operators want.</summary>
    private void Look(ClusterView view, long sentAt)
    {
        if (_view is { } before && before.Incarnation != view.Incarnation)
        {
            _failed.TrySetResult(new InvalidOperationException($"the store was restored: its incarnation was {before.Incarnation} and is {view.Incarnation} now; start again"));
            Doubt();
            return;
        }

        if (view.Level > _settings.Level)
        {
            _failed.TrySetResult(new InvalidOperationException($"the cluster uses feature level {view.Level}, this silo reads up to {_settings.Level}; start a newer version"));
            Doubt();
            return;
        }

        NoteDeaths(_view, view);
        _view = view;
        _host!.Learn(view.Level);
        if (view.Lapsed || _watch.LeaseIsOver)
        {
            // Before the lease counts again: what was taken before it lapsed is not to be read meanwhile.
            LogLapsed(_log);
            Doubt();
        }

        _watch.Renewed(sentAt);

        _router.Reach(view.Silos.Where(s => s.Alive && s.Silo != _settings.Silo).ToDictionary(s => s.Silo, s => s.Address));
        foreach (var (partition, epoch, owner) in view.Partitions)
        {
            LearnOne(partition, epoch, owner);
        }

        var alive = AliveOf(view);
        if (!_serving.Task.IsCompleted && _router.Owners().All(o => alive.Contains(o.Owner)))
        {
            _serving.TrySetResult();
        }

        _missed |= _router.Owners().Any(o => o.Owner.Length > 0 && !alive.Contains(o.Owner));
        _catchUp = true;
        _claimNow = true;
        AwaitEnd(view);
        NoteSpread(view);
    }

    /// <summary>
    /// Has the loop look again when the first lease of another owner ends, instead of finding that out some time later. Its own clock only says when to look: whether the lease is over says the
    /// database, which is asked. Whoever is well has renewed long before, as the views until then tell.
    /// </summary>
    private void AwaitEnd(ClusterView view)
    {
        var owners = _router.Owners().Select(o => o.Owner).ToHashSet(StringComparer.Ordinal);
        var ends = view.Silos.Where(s => s.Alive && s.Silo != _settings.Silo && owners.Contains(s.Silo)).Select(s => s.Until - view.At).Order().Take(1).ToArray();

        // All survivors look at once: a moment apart is enough.
        Volatile.Write(ref _endAt, ends is [var left] ? After((left > ShortestLook ? left : ShortestLook) + (ShortestLook * _jitter())) : Never);
    }

    private void NoteDeaths(ClusterView? before, ClusterView view)
    {
        foreach (var silo in view.Silos.Where(s => !s.Alive && s.Silo != _settings.Silo && before?.Silos.Any(b => b.Alive && b.Silo == s.Silo) == true))
        {
            var free = view.Partitions.Count(p => p.Owner == silo.Silo);
            if (free > 0)
            {
                LogDead(_log, silo.Silo, free, (view.At - silo.Until).TotalSeconds);
            }
        }
    }

    /// <summary>Whoever doubts itself drops what it has, and believes nothing of what it saw of others before: it does not take from them until they had time to be heard of.</summary>
    private void Doubt()
    {
        _watch.Doubt();
        _claimNotBefore = After(_settings.Lease);
        foreach (var owner in _router.Owners())
        {
            if (_router.PlaceOf(owner.Partition) == Place.Here)
            {
                var partition = owner.Partition;
                Start(() => DropAsync(partition));
            }
        }
    }

    private async Task DropAsync(int partition)
    {
        if (_router.Going(partition))
        {
            await _host!.DropAsync(partition);
            _router.Away(partition);
            _missed = true;
            _wakeup.Set();
        }
    }

    private void LearnOne(int partition, long epoch, string owner)
    {
        if (_router.Learn(partition, epoch, owner))
        {
            LogTaken(_log, partition, owner);
            Start(() => DropAsync(partition));
        }
    }

    private async Task CatchUpAsync()
    {
        // Where somebody did not answer, the next view is soon.
        if (await _talk.CatchUpAsync(() => Volatile.Read(ref _stopping)))
        {
            _informed.TrySetResult();
        }
    }

    private SiloAnnouncement Announcement() => new(_settings.Silo, _settings.Address, _settings.Zone, _settings.Level, _settings.Lease, Volatile.Read(ref _leaving));

    private bool HasAny() => _router.Owners().Any(o => _router.PlaceOf(o.Partition) == Place.Here);

    private bool IsDue(long timestamp) => _machine.GetTimestamp() >= timestamp;

    private long After(TimeSpan time) => _machine.GetTimestamp() + (long)(time.TotalSeconds * _machine.TimestampFrequency);

    private static HashSet<string> AliveOf(ClusterView view) => [.. view.Silos.Where(s => s.Alive).Select(s => s.Silo)];

    [LoggerMessage(Level = LogLevel.Warning, Message = "this silo did not run for {Seconds:0.0} s; it drops its partitions")]
    private static partial void LogStalled(ILogger log, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "this silo's lease ran out before it was renewed; it drops its partitions")]
    private static partial void LogLapsed(ILogger log);

    [LoggerMessage(Level = LogLevel.Warning, Message = "silo {Silo} is not alive any more: its lease ended {Seconds:0.00} s ago; its {Count} partitions are free")]
    private static partial void LogDead(ILogger log, string silo, int count, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the lease was not renewed; it is tried again")]
    private static partial void LogNotRenewed(ILogger log, Exception fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "partition {Partition} was taken by silo {Owner}")]
    private static partial void LogTaken(ILogger log, int partition, string owner);
}
