using Microsoft.Extensions.Logging;
using Orchestrator.V1;

namespace Orchestrator.Silo.Engines.Cluster;

// The loop: renew, look, take what is free, even the load, doubt itself.
public sealed partial class ClusterEngine
{
    private static readonly TimeSpan Sweep = TimeSpan.FromSeconds(1);

    private readonly ClaimRamp _claims;
    private Task? _renewing;
    private Task? _catchingUp;
    private long _renewAt;
    private long _claimAt;
    private long _claimNotBefore;
    private long _unevenSince;
    private long _sweepAt;
    private volatile bool _missed;
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

        if (IsDue(_renewAt) && _renewing is null or { IsCompleted: true })
        {
            _renewAt = After(_missed ? _settings.HurryEvery : _settings.RenewEvery * (0.9 + (0.1 * _jitter())));
            _missed = false;
            _renewing = RenewAsync();
        }

        if (IsDue(_claimAt))
        {
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

        var next = Math.Min(Math.Min(_renewAt, _claimAt), _sweepAt);
        var sleep = _machine.GetElapsedTime(_machine.GetTimestamp(), next);
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
        NoteSpread(view);
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "the lease was not renewed; it is tried again")]
    private static partial void LogNotRenewed(ILogger log, Exception fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "partition {Partition} was taken by silo {Owner}")]
    private static partial void LogTaken(ILogger log, int partition, string owner);
}
