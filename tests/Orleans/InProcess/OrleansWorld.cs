using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.EndToEnd.Harness;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Orleans;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo;
using Orchestrator.Silo.Api;
using Orchestrator.Silo.Engines;
using Orchestrator.Silo.Engines.Cluster;
using Orchestrator.Silo.Engines.Orleans;
using Orchestrator.Silo.Engines.Orleans.Facades;
using Orchestrator.Silo.Engines.Postgres;
using Orchestrator.Silo.Journal.Postgres;
using Orchestrator.Silo.Partitions;
using Orchestrator.Storage.Contract.Tests.Postgres;
using Orleans;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.TestingHost;

namespace Orchestrator.Orleans.Tests.InProcess;

/// <summary>Silos of Orleans' own test cluster in this process, each with all parts of ours as they are shipped, on one real PostgreSQL.</summary>
internal sealed class OrleansWorld : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly string _place;
    private readonly int _partitions;
    private readonly Func<int, int> _level;
    private readonly Func<int, Version> _build;

    // Silos that are deployed together are made on several threads at a time.
    private readonly ConcurrentDictionary<string, Member> _members = new();
    private InProcessTestCluster? _cluster;

    private OrleansWorld(string place, int partitions, Func<int, int> level, Func<int, Version> build) => (_place, _partitions, _level, _build) = (place, partitions, level, build);

    /// <summary>In the order of their numbers, from 0, which is that in which they started.</summary>
    public IReadOnlyList<Member> Members => [.. _members.Values.Where(m => m.IsStarted).OrderBy(m => m.Number)];

    public IClusterClient Client => _cluster!.Client;

    /// <param name="level">By number of the silo, from 0: the feature level that it says it reads.</param>
    /// <param name="build">By number of the silo, from 0: the version that it says it is of.</param>
    public static async Task<OrleansWorld> StartAsync(PostgresServer server, int silos, int partitions = 16, Func<int, int>? level = null, string? playbook = null, Func<int, Version>? build = null)
    {
        var world = new OrleansWorld(server.NewPlace(), partitions, level ?? (_ => Silo.Journal.FeatureLevel.Current), build ?? (_ => Build.Own));
        try
        {
            var builder = new InProcessTestClusterBuilder((short)silos);
            builder.ConfigureSilo((options, silo) => world.Add(options.SiloName, silo));
            builder.ConfigureClient(client => client.AddMemoryStreams(ActionStreams.Provider).AddActivityPropagation());
            world._cluster = builder.Build();
            await world._cluster.DeployAsync();
            foreach (var handle in world._cluster.Silos.OrderBy(h => world._members[h.Name].Number))
            {
                await world._members[handle.Name].StartAsync(handle);
            }

            await world.UntilAsync(() => world.Members.Sum(m => m.Running.Length) == partitions, "every partition runs");
            await world.EvenAsync();
            await world.PublishAsync(playbook ?? Texts.Mails);
            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    /// <summary>Publishes at one silo; returns when all decide by it.</summary>
    public async Task PublishAsync(string text)
    {
        var version = (await new PlaybookService(Members[0].Parts.Runtime, Members[0].Parts.Store).Publish(new() { Text = text, File = "test.yaml" }, new CallContext())).Version.Version;
        await UntilAsync(() => Members.All(m => m.Parts.Shelf.Current.Current("default")?.Version == version), "every silo knows the playbook");
    }

    /// <summary>Moves partitions until all silos have as many as the others, as an operator would.</summary>
    private async Task EvenAsync()
    {
        while (Members.MaxBy(m => m.Running.Length) is { } rich && Members.MinBy(m => m.Running.Length) is { } poor && rich.Running.Length - poor.Running.Length > 1)
        {
            await UntilAsync(() => rich.Engine.View!.Silos.Any(s => s.Silo == poor.Name && s.Alive), $"{rich.Name} knows {poor.Name}");
            var (pause, refused) = await rich.Engine.MoveAsync(rich.Running[0], poor.Name);
            Assert.True(pause is not null, refused);
            await UntilAsync(() => Members.Sum(m => m.Running.Length) == _partitions, "what was moved runs");
        }
    }

    /// <summary>One more silo.</summary>
    public async Task<Member> JoinAsync()
    {
        var handle = await _cluster!.StartAdditionalSiloAsync();
        await _members[handle.Name].StartAsync(handle);
        return _members[handle.Name];
    }

    /// <summary>
    /// Has Orleans declare a silo dead that lives, and that hears nothing of it: its partitions go on believing that they are its own while Orleans activates them elsewhere. What a pause or a network that parts can do, and what
    /// Orleans' documents call a duplicate activation.
    /// </summary>
    public async Task CutAsync(Member member)
    {
        member.IsDeaf = true;
        var other = Members.First(m => m != member).Handle;
        await other.ServiceProvider.GetRequiredService<IClusterMembershipService>().TryKill(member.Handle.SiloAddress);
    }

    /// <summary>
    /// Ends a silo of Orleans as a kill does: it tells nobody and hands nothing over. The parts of ours that were on it go on in this process until the world ends, and hear of nothing: what a killed process cannot do, a zombie can.
    /// </summary>
    public async Task KillAsync(Member member)
    {
        (member.IsDeaf, member.IsKilled) = (true, true);
        await _cluster!.KillSiloAsync(member.Handle);
    }

    public async Task UntilAsync(Func<bool> condition, string what)
    {
        for (var patience = Stopwatch.StartNew(); !condition(); await Task.Delay(20))
        {
            Assert.True(patience.Elapsed < Patience, $"it did not happen within {Patience} that {what}");
        }
    }

    /// <summary>An account whose partition has this number.</summary>
    public string AccountIn(int partition) => Enumerable.Range(0, int.MaxValue).Select(n => $"acme-{n}").First(a => GrainKey.Account("default", a).PartitionOf(_partitions) == partition);

    public static Task<Outcome> AskAsync(Member member, V1.Signal signal) =>
        member.Parts.Runtime.AskAsync(new AccountCommand.Record(GrainKey.Account("default", signal.Account), signal, "", DateTimeOffset.UtcNow), CancellationToken.None);

    /// <summary>Asks again, with the same signal, until it is durable.</summary>
    public static async Task InsistAsync(Member member, V1.Signal signal)
    {
        for (var patience = Stopwatch.StartNew(); await AskAsync(member, signal) is not Outcome.Accepted; await Task.Delay(20))
        {
            Assert.True(patience.Elapsed < Patience, $"the signal {signal.Id} was not taken within {Patience}");
        }
    }

    /// <summary>The signals of an account in the order in which they were recorded.</summary>
    public static async Task<string[]> RecordedAsync(Member member, string account) =>
        [.. (await (await member.Services.Task).TimelineAsync(new() { Account = account, PageSize = 1_000 })).Entries.Where(e => e.Kind == "signal" && e.Signal is not null).Select(e => e.Signal.Id).Reverse()];

    /// <summary>What the store says of the owner of a partition.</summary>
    public Task<object?> OwnerAsync(int partition) => PostgresServer.AskAsync(_place, $"SELECT owner FROM fence WHERE partition = {partition}");

    public Task<object?> EpochAsync(int partition) => PostgresServer.AskAsync(_place, $"SELECT epoch FROM fence WHERE partition = {partition}");

    public async ValueTask DisposeAsync()
    {
        foreach (var member in _members.Values)
        {
            await member.DisposeAsync();
        }

        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
    }

    private void Add(string name, ISiloBuilder silo)
    {
        // Such as `Silo_2`.
        var number = int.Parse(name.AsSpan(name.LastIndexOf('_') + 1), NumberStyles.None, CultureInfo.InvariantCulture);
        var member = new Member(this, name, number, _place, _partitions, _level(number));
        Assert.True(_members.TryAdd(name, member), $"the silo {name} is there already");
        OrleansSilo.Configure(silo, member.Engine, member.Services.Task, _build(number));
        silo.Services.Replace(ServiceDescriptor.Singleton<IFatalErrorHandler>(member));
        silo.AddMemoryStreams(ActionStreams.Provider);
        silo.AddMemoryGrainStorageAsDefault();
        silo.AddMemoryGrainStorage("PubSubStore");
        silo.UseInMemoryReminderService();
    }

    /// <summary>One silo.</summary>
    internal sealed class Member : IOrleansSilo, IFatalErrorHandler
    {
        private readonly OrleansWorld _world;
        private readonly PostgresMembership _rows;
        private readonly CancellationTokenSource _over = new();
        private readonly int _partitions;
        private InProcessSiloHandle? _handle;
        private Task _hearing = Task.CompletedTask;

        public Member(OrleansWorld world, string name, int number, string place, int partitions, int level)
        {
            (_world, Name, Number, _partitions) = (world, name, number, partitions);
            _rows = new PostgresMembership(place);
            var view = new OrleansView(new Hearing(this, _rows));
            var link = new OrleansLink(silo => EarOf(view, silo), TimeProvider.System, NullLogger.Instance);
            var me = new ClusterSettings { Silo = name, Address = "127.0.0.1:1", Level = level, Catalogs = [GrainKey.Catalog("default")], SpreadFor = TimeSpan.FromMinutes(10) };
            Engine = new OrleansEngine(this, view, link, new Fence(place), me, TimeProvider.System, NullLogger.Instance);
            var settings = ServerSettings.Read([], _ => null, out _)! with { Partitions = partitions };
            Parts = new SiloParts(settings, new PostgresStore(place), TimeProvider.System, NullLoggerFactory.Instance, cluster: Engine);
            Services.SetResult(new Services(Parts, TimeProvider.System));
        }

        public string Name { get; }

        public int Number { get; }

        public OrleansEngine Engine { get; }

        public SiloParts Parts { get; }

        public TaskCompletionSource<Services> Services { get; } = new();

        public InProcessSiloHandle Handle => _handle!;

        public bool IsStarted => _handle is not null;

        /// <summary>Numbers of the partitions that run here, as it believes.</summary>
        public int[] Running => [.. Enumerable.Range(0, _partitions).Where(Engine.Runs)];

        /// <summary>Hears neither that Orleans has given it up nor, when it looks into the store, who has its partitions now.</summary>
        public bool IsDeaf { get; set; }

        public bool IsKilled { get; set; }

        bool IFatalErrorHandler.IsUnexpected(Exception exception) => true;

        void IFatalErrorHandler.OnFatalException(object? sender, string? context, Exception? exception)
        {
            if (!IsDeaf)
            {
                Engine.Fell(exception ?? new OrleansException(context ?? ""));
            }
        }

        // A killed silo's are gone.
        private IServiceProvider? Provider => IsKilled ? null : _handle?.ServiceProvider;

        IServiceProvider? IOrleansSilo.Services => Provider;

        public async Task StartAsync(InProcessSiloHandle handle)
        {
            _handle = handle;
            await Parts.StartAsync(CancellationToken.None);
        }

        Task IOrleansSilo.StartAsync(OrleansEngine engine, CancellationToken cancel)
        {
            _hearing = Task.Run(() => OrleansSilo.HearAsync(Handle.ServiceProvider, engine, _over.Token), CancellationToken.None);
            return Task.CompletedTask;
        }

        Task<PartitionPlace> IOrleansSilo.WhereAsync(int partition) =>
            Provider is { } provider ? provider.GetRequiredService<IGrainFactory>().GetGrain<IPartitionGrain>(partition).WhereAsync() : throw new OrleansException("it was killed");

        async Task IOrleansSilo.StopAsync(bool inOrder)
        {
            _over.Cancel();
            if (!IsKilled)
            {
                await _world._cluster!.StopSiloAsync(Handle);
            }

            await _hearing;
        }

        public async ValueTask DisposeAsync()
        {
            if (IsStarted && !_disposed)
            {
                _disposed = true;
                if (IsKilled)
                {
                    Engine.Fell(new OrleansException("it was killed"));
                }

                await Parts.DisposeAsync();
                await _rows.DisposeAsync();
                _over.Dispose();
            }
        }

        private bool _disposed;

        ValueTask IAsyncDisposable.DisposeAsync() => default;

        /// <summary>The rows of the silos, which tell a deaf one what they told it before: it renews, and learns nothing.</summary>
        private sealed class Hearing(Member member, PostgresMembership rows) : IMembership
        {
            private ClusterView? _heard;

            public async Task<ClusterView> RenewAsync(SiloAnnouncement me, CancellationToken cancel)
            {
                var view = await rows.RenewAsync(me, cancel);
                return member.IsDeaf ? _heard ?? view : _heard = view;
            }

            public Task<ClusterView> ViewAsync(CancellationToken cancel) => rows.ViewAsync(cancel);

            public Task LeaveAsync(string silo, CancellationToken cancel) => rows.LeaveAsync(silo, cancel);

            public Task<bool> MarkAsync(string silo, SiloMarks marks, CancellationToken cancel) => rows.MarkAsync(silo, marks, cancel);
        }

        private IEar? EarOf(OrleansView view, string silo) =>
            view.Members is { } members && OrleansView.AddressOf(members, silo) is { } address ? Provider?.GetRequiredService<Ears>().At(address) : null;
    }
}
