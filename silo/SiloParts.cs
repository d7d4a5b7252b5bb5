using System.Security.Cryptography;
using Orchestrator.Silo.Api;
using Orchestrator.Silo.Collecting;
using Orchestrator.Silo.Delivery;
using Orchestrator.Silo.Delivery.Relays;
using Orchestrator.Silo.Engines;
using Orchestrator.Silo.Engines.Cluster;
using Orchestrator.Silo.InFlight;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Journal.Packing;
using Orchestrator.Silo.Lateness;
using Orchestrator.Silo.Partitions;
using Orchestrator.Silo.Retention;
using Orchestrator.Silo.Shadows;

namespace Orchestrator.Silo;

/// <summary>The parts of one silo, wired by hand: store, partitions, delivery and the services over them.</summary>
public sealed class SiloParts : IAsyncDisposable
{
    private const string AckKeySetting = "ack-key";
    private readonly IStore store;
    private readonly TimeProvider clock;
    private readonly DeliveryOptions? delivery;
    private readonly DeliverySink sink = new();
    private ClusterDelivery? relays;
    private readonly TurnWatch watch;
    private readonly ILogger<JournalRetention> retentionLog;
    private readonly int retentionDays;
    private JournalRetention? retention;
    private readonly ILogger<FlightWalk> walkLog;
    private FlightWalk? walk;
    private readonly ILogger<ShadowFollower> shadowLog;
    private readonly Corrector corrector;
    private readonly PlaybookPublisher publisher;

    private readonly PartitionScheduler scheduler;

    /// <param name="store">Not opened yet; owned.</param>
    /// <param name="cluster">Not started yet; owned. Null: this silo runs alone.</param>
    /// <param name="clock">Business time; a sample's runs fast.</param>
    /// <param name="bounds">Of the partitions; null = the default.</param>
    /// <param name="delivery">Times of delivery; null = the default.</param>
    public SiloParts(ServerSettings settings, IStore store, TimeProvider clock, ILoggerFactory logs, PartitionSettings? bounds = null, DeliveryOptions? delivery = null, ICluster? cluster = null)
    {
        Cluster = cluster;
        var level = new WritableLevel();
        this.store = store = settings.Packs ? PackedStore.Over(store, level, aside: true, cluster is null ? PackingEffort.Quick : PackingEffort.Thorough) : PackedStore.Reading(store);
        (this.clock, this.delivery) = (clock, delivery);
        publisher = new PlaybookPublisher(Shelf, logs.CreateLogger<PlaybookPublisher>());
        scheduler = new(settings.PartitionThreads > 0 ? settings.PartitionThreads : ServerSettings.UsualPartitionThreads(Environment.ProcessorCount));
        Runtime = new SiloRuntime(
            store,
            cluster is null ? new EmbeddedEngine() : cluster,
            new SiloSettings(settings.Partitions, cluster?.Silo ?? $"{Environment.MachineName}:{Environment.ProcessId}", bounds ?? PartitionSettings.Default with { CommitPause = TimeSpan.FromMilliseconds(settings.CommitPauseMilliseconds) }, cluster?.Level ?? FeatureLevel.Current),
            Shelf,
            publisher.Publish,
            sink,
            clock,
            scheduler,
            logs.CreateLogger<SiloRuntime>(),
            TimeProvider.System,
            level)
        {
            AfterCommit = new YoungCollector().Look,
        };
        corrector = new Corrector(Runtime, Shelf, logs.CreateLogger<Corrector>());
        sink.OnCorrect = corrector.Take;
        walkLog = logs.CreateLogger<FlightWalk>();
        shadowLog = logs.CreateLogger<ShadowFollower>();
        (retentionLog, retentionDays) = (logs.CreateLogger<JournalRetention>(), settings.RetentionDays);
        watch = new TurnWatch(Runtime, TimeProvider.System, logs.CreateLogger<TurnWatch>());
        People = new People(Runtime);
        Actions = new ActionForm(Shelf);
        Signals = new SignalService(Runtime, Shelf, clock);
        Levels = new Levels(Runtime, store, logs.CreateLogger<Levels>());
    }

    /// <summary>Null: this silo runs alone.</summary>
    public ICluster? Cluster { get; }

    public PlaybookShelf Shelf { get; } = new();

    public SiloRuntime Runtime { get; }

    public People People { get; }

    public ActionForm Actions { get; }

    public SignalService Signals { get; }

    public Levels Levels { get; }

    /// <summary>Known once started.</summary>
    public DeliveryHub Hub { get; private set; } = null!;

    /// <summary>Where consumers come: this silo's hub, or the hubs of all silos as one. Known once started.</summary>
    public IDelivery Delivery => relays is null ? Hub : relays;

    public IStore Store => store;

    /// <summary>Known once the store is open.</summary>
    public ShadowFollower Shadow { get; private set; } = null!;

    /// <summary>Opens the store and recovers; returns when everything is answered.</summary>
    /// <param name="opened">Runs once the store is open and before anything is taken from it.</param>
    /// <param name="known">Runs once the hub is there and before partitions are taken: other silos call as soon as they know of this one.</param>
    public async Task StartAsync(CancellationToken cancel, Func<IStore, Task>? opened = null, Func<Task>? known = null)
    {
        await Runtime.StartAsync(OpenedAsync, cancel, informed: () => Levels.SettleAsync(publisher.Needed, cancel));
        walk = new FlightWalk(Runtime, store, Shelf, IsFirstAlive, TimeProvider.System, walkLog);
        retention = retentionDays == 0 ? null : new JournalRetention(store, clock, TimeSpan.FromDays(retentionDays), IsFirstAlive, retentionLog);

        async Task OpenedAsync(StoreDescription description)
        {
            if (opened is not null)
            {
                await opened(store);
            }

            var key = await store.ReadOrAddSettingAsync(AckKeySetting, RandomNumberGenerator.GetBytes(32), cancel);
            Hub = new DeliveryHub(new AccountSettling(Runtime), Actions.Write, key, clock, TimeProvider.System, delivery);
            sink.Attach(Hub, description.Partitions);
            Shadow = new ShadowFollower(Runtime, store, Shelf, IsFirstAlive, TimeProvider.System, shadowLog);
            relays = Cluster is null ? null : new ClusterDelivery(Hub, Cluster, description.Partitions, cancel);
            if (known is not null)
            {
                await known();
            }
        }
    }

    /// <summary>Of the silos that share the store, the first by name does what only one has to.</summary>
    private bool IsFirstAlive() =>
        Cluster is null || (Cluster.View is { } view && view.Silos.Where(s => s.Alive).Select(s => s.Silo).Order(StringComparer.Ordinal).FirstOrDefault() == Cluster.Silo);

    public async ValueTask DisposeAsync()
    {
        watch.Dispose();
        if (Shadow is not null)
        {
            await Shadow.DisposeAsync();
        }

        await corrector.DisposeAsync();
        if (walk is not null)
        {
            await walk.DisposeAsync();
        }

        if (retention is not null)
        {
            await retention.DisposeAsync();
        }

        await Runtime.StopAsync();
        relays?.Dispose();
        Hub?.Dispose();
        scheduler.Dispose();
    }
}
