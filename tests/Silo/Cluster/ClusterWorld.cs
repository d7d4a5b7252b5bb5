using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Silo.Engines.Cluster;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;

namespace Orchestrator.Silo.Tests.Cluster;

/// <summary>Several silos over one real store, with the clock, the network and the database's answers in the test's hands.</summary>
internal sealed class ClusterWorld : IAsyncDisposable
{
    public const string Tenant = World.Tenant;
    public const int Partitions = 16;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);
    private static readonly string Text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "wholesaler.yaml"));
    private readonly string _folder = Directory.CreateTempSubdirectory("cluster-").FullName;
    private readonly List<Member> _members = [];
    private SqliteStore _store = null!;
    private StoreDescription _description = null!;

    private ClusterWorld()
    {
    }

    public FakeTimeProvider Clock { get; } = new(World.Start);

    public MemoryNetwork Network { get; } = new();

    public MemoryMembership Membership { get; private set; } = null!;

    public IStore Store => _store;

    public IReadOnlyList<Member> Members => _members;

    /// <summary>Starts silos named a, b, ... one after the other, and waits until each partition is run by one of them.</summary>
    public static async Task<ClusterWorld> BeginAsync(int silos = 2, Func<ClusterSettings, ClusterSettings>? settings = null)
    {
        var world = new ClusterWorld();
        world._store = new SqliteStore(Path.Combine(world._folder, "store.db"), world.Clock);
        world._description = await world._store.OpenAsync(new StoreCreation(Partitions, "all"), CancellationToken.None);
        world.Membership = new MemoryMembership(world._store, world.Clock);
        for (var i = 0; i < silos; i++)
        {
            world.Add(((char)('a' + i)).ToString(), settings);
        }

        await Task.WhenAll(world._members.Select(m => world.InTimeAsync(m.Starting)));
        await world.UntilAsync(() => world.AllRun(world._members));
        return world;
    }

    public Member Add(string name, Func<ClusterSettings, ClusterSettings>? settings = null)
    {
        var member = new Member(this, name, settings ?? (s => s));
        _members.Add(member);
        return member;
    }

    /// <summary>Whether each partition is run by exactly one of these silos, and all of them know by which.</summary>
    public bool AllRun(IReadOnlyCollection<Member> members) => Enumerable.Range(0, Partitions).All(p =>
        members.Count(m => m.Runs(p)) == 1 && members.All(m => members.Any(o => o.Runs(p) && m.Engine.Owners[p].Owner == o.Name)));

    /// <summary>An account that lives in a partition of this silo.</summary>
    public static string AccountOf(Member member, int ordinal = 0)
    {
        for (var i = 0; ; i++)
        {
            var account = $"acme-{ordinal}-{i}";
            if (member.Runs(PartitionOf(account)))
            {
                return account;
            }
        }
    }

    public static int PartitionOf(string account) => GrainKey.Account(Tenant, account).PartitionOf(Partitions);

    public async Task<Outcome> AskAsync(Member member, GrainCommand command)
    {
        var asked = member.Silo.AskAsync(command, CancellationToken.None);
        await InTimeAsync(asked);
        return await asked;
    }

    /// <summary>As a client does: what was not answered is sent again.</summary>
    public async Task<Outcome> InsistAsync(Member member, GrainCommand command)
    {
        while (true)
        {
            if (await AskAsync(member, command) is var outcome and not (Outcome.Unavailable or Outcome.Overloaded))
            {
                return outcome;
            }
        }
    }

    /// <summary>Publishes the wholesaler's playbook; another digest makes another version.</summary>
    public CatalogCommand.Publish Publish(int digest = 1) => new(GrainKey.Catalog(Tenant), "wholesaler", Text, "wholesaler.yaml", $"digest-{digest}", [], 0);

    // Half of the lease; renewed every 1.5 s there is always more left.
    private static readonly TimeSpan RenewalIsDue = TimeSpan.FromSeconds(2.5);
    private readonly HashSet<(string Silo, DateTimeOffset Until)> _unrenewed = [];

    /// <summary>Moves the clock until something has happened.</summary>
    public async Task InTimeAsync(Task task)
    {
        await UntilAsync(() => task.IsCompleted);
        await task;
    }

    public async Task UntilAsync(Func<bool> condition)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(began) > Patience)
            {
                throw new TimeoutException($"it did not happen within {Patience}");
            }

            // The loops run beside this one: the clock waits for them, or they would think that they had stalled.
            await Task.Delay(1);
            while (ThreadPool.PendingWorkItemCount > 0)
            {
                await Task.Delay(1);
            }

            await RenewedAsync();
            Clock.Advance(Tick);
        }
    }

    /// <summary>A silo that is due to renew its lease gets real time to do so, or a busy machine takes it for dead. One that is dead gets it once.</summary>
    private async Task RenewedAsync()
    {
        var began = TimeProvider.System.GetTimestamp();
        while (Membership.Late(RenewalIsDue).Where(l => !_unrenewed.Contains(l)).ToList() is { Count: > 0 } late)
        {
            if (TimeProvider.System.GetElapsedTime(began) > TimeSpan.FromSeconds(1))
            {
                _unrenewed.UnionWith(late);
                return;
            }

            await Task.Delay(1);
        }
    }

    public async Task PassAsync(TimeSpan time)
    {
        var until = Clock.GetUtcNow() + time;
        await UntilAsync(() => Clock.GetUtcNow() >= until);
    }

    /// <summary>How often each signal is in the journal.</summary>
    public async Task<Dictionary<string, int>> RecordedAsync()
    {
        var recorded = new Dictionary<string, int>();
        foreach (var row in await _store.PartitionsAsync(CancellationToken.None))
        {
            await foreach (var frame in _store.ReadFramesAsync(row.Partition, 1, row.NextSequence - 1, CancellationToken.None))
            {
                foreach (var signal in FrameForm.Read(frame.Body).Entries.SelectMany(e => e.Events).Select(e => e.Account?.SignalRecorded?.Signal.Id).OfType<string>())
                {
                    recorded[signal] = recorded.GetValueOrDefault(signal) + 1;
                }
            }
        }

        return recorded;
    }

    /// <summary>What each frame of a partition says about its owners' deaths; null where it says nothing.</summary>
    public async Task<List<StoredCare?>> CareAsync(int partition)
    {
        var care = new List<StoredCare?>();
        var next = (await _store.PartitionsAsync(CancellationToken.None))[partition].NextSequence;
        await foreach (var frame in _store.ReadFramesAsync(partition, 1, next - 1, CancellationToken.None))
        {
            care.Add(FrameForm.Read(frame.Body).Care);
        }

        return care;
    }

    /// <summary>The signals of an account in the order in which they were applied.</summary>
    public async Task<List<string>> OrderAsync(string account)
    {
        var order = new List<string>();
        var partition = PartitionOf(account);
        var next = (await _store.PartitionsAsync(CancellationToken.None))[partition].NextSequence;
        await foreach (var frame in _store.ReadFramesAsync(partition, 1, next - 1, CancellationToken.None))
        {
            order.AddRange(FrameForm.Read(frame.Body).Entries.Where(e => e.Grain.Affinity == account).SelectMany(e => e.Events).Select(e => e.Account?.SignalRecorded?.Signal.Id).OfType<string>());
        }

        return order;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var member in _members.Where(m => !m.IsDead))
        {
            await InTimeAsync(member.Silo.StopAsync());
        }

        await _store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>One silo.</summary>
    internal sealed class Member
    {
        private readonly ClusterWorld _world;

        public Member(ClusterWorld world, string name, Func<ClusterSettings, ClusterSettings> settings)
        {
            (_world, Name) = (world, name);
            Store = new FaultyStore(new SharedStore(world._store, world._description));
            Shelf.Set(PlaybookLibrary.Empty);
            Engine = new ClusterEngine(
                world.Membership.Of(name),
                world.Network.Of(name),
                settings(new ClusterSettings { Silo = name, Address = $"{name}:1", Catalogs = [GrainKey.Catalog(Tenant)] }),
                world.Clock,
                TaskScheduler.Default,
                () => 0.5,
                new StandardErrorLog());
            Silo = new SiloRuntime(
                Store, Engine, new SiloSettings(Partitions, name, PartitionSettings.Default), Shelf, Publish, Sink, world.Clock, TaskScheduler.Default, new StandardErrorLog());
            Starting = Silo.StartAsync(CancellationToken.None);
        }

        public string Name { get; }

        public FaultyStore Store { get; }

        public PlaybookShelf Shelf { get; } = new();

        public RecordingSink Sink { get; } = new();

        public ClusterEngine Engine { get; }

        public SiloRuntime Silo { get; }

        public Task Starting { get; }

        public bool IsDead { get; private set; }

        public bool Runs(int partition) => Engine.Runs(partition);

        public int[] Running => [.. Enumerable.Range(0, Partitions).Where(Runs)];

        /// <summary>The process dies: nothing of it is heard or written any more.</summary>
        public void Kill()
        {
            IsDead = true;
            Store.OnAppend = _ => Fault.HangsBefore;
            _world.Membership.Cut[Name] = true;
            _world.Network.Cut(Name);
        }

        private void Publish(string tenant, Orchestrator.Grains.Playbooks.PlaybookVersion version)
        {
            lock (Shelf)
            {
                if (Shelf.Current.Find(tenant, version.Version) is null)
                {
                    Shelf.Set(Shelf.Current.With(tenant, PlaybookCompiler.Compile(version.Text, version.File, version.Version).Playbook!));
                }
            }
        }
    }
}
