using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Engines.Cluster;
using Orchestrator.Silo.Outbox;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;
using PlaybookVersion = Orchestrator.Grains.Playbooks.PlaybookVersion;

namespace Orchestrator.Silo.Engines.Orleans;

/// <summary>
/// Silos in an Orleans cluster that share a store. Orleans says who is alive, where a partition is activated and how to reach it; the router and its lanes, the same as between silos without Orleans, keep the
/// order of each caller and answer every errand; the store's epochs decide whenever two believe different things (README.md here).
/// </summary>
/// <remarks>Members may be called from any thread. One loop on the thread pool keeps every partition active; partitions come and go on their grains' own schedulers.</remarks>
public sealed partial class OrleansEngine : ICluster, ILinkReceiver, IOwnerCalls
{
    private readonly OrleansView _view;
    private readonly ISiloLink _link;
    private readonly IOrleansSilo _orleans;
    private readonly Fence _fence;
    private readonly ClusterSettings _settings;
    private readonly TimeProvider _machine;
    private readonly ILogger _log;
    private readonly Router _router;
    private readonly SiloTalk _talk;
    private readonly Wakeup _wakeup = new();
    private readonly ITimer _alarm;
    private readonly CancellationTokenSource _over = new();
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _informed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _serving = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Exception> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<int, PartitionGrain> _grains = [];
    private IPartitionHost? _host;
    private volatile ClusterView? _rows;
    private Task _loop = Task.CompletedTask;
    private bool _stopping;

    // By partition: under which epoch it runs here.
    private long[] _epochs = [];

    /// <param name="orleans">This silo's part of the Orleans cluster; started and stopped with the engine; owned.</param>
    /// <param name="view">The silos, by rows and by Orleans.</param>
    /// <param name="link">To the other silos; owned.</param>
    /// <param name="fence">Epochs as the store has them; owned.</param>
    /// <param name="settings">Who it is, its times and bounds. Its lease is how long its row counts for tools and for the feature level.</param>
    /// <param name="machine">Times everything here.</param>
    internal OrleansEngine(IOrleansSilo orleans, OrleansView view, ISiloLink link, Fence fence, ClusterSettings settings, TimeProvider machine, ILogger log)
    {
        (_orleans, _view, _link, _fence, _settings, _machine, _log) = (orleans, view, link, fence, settings, machine, log);
        _router = new Router(settings, link, machine);
        _talk = new SiloTalk(_router, settings);
        _ramp = new ClaimRamp(settings.FirstClaims);
        _alarm = machine.CreateTimer(static wakeup => ((Wakeup)wakeup!).Set(), _wakeup, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    internal ISiloLink Link => _link;

    /// <summary>Where a grain's partition runs, as far as this silo knows; null if nowhere.</summary>
    internal global::Orleans.Runtime.SiloAddress? OwnerOf(GrainKey key) =>
        _host is { } host && _view.Members is { } members ? OrleansView.AddressOf(members, _router.Owners()[key.PartitionOf(host.Partitions)].Owner) : null;

    public Task Serving => _serving.Task;

    public Task<Exception> Failed => _failed.Task;

    public ClusterView? View => _rows is { } rows ? _view.Seen(rows) : null;

    public int Level => _settings.Level;

    public string Silo => _settings.Silo;

    public bool Runs(int partition) => _host is not null && _router.PlaceOf(partition) == Place.Here;

    /// <summary>As far as this silo knows: there is no lease to look at.</summary>
    public bool Trusts(int partition) => Runs(partition);

    public IReadOnlyList<string> Others =>
        _view.Members is { } members ? [.. OrleansView.Reachable(members).Where(s => s != _settings.Silo).Order(StringComparer.Ordinal)] : [];

    public async Task StartAsync(IPartitionHost host, CancellationToken cancel)
    {
        _epochs = new long[host.Partitions];
        _talk.Open(host, new PlaybookExchange(host, _log));
        _router.Open(host, this);
        _host = host;

        // The row first: whoever sees this silo in Orleans must be able to see its level and its marks.
        _renewedAt = _machine.GetTimestamp();
        Look(await _view.RenewAsync(Announcement(), cancel));
        _link.Open(new LinkHello { Silo = _settings.Silo, Level = _settings.Level, Incarnation = host.Incarnation, Credit = _settings.LinkCredit }, this);
        _opened.TrySetResult();
        try
        {
            await _orleans.StartAsync(this, cancel);
        }
#pragma warning disable CA1031 // Whatever Orleans throws, such as a port that is taken: the silo has not come in.
        catch (Exception fault) when (fault is not (OperationCanceledException or Journal.StoreRefusedException or System.Data.Common.DbException))
#pragma warning restore CA1031
        {
            throw NotJoined(_failed.Task.IsCompleted ? await _failed.Task : fault);
        }

        _loop = Task.Run(RunAsync, CancellationToken.None);
        await Task.WhenAny(_informed.Task, _failed.Task).WaitAsync(cancel);
        if (_failed.Task.IsCompleted)
        {
            throw NotJoined(await _failed.Task);
        }
    }

    private static EngineRefusedException NotJoined(Exception why) => new($"the silo could not join the Orleans cluster: {why.Message}", why);

    public void Tell(int partition, GrainCommand command, IAnswered? to, object? state)
    {
        // The common case allocates nothing.
        if (_host is null || _router.PlaceOf(partition) != Place.Here || !_host.TryTell(partition, command, to, state))
        {
            _router.Go(new CommandErrand(partition, command, to, state));
        }
    }

    public void Post(int partition, PartitionMessage message) => _router.Post(partition, message);

    public async Task<ReadResult> ReadAsync(int partition, IReadOnlyList<GrainKey> keys, CancellationToken cancel)
    {
        if (_host is not null && _router.PlaceOf(partition) == Place.Here && TryRead(partition, keys) is { } here)
        {
            return await here.WaitAsync(cancel);
        }

        return await _talk.ReadAsync(partition, keys, cancel);
    }

    public void Published(string tenant, PlaybookVersion version)
    {
        if (_talk.Published(tenant, version) is { } news)
        {
            Broadcast(news);
        }
    }

    public void Lost(int partition) => _ = Task.Run(() => DropAsync(partition, "the store refused a frame: another silo has the partition"));

    public Task<LinkAnswer> CallAsync(int partition, LinkAsk ask) => _talk.CallAsync(partition, ask);

    public void Attach(IOwnerCalls delivery, ILinkReceiver listener) => _talk.Attach(delivery, listener);

    public bool Send(string silo, LinkMessage message) => Others.Contains(silo) && _link.Send(silo, AddressOf(silo), message);

    Task<LinkAnswer>? IOwnerCalls.TryCall(int partition, LinkAsk ask) =>
        _talk.TryCall(partition, ask, keys => TryRead(partition, keys), to => _talk.HandOverAsync(partition, to, View, () => GiveAsync(partition, to)));

    void ILinkReceiver.Linked(LinkHello silo) => _talk.Linked(silo);

    void ILinkReceiver.Received(string from, LinkMessage message)
    {
        switch (message.KindCase)
        {
            case LinkMessage.KindOneofCase.Moved:
                LearnOne(message.Moved.Partition, message.Moved.Epoch, message.Moved.Owner);
                break;
            default:
                if (!_talk.Received(from, message, Send))
                {
                    _catchUp = true;
                    _wakeup.Set();
                }

                break;
        }
    }

    void ILinkReceiver.Broken(string silo)
    {
        _talk.Broken(silo);

        _wakeup.Set();
    }

    private void Broadcast(LinkMessage message)
    {
        foreach (var silo in Others)
        {
            _link.Send(silo, AddressOf(silo), message);
        }
    }

    private string AddressOf(string silo) => _rows?.Silos.FirstOrDefault(s => s.Silo == silo)?.Address ?? "";

    /// <summary>Memory as of now, or nothing: after it was read, the store must say that the epoch is still this silo's, or another may have taken the partition and written before.</summary>
    private Task<ReadResult>? TryRead(int partition, IReadOnlyList<GrainKey> keys)
    {
        var epoch = Volatile.Read(ref _epochs[partition]);
        return _host!.TryRead(partition, keys) is { } reading ? GuardedAsync() : null;

        async Task<ReadResult> GuardedAsync()
        {
            var read = await reading;
            if (await NowAsync() is var now && now == epoch)
            {
                return read;
            }

            if (now > epoch)
            {
                _ = Task.Run(() => DropAsync(partition, "the store says that another silo has the partition"));
            }

            throw new PartitionUnavailableException($"partition {partition} does not belong to silo `{_settings.Silo}` any more");
        }

        async Task<long> NowAsync()
        {
            try
            {
                return (await _fence.AskAsync(partition, _over.Token)).Epoch;
            }
            catch (Exception fault) when (fault is System.Data.Common.DbException or TimeoutException or OperationCanceledException)
            {
                throw new PartitionUnavailableException($"silo `{_settings.Silo}` cannot ask the store whether partition {partition} is still its own");
            }
        }
    }
}
