using Microsoft.Extensions.Logging;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Silo.Delivery;
using Orchestrator.Silo.Delivery.Relays;
using Orchestrator.Silo.Engines;
using Orchestrator.Silo.Engines.Cluster;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Journal.Packing;
using Orchestrator.Silo.Partitions;
using Orchestrator.Simulation.Checking;
using Orchestrator.Simulation.Machine;
using Orchestrator.Simulation.Planting;
using Orchestrator.Simulation.Store;

namespace Orchestrator.Simulation.Worlds;

/// <summary>One start of one silo: the real runtime and the real delivery in a process of its own. When the process dies a new one takes its place.</summary>
internal sealed class SimSilo
{
    public static readonly byte[] AckKey = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];
    private readonly World _world;
    private readonly ClusterDelivery? _relays;
    private readonly HashSet<(int Partition, string Action)> _offered = [];

    public SimSilo(World world, int place, int start, int level)
    {
        _world = world;
        Level = level;
        Place = place;
        Name = $"silo-{place}.{start}";
        Process = world.Simulation.AddProcess(Name);
        var log = new CheckedLog(world, Process);
        if (world.Swarm.Cluster)
        {
            Cluster = new ClusterEngine(
                new SimulatedMembership(world.Model, world.Server.For(Process), world.Planted == PlantedBug.LeaseBySiloClock ? Process.Clock : null),
                world.Links.Of(this),
                new ClusterSettings { Silo = Name, Address = Name, Level = level, ReadMargin = world.Planted == PlantedBug.ReadsWithoutLease ? TimeSpan.FromDays(-1) : TimeSpan.FromMilliseconds(500) },
                Process.Clock,
                Process,
                world.Simulation.Random.Unit,
                log);
        }
        else if (world.Swarm.Silos > 1)
        {
            Adversary = new AdversaryEngine(world, this);
        }

        var shelf = new PlaybookShelf();
        shelf.Set(PlaybookLibrary.Empty.With(World.Tenant, SimPlaybook.Instance));
        var sink = new DeliverySink();
        var writable = new WritableLevel();
        Runtime = new SiloRuntime(
            PackedStore.Over(PlantedStore.Over(world, Process), writable, aside: false),
            Adversary ?? (IEngine?)Cluster ?? new EmbeddedEngine(),
            new SiloSettings(world.Swarm.Partitions, Name, world.Swarm.Settings, level),
            shelf,
            (_, _) => { },
            new CheckedSink(world, this, sink),
            Process.Clock,
            Process,
            log,
            level: writable)
        {
            OnTurn = command => world.Judges(this, command),
        };
        Hub = new DeliveryHub(PlantedSettling.Over(world, new AccountSettling(Runtime)), Describe, AckKey, Process.Clock, Process.Clock, new DeliveryOptions { Incarnation = world.NextGrant(this) });
        sink.Attach(Hub, world.Swarm.Partitions);
        _relays = Cluster is null ? null : new ClusterDelivery(Hub, Cluster, world.Swarm.Partitions, CancellationToken.None);
        Delivery = PlantedDelivery.Over(world, _relays is null ? Hub : _relays);
    }

    public int Place { get; }

    /// <summary>The highest feature level that it reads.</summary>
    public int Level { get; }

    public string Name { get; }

    public Process Process { get; }

    public SiloRuntime Runtime { get; }

    public DeliveryHub Hub { get; }

    /// <summary>Where consumers come: this silo's hub, or with the real engine the hubs of all silos as one.</summary>
    public IDelivery Delivery { get; }

    /// <summary>Null where a real engine runs.</summary>
    public AdversaryEngine? Adversary { get; }

    /// <summary>Null where another engine runs.</summary>
    public ClusterEngine? Cluster { get; }

    public bool Started { get; private set; }

    public bool Runs => Process.Alive && Started;

    /// <summary>Starts in its process; a start that fails ends the process, as it would a real one.</summary>
    public void Start()
    {
        Process.Start(async () =>
        {
            try
            {
                await Runtime.StartAsync(CancellationToken.None);
                Started = true;
                Process.Start(() => WatchAsync(Runtime.Failed));
                if (Cluster is not null)
                {
                    Process.Start(() => WatchAsync(Cluster.Failed));
                }
            }
            catch (Exception e) when (e is IOException or TimeoutException or StoreFullException or StoreFailedException or StoreRefusedException or InvalidOperationException)
            {
                _world.Crash(this);
            }
        });
    }

    public bool HasOffered(int partition, string action) => _offered.Contains((partition, action));

    public void Offered(int partition, string action) => _offered.Add((partition, action));

    /// <summary>The partition is not this silo's any more.</summary>
    public void Forget(int partition)
    {
        _offered.RemoveWhere(o => o.Partition == partition);
        if (_world.Planted != PlantedBug.LeasedByTwoSilos)
        {
            Hub.Forget(account => account.PartitionOf(_world.Swarm.Partitions) == partition);
        }
    }

    /// <summary>The process is gone, and with it what would hold on to the world.</summary>
    public void Dispose()
    {
        _relays?.Dispose();
        Hub.Dispose();
    }

    /// <summary>Gives everything away and ends; another process takes its place.</summary>
    public void Leave() => Process.Start(async () =>
    {
        Started = false;
        await Runtime.StopAsync();
        _world.Crash(this);
    });

    private async Task WatchAsync(Task<Exception> failed)
    {
        await failed;
        _world.Crash(this);
    }

    private static V1.Action Describe(OpenAction action, GrainKey account, string owner, IReadOnlyList<PersonName> identifiers) =>
        new() { Id = action.Id, Account = account.Affinity, Channel = action.Channel, Play = action.Play, ValidUntil = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(action.ValidUntil) };

    /// <summary>Looks at each effect before delivery hears of it.</summary>
    private sealed class CheckedSink(World world, SimSilo silo, DeliverySink inner) : IEffectSink
    {
        public void Release(in ReleasedEffect released)
        {
            var effect = released;
            if (world.Planted == PlantedBug.OfferedUnderNewId && released is { Sequence: 0, Effect: Effect.Offer offer })
            {
                effect = released with { Effect = offer with { Action = offer.Action with { Id = offer.Action.Id + "x" } } };
            }

            world.Effects.Released(effect);
            if (effect.Effect is Effect.Offer seen)
            {
                silo.Offered(effect.Partition, seen.Action.Id);
            }

            inner.Release(effect);
        }

        public void Forget(int partition) => silo.Forget(partition);
    }

    /// <summary>An exception that is none of the world's is a bug of ours, wherever it was caught.</summary>
    private sealed class CheckedLog(World world, Process process) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            world.Simulation.Trace.Note(world.Simulation.Now, "log", text: $"{process.Name}: {formatter(state, exception)} {exception?.Message}");
            if (!process.Alive)
            {
                // What it dies of.
                return;
            }

            if (exception is StoreRefusedException && world.Swarm.Upgrades)
            {
                return;
            }

            if (exception is not null and not (IOException or TimeoutException or StoreFullException or StoreFailedException or OperationCanceledException))
            {
                world.Simulation.Break("exception", $"{process.Name}: {formatter(state, exception)}\n{exception}");
            }
        }
    }
}
