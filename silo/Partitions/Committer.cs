using Microsoft.Extensions.Logging;
using Orchestrator.Silo.Journal;

namespace Orchestrator.Silo.Partitions;

/// <summary>
/// Joins the frames and snapshots of all partitions of a silo into one durable transaction at a time. While one is on its way partitions go on deciding and
/// their frames gather for the next.
/// </summary>
/// <remarks>
/// Runs on a loop of its own on the silo's scheduler. It writes when no partition is deciding (waiting longer would join nothing), or at the
/// latest <see cref="PartitionSettings.Linger"/> after the first frame came, or when enough events or bytes are there.
/// </remarks>
internal sealed partial class Committer : IDisposable
{
    // The store takes frames of 16 MiB each; a transaction is kept below what one fsync writes in reasonable time.
    private const long TransactionLimitBytes = 32 * 1024 * 1024;

    private readonly IStore _store;
    private readonly PartitionSettings _settings;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly PartitionScheduler? _partitions;
    private readonly Wakeup _wakeup = new();
    private readonly ITimer _linger;
    private readonly Lock _gate = new();
    private readonly Queue<CommitRequest> _waiting = new();
    private readonly TaskCompletionSource<Exception> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _waitingEvents;
    private int _waitingBytes;
    private long _firstAt;
    private long _begunAt;
    private int _deciding;
    private bool _stopping;

    /// <param name="partitions">Says when no partition is about to decide; null = only those that decide are waited for.</param>
    public Committer(IStore store, PartitionSettings settings, TimeProvider clock, ILogger log, PartitionScheduler? partitions = null)
    {
        (_store, _settings, _clock, _log, _partitions) = (store, settings, clock, log, partitions);
        _linger = clock.CreateTimer(static wakeup => ((Wakeup)wakeup!).Set(), _wakeup, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Completes if the store cannot be used any more by this process: the silo must exit.</summary>
    public Task<Exception> Failed => _failed.Task;

    /// <summary>Transactions written so far.</summary>
    public long Commits { get; private set; }

    /// <summary>Rung behind each of them.</summary>
    public CommitBell Bell { get; } = new();

    /// <summary>Called behind each of them, once everybody who waited was told.</summary>
    public Action? AfterCommit { get; set; }

    /// <summary>A partition begins a batch; its frame is worth waiting for.</summary>
    public void BeginDeciding() => Interlocked.Increment(ref _deciding);

    /// <summary>A partition's batch is submitted, or needs nothing written.</summary>
    public void EndDeciding()
    {
        if (Interlocked.Decrement(ref _deciding) == 0)
        {
            _wakeup.Set();
        }
    }

    /// <summary>Hands a request over until the result is there.</summary>
    public ValueTask<CommitResult> CommitAsync(CommitRequest request)
    {
        var result = request.Arm();
        lock (_gate)
        {
            if (_waiting.Count == 0)
            {
                _firstAt = _clock.GetTimestamp();
            }

            _waiting.Enqueue(request);
            _waitingEvents += request.Events;
            _waitingBytes += request.Bytes;
        }

        _wakeup.Set();
        return result;
    }

    /// <summary>The loop; ends after <see cref="Stop"/> when nothing waits.</summary>
    public async Task RunAsync()
    {
        var taken = new List<CommitRequest>();
        while (true)
        {
            var (due, wait) = Look();
            if (due)
            {
                if (_partitions is not null && !IsFull)
                {
                    // Partitions that are about to decide have frames that belong into the same transaction.
                    await _partitions.RestAsync();
                }

                Take(taken);
                await WriteAsync(taken);
                AfterCommit?.Invoke();
            }
            else if (wait is { } rest)
            {
                _linger.Change(rest, Timeout.InfiniteTimeSpan);
                await _wakeup.WaitAsync();
            }
            else if (Volatile.Read(ref _stopping))
            {
                return;
            }
            else
            {
                await _wakeup.WaitAsync();
            }
        }
    }

    /// <summary>Ends the loop once everything that waits is written.</summary>
    public void Stop()
    {
        Volatile.Write(ref _stopping, true);
        _wakeup.Set();
    }

    public void Dispose() => _linger.Dispose();

    /// <summary>Whether to write now, else how long to wait for more; neither if nothing waits.</summary>
    private (bool Due, TimeSpan? Wait) Look()
    {
        lock (_gate)
        {
            if (_waiting.Count == 0)
            {
                return (false, null);
            }

            if (Commits > 0 && !IsFull && _settings.CommitPause - _clock.GetElapsedTime(_begunAt) is var pause && pause > TimeSpan.Zero)
            {
                // Partitions whose frames wait gather signals for larger ones.
                return (false, pause);
            }

            var rest = _settings.Linger - _clock.GetElapsedTime(_firstAt);
            return Volatile.Read(ref _deciding) == 0 || IsFull || rest <= TimeSpan.Zero
                ? (true, null)
                : (false, rest);
        }
    }

    /// <summary>Enough is there for a transaction. A glance will do: more comes only.</summary>
    private bool IsFull => Volatile.Read(ref _waitingEvents) >= _settings.FlushEvents || Volatile.Read(ref _waitingBytes) >= _settings.FlushBytes;

    private void Take(List<CommitRequest> taken)
    {
        long bytes = 0;
        lock (_gate)
        {
            while (_waiting.TryPeek(out var request) && (taken.Count == 0 || bytes + request.Bytes <= TransactionLimitBytes))
            {
                taken.Add(_waiting.Dequeue());
                bytes += request.Bytes;
                _waitingEvents -= request.Events;
                _waitingBytes -= request.Bytes;
            }

            // What is left has waited long enough already.
        }
    }

    private async Task WriteAsync(List<CommitRequest> taken)
    {
        _begunAt = _clock.GetTimestamp();
        var frames = new List<JournalAppend>(taken.Count);
        var snapshots = new List<SnapshotWrite>();
        var checkpoints = new List<CheckpointWrite>();
        foreach (var request in taken)
        {
            if (request.Frame is { } frame)
            {
                frames.Add(frame);
            }

            snapshots.AddRange(request.Snapshots);
            if (request.Checkpoint is { } checkpoint)
            {
                checkpoints.Add(checkpoint);
            }
        }

        try
        {
            var accepted = await _store.AppendAsync(new AppendBatch(frames, snapshots, checkpoints), CancellationToken.None);
            Commits++;
            Bell.Ring();
            var index = 0;
            foreach (var request in taken)
            {
                request.Complete(request.Frame is null || accepted[index++] ? CommitResult.Written : CommitResult.Refused);
            }

            if (Array.IndexOf(accepted, false) >= 0)
            {
                LogRefused(_log, accepted.Count(a => !a), accepted.Length);
            }
        }
        catch (StoreFullException e)
        {
            LogFull(_log, e);
            CompleteAll(taken, CommitResult.Full, e);
        }
        catch (Exception e)
        {
            // Anything else may have happened before or after the commit: only the store can tell, under a new epoch.
            LogUnknown(_log, e);
            if (e is StoreFailedException)
            {
                _failed.TrySetResult(e);
            }

            CompleteAll(taken, CommitResult.Unknown, e);
        }

        taken.Clear();
    }

    private static void CompleteAll(List<CommitRequest> taken, CommitResult result, Exception error)
    {
        foreach (var request in taken)
        {
            request.Complete(result, error);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "the store is full: nothing was written, signals are turned away until there is space")]
    private static partial void LogFull(ILogger log, Exception e);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the store refused {Refused} of {Frames} frames: other silos own their partitions now, and nothing of these frames was written")]
    private static partial void LogRefused(ILogger log, int refused, int frames);

    [LoggerMessage(Level = LogLevel.Error, Message = "the outcome of a commit is unknown: its partitions ask the store under a new epoch")]
    private static partial void LogUnknown(ILogger log, Exception e);
}
