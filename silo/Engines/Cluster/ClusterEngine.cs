using Microsoft.Extensions.Logging;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Outbox;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;
using PlaybookVersion = Orchestrator.Grains.Playbooks.PlaybookVersion;

namespace Orchestrator.Silo.Engines.Cluster;

/// <summary>
/// One of several silos that share a store. Each renews its lease, looks at the same view and takes what is its to take; nobody leads, nobody steals from the living,
/// and the store's epochs decide whenever two believe different things (README.md here).
/// </summary>
/// <remarks>
/// Members may be called from any thread. One loop on the scheduler given; all its waits go through the machine's clock, so a simulator runs this very code on one thread.
/// </remarks>
public sealed partial class ClusterEngine : ICluster, ILinkReceiver, IOwnerCalls
{
    private readonly IMembership _membership;
    private readonly ISiloLink _link;
    private readonly ClusterSettings _settings;
    private readonly TimeProvider _machine;
    private readonly TaskScheduler _scheduler;
    private readonly Func<double> _jitter;
    private readonly ILogger _log;
    private readonly Router _router;
    private readonly SiloTalk _talk;
    private readonly StallWatch _watch;
    private readonly Wakeup _wakeup = new();
    private readonly ITimer _alarm;
    private readonly CancellationTokenSource _over = new();
    private readonly TaskCompletionSource _informed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _serving = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Exception> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IPartitionHost? _host;

    // By partition: how often this silo had doubted itself when it began to take it.
    private int[] _takenUnder = [];

    // By partition: not taken before this timestamp, since it could not be taken just now.
    private long[] _notBefore = [];
    private volatile ClusterView? _view;
    private Task _loop = Task.CompletedTask;
    private bool _stopping;
    private bool _isOpen;

    /// <param name="membership">The database's view.</param>
    /// <param name="link">To the other silos; owned.</param>
    /// <param name="settings">Who it is, its times and bounds.</param>
    /// <param name="machine">Times everything here; never runs fast.</param>
    /// <param name="scheduler">Where the loop runs; <see cref="TaskScheduler.Default"/> outside simulations.</param>
    /// <param name="jitter">Draws from [0, 1): spreads renewals, so that silos started together do not come together.</param>
    /// <param name="log">For lifecycle and faults.</param>
    public ClusterEngine(IMembership membership, ISiloLink link, ClusterSettings settings, TimeProvider machine, TaskScheduler scheduler, Func<double> jitter, ILogger log)
    {
        (_membership, _link, _settings, _machine, _scheduler, _jitter, _log) = (membership, link, settings, machine, scheduler, jitter, log);
        _router = new Router(settings, link, machine);
        _talk = new SiloTalk(_router, settings);
        _watch = new StallWatch(machine, settings.Lease, settings.ReadMargin, settings.StallShare);
        _claims = new ClaimWindow(settings.FirstClaims, settings.MostClaims);
        _alarm = machine.CreateTimer(static wakeup => ((Wakeup)wakeup!).Set(), _wakeup, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Completes once every partition has been seen to have a live owner.</summary>
    public Task Serving => _serving.Task;

    /// <summary>Completes if this silo must exit: the store is not the one any more that it was started on.</summary>
    public Task<Exception> Failed => _failed.Task;

    /// <summary>The last view of the cluster; null before the first.</summary>
    public ClusterView? View => _view;

    /// <summary>The highest feature level that this silo reads.</summary>
    public int Level => _settings.Level;

    /// <summary>This silo's name.</summary>
    public string Silo => _settings.Silo;

    /// <summary>By partition: the newest owner heard of, with its epoch.</summary>
    public IReadOnlyList<Ownership> Owners => _isOpen ? _router.Owners() : [];

    /// <summary>Whether a partition runs here and takes commands.</summary>
    public bool Runs(int partition) => _isOpen && _router.PlaceOf(partition) == Place.Here;

    public bool Trusts(int partition) => Runs(partition) && _watch.Trusts(Volatile.Read(ref _takenUnder[partition]));

    public async Task StartAsync(IPartitionHost host, CancellationToken cancel)
    {
        _host = host;
        _takenUnder = new int[host.Partitions];
        _notBefore = new long[host.Partitions];
        _talk.Open(host, new PlaybookExchange(host, _log));
        _router.Open(host, this);
        _isOpen = true;
        _link.Open(new LinkHello { Silo = _settings.Silo, Level = _settings.Level, Incarnation = host.Incarnation, Credit = _settings.LinkCredit }, this);
        var sentAt = _machine.GetTimestamp();
        Look(await _membership.RenewAsync(Announcement(), cancel), sentAt);
        _loop = Task.Factory.StartNew(RunAsync, CancellationToken.None, TaskCreationOptions.DenyChildAttach, _scheduler).Unwrap();
        await _informed.Task.WaitAsync(cancel);
    }

    public void Tell(int partition, GrainCommand command, IAnswered? to, object? state)
    {
        // The common case allocates nothing.
        if (!_isOpen || _router.PlaceOf(partition) != Place.Here || !_host!.TryTell(partition, command, to, state))
        {
            _router.Go(new CommandErrand(partition, command, to, state));
        }
    }

    public void Post(int partition, PartitionMessage message) => _router.Post(partition, message);

    public async Task<ReadResult> ReadAsync(int partition, IReadOnlyList<GrainKey> keys, CancellationToken cancel)
    {
        if (_isOpen && _router.PlaceOf(partition) == Place.Here && TryRead(partition, keys) is { } here)
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

    public void Lost(int partition) => Start(() => DropAsync(partition));

    public Task<LinkAnswer> CallAsync(int partition, LinkAsk ask) => _talk.CallAsync(partition, ask);

    public void Attach(IOwnerCalls delivery, ILinkReceiver listener) => _talk.Attach(delivery, listener);

    public bool Send(string silo, LinkMessage message) =>
        _view?.Silos.FirstOrDefault(s => s.Silo == silo) is { } row && _link.Send(silo, row.Address, message);

    public IReadOnlyList<string> Others => [.. (_view?.Silos ?? []).Where(s => s.Alive && s.Silo != _settings.Silo).Select(s => s.Silo).Order(StringComparer.Ordinal)];

    Task<LinkAnswer>? IOwnerCalls.TryCall(int partition, LinkAsk ask) =>
        _talk.TryCall(partition, ask, keys => TryRead(partition, keys), to => _talk.HandOverAsync(partition, to, View, () => GiveAsync(partition, to)));

    void ILinkReceiver.Linked(LinkHello silo)
    {
        _talk.Linked(silo);
        _wakeup.Set();
    }

    void ILinkReceiver.Received(string from, LinkMessage message)
    {
        switch (message.KindCase)
        {
            case LinkMessage.KindOneofCase.Moved:
                LearnOne(message.Moved.Partition, message.Moved.Epoch, message.Moved.Owner);
                break;
            case LinkMessage.KindOneofCase.Take:
                LearnOne(message.Take.Partition, message.Take.Epoch, _settings.Silo);
                if (Begin(message.Take.Partition))
                {
                    Start(() => ClaimAsync(message.Take.Partition, message.Take.Epoch));
                }

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

        // It may have died: whoever takes over should not learn of it late.
        _missed = true;
        _wakeup.Set();
    }

    private void Broadcast(LinkMessage message)
    {
        foreach (var silo in Others)
        {
            Send(silo, message);
        }
    }

    private void Start(Func<Task> work) => _ = Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, _scheduler).Unwrap();

    /// <summary>Memory as of now, or nothing: after it was read, the lease must still have held, or another silo may have taken the partition and written before.</summary>
    private Task<ReadResult>? TryRead(int partition, IReadOnlyList<GrainKey> keys)
    {
        var doubts = Volatile.Read(ref _takenUnder[partition]);
        return _host!.TryRead(partition, keys) is { } reading ? GuardedAsync() : null;

        async Task<ReadResult> GuardedAsync()
        {
            var read = await reading;
            return _watch.Trusts(doubts) ? read : throw new PartitionUnavailableException($"silo `{_settings.Silo}` is not sure any more that partition {partition} is its own");
        }
    }
}
