using Microsoft.Extensions.Logging;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Engines.Cluster;
using Orchestrator.V1;
using Orleans.Runtime;
using Candidate = Orchestrator.Silo.Engines.Cluster.Candidate;

namespace Orchestrator.Silo.Engines.Orleans;

// The loop: announce, look, keep every partition active, even the load, know the playbooks.
public sealed partial class OrleansEngine
{
    private static readonly TimeSpan Sweep = TimeSpan.FromSeconds(1);

    /// <summary>
    /// A question to a partition's grain that has no answer by then is asked again. Orleans itself waits half a minute, and loses the question if it waited at an activation that was on its way to a silo that died: asked twice
    /// costs nothing, and the activation that the first one began goes on.
    /// </summary>
    private static readonly TimeSpan NoAnswerAfter = TimeSpan.FromSeconds(3);

    private readonly ClaimRamp _ramp;
    private readonly HashSet<int> _asked = [];
    private readonly Lock _askGate = new();
    private CancellationTokenSource _asking = new();
    private Task? _renewing;
    private Task? _catchingUp;
    private Task? _draining;
    private Task? _evening;
    private long _renewedAt;
    private long _renewAt;
    private long _keepAt;
    private long _sweepAt;
    private long _unevenSince;
    private volatile bool _missed;
    private volatile bool _catchUp = true;
    private bool _leaving;

    /// <summary>Orleans says who is there now. One at a time.</summary>
    internal void Hear(ClusterMembershipSnapshot members)
    {
        var before = _view.Members;
        _view.Members = members;
        Reach(members);
        if (before is not null && !OrleansView.Reachable(before).IsSubsetOf(OrleansView.Reachable(members)))
        {
            AskAnew();
        }

        _missed = true;
        _wakeup.Set();
    }

    /// <summary>This silo must end: nothing of it may go on.</summary>
    /// <param name="why">An <see cref="OrleansException"/> if it is because Orleans gave it up: it is declared dead, or its part of the cluster cannot go on.</param>
    internal void Fell(Exception why)
    {
        _failed.TrySetResult(why);

        // Whoever waits for an answer of another silo hears at once that there will be none: the process ends only when its calls have.
        _router.Reach([]);
        DropAll("this silo cannot go on");
    }

    private void DropAll(string why)
    {
        foreach (var partition in Enumerable.Range(0, _host?.Partitions ?? 0))
        {
            _ = Task.Run(() => DropAsync(partition, why));
        }
    }

    private async Task RunAsync()
    {
        _renewAt = _keepAt = _sweepAt = _machine.GetTimestamp();
        while (!Volatile.Read(ref _stopping))
        {
            _alarm.Change(Step(), Timeout.InfiniteTimeSpan);
            await _wakeup.WaitAsync();
        }
    }

    /// <summary>Does what is due; returns how long nothing will be.</summary>
    private TimeSpan Step()
    {
        if (_missed)
        {
            _missed = false;
            _renewAt = Math.Min(_renewAt, After(TimeSpan.FromMilliseconds(50)));
        }

        if (IsDue(_renewAt) && _renewing is null or { IsCompleted: true })
        {
            _renewAt = After(_settings.RenewEvery);
            _renewing = RenewAsync();
        }

        if (!IsRenewed && HasAny())
        {
            DropAll("the store has not heard of this silo for as long as its lease");
        }

        if (IsDue(_keepAt))
        {
            _keepAt = After(_settings.ClaimStep);
            Keep();
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
        if (_draining is null or { IsCompleted: true } && HasAny() && Me() is { } me && me.Marks.HasFlag(SiloMarks.Draining))
        {
            _draining = DrainAsync();
        }

        var sleep = _machine.GetElapsedTime(_machine.GetTimestamp(), Math.Min(Math.Min(_renewAt, _keepAt), _sweepAt));
        return sleep > TimeSpan.Zero ? TimeSpan.FromMilliseconds(Math.Ceiling(sleep.TotalMilliseconds)) : TimeSpan.FromMilliseconds(1);
    }

    /// <summary>Announces this silo and takes the rows in: level, zone, address, operators' wishes. A silo that the store does not hear of for its lease drops its partitions, and others may take them.</summary>
    private async Task RenewAsync()
    {
        var sentAt = _machine.GetTimestamp();
        try
        {
            using var limit = new CancellationTokenSource(_settings.Lease / 2, _machine);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _over.Token);
            Look(await _view.RenewAsync(Announcement(), either.Token));
            Volatile.Write(ref _renewedAt, sentAt);
        }
        catch (Journal.StoreRefusedException refused)
        {
            Fell(refused);
        }
#pragma warning disable CA1031 // Whatever the store's client throws: the last view stays, and it is tried again.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            if (!_over.IsCancellationRequested)
            {
                LogNotRenewed(_log, fault);
            }
        }

        _wakeup.Set();
    }

    private void Look(ClusterView view)
    {
        if (_rows is { } before && before.Incarnation != view.Incarnation)
        {
            Fell(new InvalidOperationException($"the store was restored: its incarnation was {before.Incarnation} and is {view.Incarnation} now; start again"));
            return;
        }

        if (view.Level > _settings.Level)
        {
            Fell(new InvalidOperationException($"the cluster uses feature level {view.Level}, this silo reads up to {_settings.Level}; start a newer version"));
            return;
        }

        _rows = view;
        _host!.Learn(view.Level);
        if (_view.Members is { } members)
        {
            Reach(members);
        }

        foreach (var (partition, epoch, owner) in view.Partitions)
        {
            LearnOne(partition, epoch, owner);
        }

        if (!_serving.Task.IsCompleted && Alive() is var alive && _router.Owners().All(o => alive.Contains(o.Owner)))
        {
            _serving.TrySetResult();
        }

        _catchUp = true;
        NoteSpread();
    }

    private void Reach(ClusterMembershipSnapshot members)
    {
        if (!_failed.Task.IsCompleted)
        {
            _router.Reach(OrleansView.Reachable(members).Where(s => s != _settings.Silo).ToDictionary(s => s, AddressOf));
        }
    }

    private void LearnOne(int partition, long epoch, string owner)
    {
        if (_router.Learn(partition, epoch, owner))
        {
            _ = Task.Run(() => DropAsync(partition, $"it was taken by silo `{owner}`"));
        }
    }

    /// <summary>
    /// Has partitions activated that nobody alive runs, a few at first: each silo those that placement gives to itself. Orleans would activate one at the first call, but a partition has timers, and what is due
    /// must not wait for a caller.
    /// </summary>
    private void Keep()
    {
        if (_view.Members is null || Volatile.Read(ref _leaving) || _failed.Task.IsCompleted || !IsRenewed)
        {
            return;
        }

        var alive = Alive();
        var candidates = Candidates();
        var assigned = Cluster.Placement.Assign(Cluster.Placement.Settled(_router.Owners(), candidates), candidates);
        var missing = _router.Owners().Where(o => _router.PlaceOf(o.Partition) == Place.Away && (alive.Contains(o.Owner) ? o.Owner : assigned[o.Partition]) == _settings.Silo).ToList();

        // Nothing is decided anywhere before the playbooks are known.
        foreach (var owner in missing.OrderByDescending(o => IsCatalog(o.Partition)).Take(_ramp.Take(missing.Count)))
        {
            _ = Task.Run(() => BringUpAsync(owner.Partition));
        }
    }

    /// <summary>Has Orleans activate a partition, here if nobody has it; learns where it is.</summary>
    private async Task BringUpAsync(int partition)
    {
        CancellationToken given;
        lock (_askGate)
        {
            if (!_asked.Add(partition))
            {
                return;
            }

            given = _asking.Token;
        }

        try
        {
            var place = await _orleans.WhereAsync(partition).WaitAsync(NoAnswerAfter, _machine, given);
            LearnOne(partition, place.Epoch, place.Silo);
        }
        catch (Exception late) when (late is TimeoutException || given.IsCancellationRequested)
        {
            LogNotUp(_log, partition, "Orleans has no answer");
        }
#pragma warning disable CA1031 // A partition that does not come up now is tried again at the next step, by this silo or another.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            LogNotUp(_log, partition, fault.Message);
        }
        finally
        {
            lock (_askGate)
            {
                _asked.Remove(partition);
            }
        }
    }

    /// <summary>A silo is gone: what waited for it, or behind what did, is asked again at the next step.</summary>
    private void AskAnew()
    {
        CancellationTokenSource over;
        lock (_askGate)
        {
            (over, _asking) = (_asking, new());
        }

        over.Cancel();
        over.Dispose();
    }

    /// <summary>The names of the silos that others should leave alone: Orleans reaches them, and the store has heard of them.</summary>
    private HashSet<string> Alive() => [.. (View?.Silos ?? []).Where(s => s.Alive).Select(s => s.Silo)];

    /// <summary>The store has heard of this silo within its lease, counted from before the last renewal was sent.</summary>
    private bool IsRenewed => _machine.GetElapsedTime(Volatile.Read(ref _renewedAt)) < _settings.Lease;

    private List<Candidate> Candidates() => View is { } view
        ? [.. Cluster.Placement.CandidatesOf(view).Where(c => c.Silo != _settings.Silo || !Volatile.Read(ref _leaving)).Select(c => c with { Build = BuildOf(c.Silo) })]
        : [];

    /// <summary>The version of a silo's program; null while Orleans has not said it.</summary>
    internal Version? BuildOf(string silo) =>
        _view.Members is { } members && OrleansView.AddressOf(members, silo) is { } address && _orleans.Services?.GetService<IClusterManifestProvider>() is { } manifests
            ? Build.Of(manifests.Current, address)
            : null;

    private SiloRow? Me() => _rows?.Silos.FirstOrDefault(s => s.Silo == _settings.Silo);

    private void NoteSpread()
    {
        var candidates = Candidates();
        var uneven = candidates.Select(c => c.Level).Distinct().Count() == 1 && Cluster.Placement.Spread(Cluster.Placement.Settled(_router.Owners(), candidates), candidates) > _settings.MostSpread;
        _unevenSince = !uneven ? 0 : _unevenSince == 0 ? Math.Max(1, _machine.GetTimestamp()) : _unevenSince;
    }

    /// <summary>Gives one partition away if the load has been uneven for long and this silo has more than its share.</summary>
    private void Even()
    {
        if (_unevenSince == 0 || _evening is { IsCompleted: false } || Volatile.Read(ref _leaving) || _machine.GetElapsedTime(_unevenSince) < _settings.SpreadFor)
        {
            return;
        }

        var candidates = Candidates();
        var assigned = Cluster.Placement.Assign(Cluster.Placement.Settled(_router.Owners(), candidates), candidates);
        for (var partition = 0; partition < assigned.Length; partition++)
        {
            if (_router.PlaceOf(partition) == Place.Here && assigned[partition] is { } target && target != _settings.Silo)
            {
                _evening = GiveAsync(partition, target);
                _evening.ContinueWith(_ => _wakeup.Set(), TaskScheduler.Default);
                return;
            }
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

    private bool IsCatalog(int partition) => _settings.Catalogs.Any(c => c.PartitionOf(_host!.Partitions) == partition);

    private SiloAnnouncement Announcement() => new(_settings.Silo, _settings.Address, _settings.Zone, _settings.Level, _settings.Lease, Volatile.Read(ref _leaving), SiloEngine.Orleans);

    private bool HasAny() => _router.Owners().Any(o => _router.PlaceOf(o.Partition) == Place.Here);

    private bool IsDue(long timestamp) => _machine.GetTimestamp() >= timestamp;

    private long After(TimeSpan time) => _machine.GetTimestamp() + (long)(time.TotalSeconds * _machine.TimestampFrequency);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the silo's row was not renewed; it is tried again")]
    private static partial void LogNotRenewed(ILogger log, Exception fault);

    [LoggerMessage(Level = LogLevel.Information, Message = "partition {Partition} did not come up: {Why}; it is tried again")]
    private static partial void LogNotUp(ILogger log, int partition, string why);
}
