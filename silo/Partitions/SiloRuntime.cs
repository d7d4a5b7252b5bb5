using Microsoft.Extensions.Logging;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Silo.Engines;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Outbox;
using Orchestrator.V1;
using PlaybookVersion = Orchestrator.Grains.Playbooks.PlaybookVersion;

namespace Orchestrator.Silo.Partitions;

/// <summary>What a silo runs on.</summary>
/// <param name="Partitions">For a new store; one that exists keeps its own number.</param>
/// <param name="Owner">This process's name in partition rows; unique among all processes that ever open the store.</param>
/// <param name="Partition">Bounds.</param>
/// <param name="Level">The highest feature level that this process reads.</param>
public sealed record SiloSettings(int Partitions, string Owner, PartitionSettings Partition, int Level = FeatureLevel.Current);

/// <summary>The partitions of one silo with their store: the door through which the edges reach the grains.</summary>
/// <remarks>Members may be called from any thread. Loops run on the scheduler given; all time is the clock's.</remarks>
public sealed class SiloRuntime : IPartitionHost, IAsyncDisposable
{
    private readonly IStore _store;
    private readonly IEngine _engine;
    private readonly SiloSettings _settings;
    private readonly PlaybookShelf _shelf;
    private readonly Action<string, PlaybookVersion> _publish;
    private readonly IEffectSink _sink;
    private readonly TimeProvider _clock;
    private readonly TimeProvider _machine;
    private readonly TaskScheduler _scheduler;
    private readonly ILogger _log;
    private readonly Committer _committer;
    private readonly WritableLevel _level;
    private readonly SemaphoreSlim _turnstile = new(1, 1);
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Running?[] _running = [];

    // As of the start, each good for one take-over: reading all rows for each of hundreds of partitions takes longer than the rest.
    private long?[] _epochs = [];
    private Task _committing = Task.CompletedTask;
    private StoreDescription? _description;
    private bool _stopped;

    /// <param name="store">Opened and closed by the runtime.</param>
    /// <param name="engine">Says which partitions run here and reaches the others.</param>
    /// <param name="settings">Bounds and names.</param>
    /// <param name="shelf">The playbooks that decide.</param>
    /// <param name="publish">Compiles a version and puts it on the shelf before it returns; called on a partition's loop, and again for known versions after each start. Must not throw.</param>
    /// <param name="sink">Where effects go.</param>
    /// <param name="clock">Tells what time it is for the business: deadlines, wakes, decisions. May run fast.</param>
    /// <param name="scheduler">Where all loops run; <see cref="TaskScheduler.Default"/> outside simulations.</param>
    /// <param name="log">For lifecycle and faults.</param>
    /// <param name="machine">Times the machinery: pauses, repetitions, flushes. Never runs fast, or two years in a minute would make a second's patience vanish. Null = <paramref name="clock"/>.</param>
    /// <param name="level">Kept up to date from here on, for a store that packs; null = of nobody else's interest.</param>
    public SiloRuntime(
        IStore store,
        IEngine engine,
        SiloSettings settings,
        PlaybookShelf shelf,
        Action<string, PlaybookVersion> publish,
        IEffectSink sink,
        TimeProvider clock,
        TaskScheduler scheduler,
        ILogger log,
        TimeProvider? machine = null,
        WritableLevel? level = null)
    {
        _level = level ?? new WritableLevel();
        (_store, _engine, _settings, _shelf, _publish, _sink) = (store, engine, settings, shelf, publish, sink);
        (_clock, _machine, _scheduler, _log) = (clock, machine ?? clock, scheduler, log);
        _committer = new Committer(store, settings.Partition, _machine, log, scheduler as PartitionScheduler);
    }

    /// <summary>Number of partitions of the store; known once started.</summary>
    public int Partitions => _description?.Partitions ?? throw new InvalidOperationException("the silo is not started");

    /// <summary>Of the store; known once started.</summary>
    public long Incarnation => _description?.Incarnation ?? throw new InvalidOperationException("the silo is not started");

    /// <summary>The store's feature level as far as this silo has heard: what it writes is of this level.</summary>
    public int Level => _level.Now;

    /// <summary>The highest feature level that this process reads.</summary>
    public int HighestLevel => _settings.Level;

    /// <summary>Completes if the store cannot be used any more by this process: the silo must exit.</summary>
    public Task<Exception> Failed => _committer.Failed;

    /// <summary>Business time.</summary>
    public DateTimeOffset Now => _clock.GetUtcNow();

    /// <summary>Transactions written so far.</summary>
    public long Commits => _committer.Commits;

    /// <summary>Completes with the next transaction that this silo writes: whoever reads the journal behind it need not look before. Any thread.</summary>
    public Task NextCommit => _committer.Bell.Next;

    /// <summary>The earliest instant for which a grain of this silo wants to be woken and has not been, UTC ticks; <see cref="long.MaxValue"/> if none. Whoever drives the clock may wait for it.</summary>
    public long EarliestWake
    {
        get
        {
            var earliest = long.MaxValue;
            foreach (var running in _running)
            {
                earliest = Math.Min(earliest, running?.Partition.NextWake ?? long.MaxValue);
            }

            return earliest;
        }
    }

    /// <summary>Grains of all partitions that are in memory. Any thread; a moment old.</summary>
    public long Residents => _running.Sum(running => (long)(running?.Partition.Residents ?? 0));

    /// <summary>Called on the committer's loop behind each transaction, once everybody who waited for it was told: must return soon and never throw.</summary>
    internal System.Action? AfterCommit
    {
        init => _committer.AfterCommit = value;
    }

    /// <summary>Called in each turn before its command is judged: for tests only, which kill the process there.</summary>
    internal Action<GrainCommand>? OnTurn { get; init; }

    /// <summary>The turns that run now, and where.</summary>
    internal IEnumerable<(int Partition, GrainCommand Command)> Turning
    {
        get
        {
            foreach (var running in _running)
            {
                if (running?.Partition is { Turning: { } command, Number: var number })
                {
                    yield return (number, command);
                }
            }
        }
    }

    /// <summary>Opens the store and takes the partitions; returns when commands are answered and all playbooks are known.</summary>
    /// <param name="opened">Runs once the store is open and before anything is taken from it: the place to read settings that the sink needs.</param>
    /// <param name="cancel">Stops starting.</param>
    /// <param name="informed">Runs once all playbooks are known and before anything is decided.</param>
    /// <exception cref="StoreRefusedException">The store may not be used by this process.</exception>
    public async Task StartAsync(Func<StoreDescription, Task>? opened, CancellationToken cancel, Func<Task>? informed = null)
    {
        _description = await _store.OpenAsync(new StoreCreation(_settings.Partitions, _settings.Owner, _settings.Level), cancel);
        _level.Learn(_description.Level);
        if (opened is not null)
        {
            await opened(_description);
        }

        _running = new Running?[_description.Partitions];
        _epochs = [.. (await _store.PartitionsAsync(cancel)).Select(row => (long?)row.Epoch)];
        _committing = Start(_committer.RunAsync, (_scheduler as PartitionScheduler)?.First ?? _scheduler);
        await _engine.StartAsync(this, cancel);
        if (informed is not null)
        {
            await informed();
        }

        _begun.TrySetResult();
    }

    /// <summary>Opens the store and takes the partitions; returns when commands are answered and all playbooks are known.</summary>
    /// <exception cref="StoreRefusedException">The store may not be used by this process.</exception>
    public Task StartAsync(CancellationToken cancel) => StartAsync(null, cancel);

    /// <summary>Has a command decided; the outcome is there once it is durable or refused.</summary>
    /// <param name="command">Delivered to its target's partition, wherever that runs.</param>
    /// <param name="cancel">Stops waiting only: the command may still happen.</param>
    public Task<Outcome> AskAsync(GrainCommand command, CancellationToken cancel)
    {
        var waiting = new Waiting();
        Tell(command, waiting, null);
        return cancel.CanBeCanceled ? waiting.Task.WaitAsync(cancel) : waiting.Task;
    }

    /// <summary>Like <see cref="AskAsync"/> for high rates: one object hears of many commands, and nothing is allocated for the wait.</summary>
    public void Tell(GrainCommand command, IAnswered? to, object? state)
    {
        // The owner may be a silo that does not know the command.
        if (_level.IsLow)
        {
            command = OlderForms.Of(command);
            if (LevelGate.Refusal(command, _level.Now) is { } refusal)
            {
                to?.Answered(state, new Outcome.Rejected(refusal));
                return;
            }
        }

        _engine.Tell(command.Target.PartitionOf(Partitions), command, to, state);
    }

    /// <summary>The committed states of grains, in the order asked; null where there is none. Rides the partition's loop, so it sees all that was answered before.</summary>
    /// <param name="keys">All of one partition.</param>
    /// <exception cref="PartitionUnavailableException">Nobody runs the partition now.</exception>
    public async Task<GrainState?[]> ReadAsync(IReadOnlyList<GrainKey> keys, CancellationToken cancel) =>
        keys.Count == 0 ? [] : (await _engine.ReadAsync(keys[0].PartitionOf(Partitions), keys, cancel)).States;

    /// <summary>Since when and why a grain is in quarantine; null if it is not.</summary>
    public async Task<StoredQuarantine?> QuarantineAsync(GrainKey key, CancellationToken cancel) =>
        (await _engine.ReadAsync(key.PartitionOf(Partitions), [key], cancel)).Quarantines?[0];

    /// <summary>Sequence of a grain's last entry, 0 if it has none; it may have been dropped since.</summary>
    public async Task<long> LastEntryAsync(GrainKey key, CancellationToken cancel) => (await _engine.ReadAsync(key.PartitionOf(Partitions), [key], cancel)).LastEntries[0];

    /// <summary>What happened to a grain, newest first.</summary>
    /// <param name="key">The grain.</param>
    /// <param name="from">Sequence to begin at: 0 = the newest, else the last entry's <see cref="StoredEntry.Previous"/> of the page before.</param>
    /// <param name="limit">Most entries.</param>
    /// <param name="cancel">Stops reading.</param>
    /// <returns>With the instant of each entry's frame. Ends early where retention has dropped the rest.</returns>
    public async Task<IReadOnlyList<(long Sequence, StoredEntry Entry, DateTimeOffset At)>> HistoryAsync(GrainKey key, long from, int limit, CancellationToken cancel)
    {
        var partition = key.PartitionOf(Partitions);
        var sequence = from > 0 ? from : (await _engine.ReadAsync(partition, [key], cancel)).LastEntries[0];
        var name = KeyForm.Write(key);
        var entries = new List<(long, StoredEntry, DateTimeOffset)>();
        while (sequence > 0 && entries.Count < limit)
        {
            if ((await _store.ReadFramesAsync(partition, [sequence], cancel))[0] is not { } frame)
            {
                break;
            }

            var entry = FrameForm.Read(frame.Body).Entries.FirstOrDefault(e => e.Grain.Equals(name))
                ?? throw new StoreCorruptException($"frame {sequence} of partition {partition} has no entry of `{key}`, though its history says so");
            entries.Add((sequence, entry, Ticks.Instant(frame.At)));
            sequence = entry.Previous;
        }

        return entries;
    }

    /// <summary>The frames in which something happened to a grain, newest first. Ends early where retention has dropped the rest.</summary>
    /// <param name="most">Reads no more than so many.</param>
    internal async Task<(List<(long Sequence, StoredFrame Frame)> Frames, bool IsWhole)> FramesAsync(GrainKey key, int most, CancellationToken cancel)
    {
        var partition = key.PartitionOf(Partitions);
        var sequence = (await _engine.ReadAsync(partition, [key], cancel)).LastEntries[0];
        var name = KeyForm.Write(key);
        var frames = new List<(long, StoredFrame)>();
        while (sequence > 0 && frames.Count < most && (await _store.ReadFramesAsync(partition, [sequence], cancel))[0] is { } stored)
        {
            var frame = FrameForm.Read(stored.Body);
            frames.Add((sequence, frame));
            sequence = frame.Entries.First(e => e.Grain.Equals(name)).Previous;
        }

        return (frames, sequence == 0);
    }

    /// <summary>The incarnation that the turns of a frame drew with; 0 where it says none.</summary>
    /// <exception cref="StoreCorruptException">The frame is not there any more.</exception>
    internal async Task<long> IncarnationOfAsync(int partition, long sequence, CancellationToken cancel) =>
        (await _store.ReadFramesAsync(partition, [sequence], cancel))[0] is { } frame
            ? FrameForm.Read(frame.Body).Incarnation
            : throw new StoreCorruptException($"frame {sequence} of partition {partition} is not there any more");

    public async Task<bool> TakeAsync(int partition, long? seenEpoch, CancellationToken cancel)
    {
        var runs = new Partition(partition, new PartitionWorld
        {
            Store = _store,
            Committer = _committer,
            Turnstile = _turnstile,
            Engine = _engine,
            Sink = _sink,
            Shelf = _shelf,
            Publish = PublishEverywhere,
            Clock = _clock,
            Machine = _machine,
            Settings = _settings.Partition.SharedBy(Partitions),
            Log = _log,
            Partitions = Partitions,
            Incarnation = _description!.Incarnation,
            Owner = _settings.Owner,
            Level = _level,
            Begun = _begun.Task,
            OnTurn = OnTurn,
        });
        (seenEpoch, _epochs[partition]) = (seenEpoch ?? _epochs[partition], null);
        var running = new Running(runs, Start(() => runs.RunAsync(seenEpoch), _scheduler));
        Volatile.Write(ref _running[partition], running);
        if (await UntilAsync(runs.Recovered, cancel))
        {
            return true;
        }

        await LetGoAsync(partition);
        return false;
    }

    public Task LetGoAsync(int partition) => LetGoAsync(partition, static running => running.Stop());

    private async Task LetGoAsync(int partition, Action<Partition> stop)
    {
        if (Volatile.Read(ref _running[partition]) is { } running)
        {
            stop(running.Partition);
            await running.Loop;
            Volatile.Write(ref _running[partition], null);
            running.Partition.Dispose();
        }
    }

    public async Task<long?> HandOverAsync(int partition, string target)
    {
        if (Volatile.Read(ref _running[partition]) is not { } running)
        {
            return null;
        }

        await LetGoAsync(partition, static running => running.StopForHandOver());
        try
        {
            // Whoever raised it before us owns it: then the store says no, and there is nothing to hand over.
            var row = running.Partition.WasLost ? null : await _store.TakeOverAsync(partition, running.Partition.Epoch, target, CancellationToken.None);
            return row?.Epoch;
        }
        finally
        {
            _sink.Forget(partition);
        }
    }

    public async Task DropAsync(int partition)
    {
        await LetGoAsync(partition);
        _sink.Forget(partition);
    }

    public bool TryTell(int partition, GrainCommand command, IAnswered? to, object? state)
    {
        if (Volatile.Read(ref _running[partition]) is not { } running)
        {
            return false;
        }

        return running.Partition.Tell(command, to, state);
    }

    public Task<ReadResult>? TryRead(int partition, IReadOnlyList<GrainKey> keys)
    {
        if (Volatile.Read(ref _running[partition]) is not { Partition.IsStopping: false } running)
        {
            return null;
        }

        var read = new ReadRequest(keys);
        return running.Partition.Read(read)
            ? read.Result.Task
            : Task.FromException<ReadResult>(new PartitionUnavailableException($"too many reads wait at partition {partition}, or it was stopped just now"));
    }

    public void Publish(string tenant, PlaybookVersion version) => _publish(tenant, version);

    public void Learn(int level) => _level.Learn(level);

    public bool TryPost(int partition, PartitionMessage message)
    {
        if (Volatile.Read(ref _running[partition]) is not { } running)
        {
            return false;
        }

        running.Partition.Post(message);
        return true;
    }

    /// <summary>Admits nothing more, finishes and answers what waits, and closes the store.</summary>
    public async Task StopAsync()
    {
        if (_stopped)
        {
            return;
        }

        _stopped = true;
        // A silo that is stopped before it began still lets its loops end.
        _begun.TrySetResult();
        await _engine.StopAsync();
        _committer.Stop();
        await _committing;
        _committer.Dispose();
        await _store.DisposeAsync();
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    /// <summary>The shelf here first, so that whoever hears of it from us can rely on it.</summary>
    private void PublishEverywhere(string tenant, PlaybookVersion version)
    {
        _publish(tenant, version);
        _engine.Published(tenant, version);
    }

    private static Task Start(Func<Task> loop, TaskScheduler scheduler) =>
        Task.Factory.StartNew(loop, CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler).Unwrap();

    /// <summary>Waits until it is done or cancelled, on the caller's scheduler: the platform's own wait would complete on the thread pool, which a simulator does not run.</summary>
    private static async Task<bool> UntilAsync(Task<bool> task, CancellationToken cancel)
    {
        var either = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var given = cancel.UnsafeRegister(static (source, token) => ((TaskCompletionSource<bool>)source!).TrySetCanceled(token), either);
        _ = ForwardAsync();
        return await either.Task;

        async Task ForwardAsync()
        {
            try
            {
                either.TrySetResult(await task);
            }
            catch (Exception e)
            {
                either.TrySetException(e);
            }
        }
    }

    private sealed record Running(Partition Partition, Task Loop);

    /// <summary>One caller's wait; goes on elsewhere than on the partition's loop.</summary>
    private sealed class Waiting() : TaskCompletionSource<Outcome>(TaskCreationOptions.RunContinuationsAsynchronously), IAnswered
    {
        public void Answered(object? state, Outcome outcome) => TrySetResult(outcome);
    }
}
