using System.Security.Cryptography;
using Orchestrator.Silo.Api;
using Orchestrator.Silo.Delivery;
using Orchestrator.Silo.Engines;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Partitions;

namespace Orchestrator.Silo;

/// <summary>The parts of one silo, wired by hand: store, partitions, delivery and the services over them.</summary>
public sealed class SiloParts : IAsyncDisposable
{
    private const string AckKeySetting = "ack-key";
    private readonly IStore store;
    private readonly TimeProvider clock;
    private readonly DeliverySink sink = new();

    /// <param name="store">Not opened yet; owned.</param>
    /// <param name="clock">Business time; a sample's runs fast.</param>
    public SiloParts(ServerSettings settings, IStore store, TimeProvider clock, ILoggerFactory logs)
    {
        (this.store, this.clock) = (store, clock);
        var publisher = new PlaybookPublisher(Shelf, logs.CreateLogger<PlaybookPublisher>());
        Runtime = new SiloRuntime(
            store,
            new EmbeddedEngine(),
            new SiloSettings(settings.Partitions, $"{Environment.MachineName}:{Environment.ProcessId}", PartitionSettings.Default),
            Shelf,
            publisher.Publish,
            sink,
            clock,
            TaskScheduler.Default,
            logs.CreateLogger<SiloRuntime>());
        People = new People(Runtime);
        Actions = new ActionForm(Shelf);
        Signals = new SignalService(Runtime, Shelf, clock);
    }

    public PlaybookShelf Shelf { get; } = new();

    public SiloRuntime Runtime { get; }

    public People People { get; }

    public ActionForm Actions { get; }

    public SignalService Signals { get; }

    /// <summary>Known once started.</summary>
    public DeliveryHub Hub { get; private set; } = null!;

    public IStore Store => store;

    /// <summary>Opens the store and recovers; returns when everything is answered.</summary>
    public async Task StartAsync(CancellationToken cancel) => await Runtime.StartAsync(
        async _ =>
        {
            var key = await store.ReadSettingAsync(AckKeySetting, cancel);
            if (key is null)
            {
                key = RandomNumberGenerator.GetBytes(32);
                await store.WriteSettingAsync(AckKeySetting, key, cancel);
            }

            Hub = new DeliveryHub(new AccountSettling(Runtime), Actions.Write, key, clock, TimeProvider.System);
            sink.Attach(Hub);
        },
        cancel);

    public async ValueTask DisposeAsync()
    {
        await Runtime.StopAsync();
        Hub?.Dispose();
    }
}
