using System.Collections.Concurrent;
using Google.Protobuf;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Silo.Engines;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;
using PlaybookVersion = Orchestrator.Grains.Playbooks.PlaybookVersion;

namespace Orchestrator.Silo.Tests;

/// <summary>A silo on a real store in a folder of its own, with a clock and faults that the test holds in its hands.</summary>
internal sealed class World : IAsyncDisposable
{
    public const string Tenant = "acme";
    public static readonly DateTimeOffset Start = new(2026, 3, 1, 9, 0, 0, TimeSpan.Zero);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);
    private static readonly Lazy<Playbook> Wholesaler = new(() =>
        PlaybookCompiler.Compile(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "wholesaler.yaml")), "wholesaler.yaml", 1).Playbook!);

    private readonly string _folder = Directory.CreateTempSubdirectory("silo-").FullName;
    private readonly int _partitions;
    private readonly PartitionSettings _settings;
    private int _starts;

    private World(int partitions, PartitionSettings settings)
    {
        (_partitions, _settings) = (partitions, settings);
        Shelf.Set(PlaybookLibrary.Empty.With(Tenant, Wholesaler.Value));
    }

    /// <summary>The highest feature level that the silo reads; counts from the next start.</summary>
    public int Level { get; set; } = FeatureLevel.Current;

    /// <summary>As if the store had been restored so often; counts from the next start.</summary>
    public long Restores { get; set; }

    public FakeTimeProvider Clock { get; private set; } = new(Start);

    public FaultyStore Store { get; private set; } = null!;

    public SiloRuntime Silo { get; private set; } = null!;

    /// <summary>Holds the wholesaler's playbook from the beginning.</summary>
    public PlaybookShelf Shelf { get; } = new();

    public RecordingSink Sink { get; private set; } = new();

    public ConcurrentQueue<PlaybookVersion> Published { get; } = new();

    public Action<PlaybookVersion> OnPublish { get; set; } = _ => { };

    /// <summary>Called in each turn, on the partition's loop.</summary>
    public Action<GrainCommand> OnTurn { get; set; } = _ => { };

    public Func<IEngine> Engine { get; set; } = () => new EmbeddedEngine();

    public static async Task<World> BeginAsync(int partitions = 4, PartitionSettings? settings = null, Func<IEngine>? engine = null, Func<World, Task>? seed = null)
    {
        var world = new World(partitions, settings ?? PartitionSettings.Default);
        if (engine is not null)
        {
            world.Engine = engine;
        }

        if (seed is not null)
        {
            await seed(world);
        }

        await world.StartAsync();
        return world;
    }

    public SqliteStore NewStore() => new(Path.Combine(_folder, "store.db"), Clock);

    public async Task StartAsync()
    {
        Store = new FaultyStore(NewStore()) { Restores = Restores };
        Sink = new RecordingSink();
        Silo = new SiloRuntime(
            Store,
            Engine(),
            new SiloSettings(_partitions, $"silo-{++_starts}", _settings, Level),
            Shelf,
            (_, version) =>
            {
                OnPublish(version);
                Published.Enqueue(version);
            },
            Sink,
            Clock,
            TaskScheduler.Default,
            new StandardErrorLog())
        {
            OnTurn = command => OnTurn(command),
        };
        await Silo.StartAsync(CancellationToken.None);
    }

    /// <summary>The process dies: nothing of the runtime runs to an end, the file is as the last commit left it. Then a new process starts.</summary>
    public async Task CrashAndStartAsync()
    {
        Store.OnAppend = _ => Fault.HangsBefore;
        await Store.DisposeAsync();
        // A dead process has no time: what is left of its loops would try again at each of the steps that the test's clock takes.
        Clock = new FakeTimeProvider(Clock.GetUtcNow());
        await StartAsync();
    }

    public async Task StopAndStartAsync()
    {
        await Silo.StopAsync();
        await StartAsync();
    }

    /// <summary>With the clock standing still.</summary>
    public async Task<Outcome> AskAsync(GrainCommand command) => await Silo.AskAsync(command, CancellationToken.None).WaitAsync(Patience);

    /// <summary>With the clock moving, for what waits for it.</summary>
    public async Task<Outcome> AskInTimeAsync(GrainCommand command) => await InTimeAsync(Silo.AskAsync(command, CancellationToken.None));

    /// <summary>Moves the clock until something has happened.</summary>
    public async Task<T> InTimeAsync<T>(Task<T> task)
    {
        await InTimeAsync((Task)task);
        return await task;
    }

    public async Task InTimeAsync(Task task) => await UntilAsync(() => Task.FromResult(task.IsCompleted), task);

    public Task UntilAsync(Func<Task<bool>> condition) => UntilAsync(condition, Task.Delay(Timeout.Infinite));

    /// <summary>With the clock standing still.</summary>
    private static async Task SettledAsync(Func<Task<bool>> condition)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, "the journal does not come to rest though the clock stands still");
            await Task.Delay(1);
        }
    }

    private async Task UntilAsync(Func<Task<bool>> condition, Task sooner)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(began) > Patience)
            {
                throw new TimeoutException($"it did not happen within {Patience}");
            }

            // The loops run beside this one, so give them a moment of real time for each step of theirs.
            await Task.WhenAny(sooner, Task.Delay(1));
            Clock.Advance(TimeSpan.FromMilliseconds(20));
        }
    }

    /// <summary>All frames of the store.</summary>
    public async Task<List<(int Partition, long Sequence, StoredFrame Frame)>> JournalAsync()
    {
        var frames = new List<(int, long, StoredFrame)>();
        foreach (var row in await Store.PartitionsAsync(CancellationToken.None))
        {
            await foreach (var frame in Store.ReadFramesAsync(row.Partition, 1, row.NextSequence - 1, CancellationToken.None))
            {
                frames.Add((frame.Partition, frame.Sequence, FrameForm.Read(frame.Body)));
            }
        }

        return frames;
    }

    /// <summary>Asserts that every grain of the journal is, in the running silo, what folding it from zero gives, byte for byte.</summary>
    public async Task AssertEqualsFoldFromZeroAsync()
    {
        // Wakes go on beside this: what is compared must be one and the same instant of the journal.
        await SettledAsync(async () =>
        {
            var journal = await JournalAsync();
            var folded = Fold(journal);
            Assert.NotEmpty(folded);
            var running = new Dictionary<GrainKey, GrainState?>();
            foreach (var key in folded.Keys)
            {
                running[key] = (await Silo.ReadAsync([key], CancellationToken.None).WaitAsync(Patience))[0];
            }

            if ((await JournalAsync()).Count != journal.Count)
            {
                return false;
            }

            foreach (var (key, (state, last)) in folded)
            {
                Assert.Equal(StateForm.Write(state!, last).ToByteString(), StateForm.Write(running[key]!, last).ToByteString());
            }

            return true;
        });
    }

    private static Dictionary<GrainKey, (GrainState? State, long Last)> Fold(List<(int Partition, long Sequence, StoredFrame Frame)> journal)
    {
        var folded = new Dictionary<GrainKey, (GrainState? State, long Last)>();
        foreach (var (_, sequence, frame) in journal)
        {
            foreach (var entry in frame.Entries)
            {
                var key = KeyForm.Read(entry.Grain);
                Assert.Equal(folded.GetValueOrDefault(key).Last, entry.Previous);
                folded[key] = (PartitionRecovery.Fold(key, folded.GetValueOrDefault(key).State, entry), sequence);
            }
        }

        return folded;
    }

    /// <summary>How often each signal reached an account: as a recorded signal or, where its turn failed, as a dead letter.</summary>
    public async Task<Dictionary<string, int>> ArrivalsAsync()
    {
        var arrivals = new Dictionary<string, int>();
        foreach (var (_, _, frame) in await JournalAsync())
        {
            var recorded = frame.Entries.SelectMany(e => e.Events).Where(e => e.Account?.SignalRecorded is not null).Select(e => e.Account.SignalRecorded.Signal.Id);
            var buried = frame.DeadLetters.Where(d => d.Command.Record is not null).Select(d => d.Command.Record.Signal.Id);
            foreach (var id in recorded.Concat(buried))
            {
                arrivals[id] = arrivals.GetValueOrDefault(id) + 1;
            }
        }

        return arrivals;
    }

    /// <summary>An identifier of a person whose grain, and whose provisional account, live in chosen partitions.</summary>
    public string Identifier(int partition, int ordinal, int? accountIn = null)
    {
        for (var i = 0; ; i++)
        {
            var name = $"anonymous:{ordinal}-{i}";
            if (GrainKey.Identity(Tenant, name).PartitionOf(_partitions) == partition
                && (accountIn is null || GrainKey.Account(Tenant, Identity.ProvisionalAccount(name)).PartitionOf(_partitions) == accountIn))
            {
                return name;
            }
        }
    }

    public static IdentityCommand.Bind Bind(string identifier, string contact) =>
        new(GrainKey.Identity(Tenant, identifier), GrainKey.Contact(Tenant, "a-1", contact), Provisional: false);

    public static IdentityCommand.Route Route(string identifier, string signal) =>
        new(GrainKey.Identity(Tenant, identifier), new Signal { Id = signal, Type = "page.viewed", Identifiers = { new Identifier { Kind = "anonymous", Value = identifier[10..] } }, Properties = { ["url"] = new Value { Text = "/" } } }, Start);

    /// <summary>A purchase of an account by one of its people.</summary>
    public static AccountCommand.Record Purchase(string account, string signal, string person, long amount = 30_000) => new(
        GrainKey.Account(Tenant, account),
        new Signal
        {
            Id = signal,
            Type = "purchase.made",
            Account = account,
            Identifiers = { new Identifier { Kind = "email", Value = person } },
            Properties = { ["amount"] = new Value { Money = new Money { MinorUnits = amount, Currency = "GBP" } }, ["lines"] = new Value { Integer = 3 }, ["quantity"] = new Value { Integer = 40 } },
        },
        "",
        Start);

    /// <summary>A command whose turn throws: an identifier without a kind.</summary>
    public static IdentityCommand.Route Poison(string name) => new(GrainKey.Identity(Tenant, name), new Signal { Id = "poison" }, Start);

    public async ValueTask DisposeAsync()
    {
        Store.Gate = Task.CompletedTask;
        await Store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>Keeps what was released.</summary>
internal sealed class RecordingSink : IEffectSink
{
    public ConcurrentQueue<ReleasedEffect> Released { get; } = new();

    public void Release(in ReleasedEffect effect) => Released.Enqueue(effect);
}
