using System.Buffers;
using Microsoft.Extensions.Logging;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Outbox;

namespace Orchestrator.Silo.Partitions;

/// <summary>
/// One partition: the single writer of its grains. A loop takes what waits, decides it, has it written, and only then lets anybody know
/// (DESIGN.md section 5; README.md here shows the way on one screen).
/// </summary>
/// <remarks>
/// Everything but the mailbox lives on the loop, which runs on the scheduler that it was started on. All waits go through the clock, so a simulator can run this very code.
/// </remarks>
internal sealed partial class Partition : IDisposable
{
    private const int MostRounds = 8;
    private const int MostWakesOfOneGrain = 64;
    private const long MostTurnBytes = 4 * 1024 * 1024;
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromDays(1);

    private readonly int _number;
    private readonly PartitionWorld _world;
    private readonly PartitionSettings _settings;
    private readonly Wakeup _wakeup = new();
    private readonly Mailbox _mailbox;
    private readonly Turns _turns;
    private readonly CommitRequest _request = new();
    private readonly ITimer _alarm;
    private readonly ITimer _machineAlarm;
    private readonly TaskCompletionSource<bool> _recovered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Letter> _letters = [];
    private readonly Queue<PartitionMessage.Sent> _arrivals = new();

    /// <summary>The highest number let in from each source under this memory.</summary>
    private readonly Dictionary<int, long> _arrived = [];
    private readonly SortedSet<int> _toAcknowledge = [];
    private readonly Dictionary<int, long> _askedFrom = [];
    private readonly List<(GrainKey Grain, long Due)> _due = [];
    private readonly HashSet<GrainKey> _missing = [];
    private readonly TimeProvider _clock;
    private readonly TimeProvider _machine;
    private PartitionMemory? _memory;
    private OutboxSender? _sender;
    private IReadOnlyList<ReadRequest> _reads = [];
    private IReadOnlyList<GrainKey> _offers = [];
    private string? _stopped;

    /// <summary>The batch's frame on its way, in rented room; null if nothing happened.</summary>
    private byte[]? _frame;
    private int _firstLetter;
    private int _nextLetter;
    private long _nextWake;

    /// <summary>Ticks of the machine's monotonic clock; 0 = nothing to send again.</summary>
    private long _resendAt;
    private long _machineAlarmAt;
    private bool _stopping;

    public Partition(int number, PartitionWorld world)
    {
        (_number, _world, _settings, _clock, _machine) = (number, world, world.Settings, world.Clock, world.Machine);
        _mailbox = new Mailbox(_settings, _wakeup);
        _turns = new Turns(number, world.Partitions, world.Incarnation, world.Level);
        _alarm = _clock.CreateTimer(static wakeup => ((Wakeup)wakeup!).Set(), _wakeup, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _machineAlarm = _machine.CreateTimer(static wakeup => ((Wakeup)wakeup!).Set(), _wakeup, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The earliest wake not handled yet, as of the last time that the loop came to rest; UTC ticks, 0 until it first did.</summary>
    public long NextWake => Volatile.Read(ref _nextWake);

    /// <summary>True when the partition takes commands; false if somebody else was faster.</summary>
    public Task<bool> Recovered => _recovered.Task;

    /// <summary>False if the partition admits nothing any more: nothing was answered then.</summary>
    public bool Tell(GrainCommand command, IAnswered? to, object? state)
    {
        switch (_mailbox.Post(Letter.Of(command, to, state)))
        {
            case Admission.Full:
                to?.Answered(state, new Outcome.Overloaded(_settings.RetryAfter));
                return true;
            case Admission.Closed:
                return false;
            case Admission.Taken:
                return true;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>Another silo took it, or it broke: there is nothing to hand over. Read after the loop has ended.</summary>
    public bool WasLost { get; private set; }

    /// <summary>Whether it admits nothing any more.</summary>
    public bool IsStopping => Volatile.Read(ref _stopping) || Volatile.Read(ref _stopped) is not null;

    /// <summary>The epoch under which this process has owned it last. Read after the loop has ended.</summary>
    public long Epoch => _epoch;

    /// <summary>Grains in memory. Any thread; a moment old.</summary>
    public int Residents => _memory?.Grains.Count ?? 0;

    public void Post(PartitionMessage message) => _mailbox.Post(message);

    /// <summary>False if too many reads wait, or the partition stops.</summary>
    public bool Read(ReadRequest read) => _mailbox.Post(read);

    /// <summary>Admits nothing more; the loop ends when what waits is done.</summary>
    public void Stop()
    {
        Volatile.Write(ref _stopping, true);
        _mailbox.Close();
    }

    public void Dispose()
    {
        _alarm.Dispose();
        _machineAlarm.Dispose();
    }

    /// <summary>The loop: takes the partition over from <paramref name="seenEpoch"/>, then runs until it is stopped or loses it.</summary>
    public async Task RunAsync(long? seenEpoch)
    {
        try
        {
            if (!await TakeOverAsync(seenEpoch))
            {
                Lose("it was taken by another silo first");
                _recovered.TrySetResult(false);
                return;
            }

            _recovered.TrySetResult(true);
            await _world.Begun;
            while (_stopped is null)
            {
                // Waited for here and not in methods of their own: this one lives as long as the partition, while each of those would leave an object behind every time.
                bool? work;
                while ((work = LookForWork()) is null)
                {
                    await _wakeup.WaitAsync();
                }

                if (work == false)
                {
                    break;
                }

                var alone = IsSuspected(_memory!);
                if (alone)
                {
                    await _world.Turnstile.WaitAsync();
                }

                BeginStep();
                try
                {
                    var memory = _memory!;
                    if (await DecideAsync(memory, _machine.GetTimestamp()))
                    {
                        var result = CommitResult.Written;
                        if (!_request.IsEmpty)
                        {
                            var commit = _world.Committer.CommitAsync(_request);
                            EndDeciding();
                            if (alone)
                            {
                                // What the next one says that it is about to decide is written behind this: when that is durable, this one has been survived.
                                _world.Turnstile.Release();
                                alone = false;
                            }

                            result = await commit;
                        }

                        await EndStepAsync(memory, result);
                    }
                }
                catch (Exception e) when (e is not (StoreCorruptException or StoreFailedException))
                {
                    Fail(e);
                }
                finally
                {
                    EndDeciding();
                    if (alone)
                    {
                        _world.Turnstile.Release();
                    }
                }

                while (_memory is null && _stopped is null)
                {
                    await RecoverAgainAsync();
                }

                if (_memory is { OfferAgain.IsDone: false })
                {
                    // Such a step need not wait for anything: without this one partition would offer all it has before the next gets a signal.
                    await Task.Yield();
                }
            }

            if (_stopped is null)
            {
                await LeaveAsync();
            }
        }
        catch (Exception e)
        {
            // An invariant does not hold, or what is stored cannot be read: stop this partition only, and say so.
            if (_recovered.Task.IsCompleted || e is StoreCorruptException or StoreFailedException)
            {
                LogBroken(_world.Log, _number, e);
            }
            else
            {
                LogNotTaken(_world.Log, _number, e);
            }

            Lose(_recovered.Task.IsCompleted ? $"it is broken: {e.Message}" : $"it could not be taken over: {e.Message}");
            _recovered.TrySetException(e);
        }

        WasLost = _stopped is not null;
        Lose("the silo is stopping");
    }

    /// <summary>One batch: take, load, decide; then it is written, and <see cref="EndStepAsync"/> ends it. False: memory is gone.</summary>
    private async ValueTask<bool> DecideAsync(PartitionMemory memory, long started)
    {
        memory.Grains.Now = MachineTicks;
        _turns.Begin(memory, Ticks.Instant(Math.Max(memory.LastAt, Ticks.Of(_clock.GetUtcNow()))), _world.Shelf.Current);
        await TakeAsync(memory);
        if (!await TakeCareAsync(memory))
        {
            return false;
        }

        await LoadAsync(memory);
        AnswerReads(memory);
        memory.Snapshots.Write(memory, _request);
        await DecideAsync(memory);
        _frame = Encode(memory);
        WatchStep(started);
        return true;
    }

    /// <summary>What follows once it is known what became of the batch.</summary>
    private async ValueTask EndStepAsync(PartitionMemory memory, CommitResult result)
    {
        var frame = _frame;
        _frame = null;
        if (!_request.IsEmpty)
        {
            if (!await IsWrittenAsync(memory, result))
            {
                return;
            }

            memory.Snapshots.Written(_request, result);
            if (frame is not null && result == CommitResult.Written)
            {
                // After an unknown outcome the store may still hold it.
                ArrayPool<byte>.Shared.Return(frame);
            }
        }

        if (frame is not null)
        {
            Advance(memory);
        }

        Release(memory, memory.NextSequence - 1);
        // From here on a discard must leave them alone: each caller hears exactly once.
        _firstLetter = _nextLetter;
        _turns.End();
        if (_nextLetter >= _letters.Count)
        {
            _letters.Clear();
            _firstLetter = _nextLetter = 0;
        }

        memory.Snapshots.MakeRoom();
    }

    private async Task TakeAsync(PartitionMemory memory)
    {
        if (_nextLetter >= _letters.Count)
        {
            _letters.Clear();
            _nextLetter = 0;
            _mailbox.Take(_letters);
        }

        _firstLetter = _nextLetter;
        var messages = _mailbox.TakeMessages();
        foreach (var message in messages)
        {
            Sort(message);
        }

        messages.Clear();

        _reads = _mailbox.TakeReads();
        _offers = memory.OfferAgain.IsDone ? [] : await memory.OfferAgain.TakeAsync(CancellationToken.None);
        _due.Clear();
        if (!_stopping)
        {
            await memory.Wakes.TakeDueAsync(Ticks.Of(_turns.Now), _settings.WakesPerBatch, _due, CancellationToken.None);
        }
    }

    /// <summary>Loads with one query all that the batch is known to need.</summary>
    private async Task LoadAsync(PartitionMemory memory)
    {
        _missing.Clear();
        foreach (var (grain, _) in _due)
        {
            Want(memory, grain);
        }

        foreach (var grain in _offers)
        {
            if (!memory.Grains.TryGet(grain, out _) && _missing.Add(grain))
            {
                memory.OfferAgain.Borrow(grain);
            }
        }

        foreach (var read in _reads)
        {
            foreach (var key in read.Keys)
            {
                Want(memory, key);
            }
        }

        foreach (var resident in memory.Snapshots.Choose(Ticks.Of(_turns.Now)))
        {
            Want(memory, resident.Key);
        }

        do
        {
            if (_missing.Count > 0)
            {
                await PartitionRecovery.LoadAsync(_world.Store, _number, memory, _missing, CancellationToken.None);
                _missing.Clear();
            }

            for (var i = _nextLetter; i < _letters.Count; i++)
            {
                _turns.Need(_letters[i].Command, _missing);
            }

            foreach (var arrival in _arrivals)
            {
                _turns.Need(arrival.Command, _missing);
            }
        }
        while (_missing.Count > 0);
    }

    /// <summary>Puts the batch's frame into the request; null if nothing happened.</summary>
    private byte[]? Encode(PartitionMemory memory)
    {
        var frame = _turns.Finish();
        if (frame.IsEmpty)
        {
            return null;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(frame.Length);
        frame.CopyTo(buffer);
        _request.Frame = new JournalAppend(_number, memory.Epoch, memory.NextSequence, Ticks.Of(_turns.Now), buffer.AsMemory(0, frame.Length));
        _request.Events = _turns.Events;
        _request.Bytes += frame.Length;
        return buffer;
    }

    /// <summary>The frame is durable: notes it in memory.</summary>
    private void Advance(PartitionMemory memory)
    {
        var at = Ticks.Of(_turns.Now);
        foreach (var resident in _turns.Touched)
        {
            memory.Grains.Unsave(resident, memory.NextSequence, at, resident.Entry!.Events);
            memory.Snapshots.Note(resident);
            resident.LastEntry = memory.NextSequence;
            resident.Entry = null;
            HoldWake(memory, resident);
        }

        memory.Care.Fold(memory.NextSequence, _turns.CareOrNone);
        if (_turns.CareOrNone is { Released.Count: > 0 } care)
        {
            OfferReleased(memory, care);
        }

        // A command of which nothing comes, such as a signal sent again, was survived all the same: whoever waits for each to be decided alone sends most of them again.
        _eventsSince += Math.Max(_turns.Events, _turns.Count);
        memory.LastAt = at;
        memory.NextSequence++;
    }

    /// <summary>Lets the world know: playbooks first, so that whoever hears of one may rely on it, then effects, answers and messages.</summary>
    private void Release(PartitionMemory memory, long sequence)
    {
        for (var i = 0; i < _turns.Effects.Count; i++)
        {
            if (_turns.Effects[i] is Effect.Publish publish)
            {
                _world.Publish(publish.Tenant, publish.Version);
            }
            else
            {
                _world.Sink.Release(new ReleasedEffect(_number, memory.Epoch, sequence, i, _turns.Effects[i]));
            }
        }

        Outcome.Accepted? accepted = null;
        foreach (var (to, state, answer, rejection) in _turns.Answers)
        {
            if (rejection is not null)
            {
                to.Answered(state, new Outcome.Rejected(rejection));
                continue;
            }

            // Most signals of a batch have one answer: recorded in this frame.
            accepted = ReferenceEquals(accepted?.Answer, answer) ? accepted! : new Outcome.Accepted(answer!, _number, sequence);
            to.Answered(state, accepted);
        }

        AnswerTurnedAway();
        OfferOpenActions(memory);
        foreach (var message in _turns.Sent)
        {
            _sender!.PostNew(message);
        }

        if (_turns.Sent.Count > 0 && _resendAt == 0)
        {
            _resendAt = MachineTicks + _settings.ResendAfter.Ticks;
        }

        if (_toAcknowledge.Count > 0)
        {
            foreach (var source in _toAcknowledge)
            {
                _world.Engine.Post(source, new PartitionMessage.Acknowledged(_world.Incarnation, source, _number, memory.Outbox.ReceivedFrom(source)));
            }

            _toAcknowledge.Clear();
        }
    }

    private void OfferOpenActions(PartitionMemory memory)
    {
        foreach (var key in _offers)
        {
            if (memory.Grains.Find(key)?.State is Account account)
            {
                foreach (var offer in OfferAgain.Of(account, _turns.Now))
                {
                    _world.Sink.Release(new ReleasedEffect(_number, memory.Epoch, 0, 0, offer));
                }
            }
        }

        memory.OfferAgain.GiveBack(memory.Grains);
        _offers = [];
    }

    private void AnswerReads(PartitionMemory memory)
    {
        foreach (var read in _reads)
        {
            var states = new GrainState?[read.Keys.Count];
            var entries = new long[read.Keys.Count];
            for (var i = 0; i < states.Length; i++)
            {
                var resident = memory.Grains.Find(read.Keys[i]);
                (states[i], entries[i]) = (resident?.State, resident?.LastEntry ?? 0);
                if (resident is not null)
                {
                    // The reader keeps it, on whichever thread.
                    resident.OwnsState = false;
                }
            }

            read.Result.TrySetResult(new ReadResult(states, entries)
            {
                Quarantines = memory.Care.HasQuarantine ? [.. read.Keys.Select(key => memory.Care.IsQuarantined(key, out var quarantine) ? quarantine : null)] : null,
            });
        }

        _reads = [];
    }

    private void Want(PartitionMemory memory, GrainKey key)
    {
        if (!memory.Grains.TryGet(key, out _))
        {
            _missing.Add(key);
        }
    }

    private void WatchStep(long started)
    {
        var took = _machine.GetElapsedTime(started);
        if (took > _settings.SlowStep)
        {
            LogSlow(_world.Log, _number, _turns.Count, took.TotalMilliseconds);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "a step of partition {Partition} with {Turns} turns took {Milliseconds} ms")]
    private static partial void LogSlow(ILogger log, int partition, int turns, double milliseconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "partition {Partition} could not be taken over; it does not run here until it is tried again")]
    private static partial void LogNotTaken(ILogger log, int partition, Exception e);

    [LoggerMessage(Level = LogLevel.Critical, Message = "partition {Partition} is broken and stays stopped")]
    private static partial void LogBroken(ILogger log, int partition, Exception e);
}
