using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Orchestrator.Protos.Rpc;
using Orchestrator.V1;

namespace Orchestrator.Client;

/// <summary>Records many signals over one stream and gives the verdict on each. Thread-safe.</summary>
/// <remarks>
/// A lost connection is opened again and what has no verdict is sent again, in order: ids make that harmless. A signal that
/// comes back OVERLOADED is sent again after the wait the server asks for, lengthened at random by up to half, and everything behind it
/// waits as well. Signals of one account arrive in the order added, but for those that were overloaded.
/// </remarks>
public sealed class SignalRecorder : IAsyncDisposable
{
    readonly ISignalService signals;
    readonly SignalRecorderOptions options;
    readonly SemaphoreSlim room;
    readonly CancellationTokenSource disposal = new();
    readonly Lock gate = new();

    // All under the gate.
    readonly LinkedList<PendingSignal> unanswered = [];
    readonly Dictionary<string, PendingSignal> sentById = new(StringComparer.Ordinal);
    List<Task<Acknowledgement>> unflushed = [];
    Channel<PendingSignal>? outgoing;
    Task running = Task.CompletedTask;
    Exception? failure;
    bool active;
    long added;
    DateTimeOffset pausedUntil;

    internal SignalRecorder(ISignalService signals, SignalRecorderOptions? options)
    {
        this.signals = signals;
        this.options = options ?? new();
        room = new(this.options.MaxUnanswered);
    }

    /// <summary>Adds a signal and waits for its verdict: RECORDED, DUPLICATE or REFUSED. It must not be changed before that.</summary>
    /// <exception cref="RpcException">The stream failed in a way that another attempt would not mend.</exception>
    public async Task<Acknowledgement> RecordAsync(Signal signal, CancellationToken cancellation = default) =>
        await (await EnqueueAsync(signal, keep: false, cancellation).ConfigureAwait(false)).WaitAsync(cancellation).ConfigureAwait(false);

    /// <summary>Adds a signal, waiting only for room; its verdict comes with the next <see cref="FlushAsync"/>.</summary>
    /// <exception cref="RpcException">As in <see cref="RecordAsync"/>.</exception>
    /// <exception cref="InvalidOperationException">Too many verdicts wait for a flush.</exception>
    public async ValueTask AddAsync(Signal signal, CancellationToken cancellation = default) =>
        await EnqueueAsync(signal, keep: true, cancellation).ConfigureAwait(false);

    /// <summary>Waits until every signal added so far has its verdict, however long that takes; give it a token to bound it.</summary>
    /// <returns>One verdict for each signal of <see cref="AddAsync"/> since the last flush, in the order added. Never OVERLOADED.</returns>
    /// <exception cref="RpcException">As in <see cref="RecordAsync"/>.</exception>
    /// <exception cref="OperationCanceledException">The token fired; the verdicts are kept for the next flush.</exception>
    public async Task<IReadOnlyList<Acknowledgement>> FlushAsync(CancellationToken cancellation = default)
    {
        List<Task<Acknowledgement>> mine;
        Task<Acknowledgement>[] all;
        lock (gate)
        {
            mine = unflushed;
            unflushed = [];
            all = [.. mine, .. unanswered.Select(pending => pending.Verdict.Task)];
        }

        try
        {
            await Task.WhenAll(all).WaitAsync(cancellation).ConfigureAwait(false);
            return [.. mine.Select(task => task.Result)];
        }
        catch (OperationCanceledException)
        {
            lock (gate)
            {
                unflushed.InsertRange(0, mine);
            }

            throw;
        }
    }

    /// <summary>Closes the stream. What has no verdict by then gets none: flush first.</summary>
    public async ValueTask DisposeAsync()
    {
        if (disposal.IsCancellationRequested)
        {
            return;
        }

        Fail(new RpcException(StatusCode.Cancelled, "the recorder was disposed"));
        await disposal.CancelAsync().ConfigureAwait(false);
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    async Task<Task<Acknowledgement>> EnqueueAsync(Signal signal, bool keep, CancellationToken cancellation)
    {
        if (string.IsNullOrEmpty(signal.Id))
        {
            throw new ArgumentException("expected a signal with an id, found none; it is what makes sending again harmless", nameof(signal));
        }

        await room.WaitAsync(cancellation).ConfigureAwait(false);
        lock (gate)
        {
            if (failure is not null || (keep && unflushed.Count >= options.MaxUnflushed))
            {
                room.Release();
                throw failure ?? new InvalidOperationException($"expected a flush after at most {options.MaxUnflushed} signals");
            }

            var pending = new PendingSignal(signal, added++);
            pending.Place = unanswered.AddLast(pending);
            if (keep)
            {
                unflushed.Add(pending.Verdict.Task);
            }

            // An acknowledgement names only the id: of two signals with one id, the second waits until the first has its verdict.
            if (sentById.TryGetValue(signal.Id, out var first))
            {
                first.Last.Next = pending;
            }
            else
            {
                sentById.Add(signal.Id, pending);
                outgoing?.Writer.TryWrite(pending);
            }

            if (!active)
            {
                active = true;
                running = Task.Run(RunAsync, CancellationToken.None);
            }

            return pending.Verdict.Task;
        }
    }

    async Task RunAsync()
    {
        for (var attempt = 1; ; attempt++)
        {
            var queue = Open();
            using var connection = CancellationTokenSource.CreateLinkedTokenSource(disposal.Token);
            try
            {
                var requests = RequestsAsync(queue, connection.Token);
                await foreach (var response in signals.Record(requests, new() { CancellationToken = connection.Token }).ConfigureAwait(false))
                {
                    attempt = 0;
                    foreach (var acknowledgement in response.Acknowledgements)
                    {
                        Settle(acknowledgement, queue);
                    }
                }
            }
            catch (RpcException lost) when (Transience.IsTransient(lost))
            {
            }
#pragma warning disable CA1031 // Whatever it was, those who wait for a verdict must hear of it.
            catch (Exception lost)
#pragma warning restore CA1031
            {
                Fail(lost);
            }
            finally
            {
                await connection.CancelAsync().ConfigureAwait(false);
            }

            lock (gate)
            {
                outgoing = null;
                if (unanswered.Count == 0 || failure is not null)
                {
                    // The next signal opens a stream again.
                    active = false;
                    return;
                }
            }

            await Task.Delay(options.Reconnect.Backoff(Math.Max(attempt, 1)), options.Clock, disposal.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // Lower sequence first: what was overloaded goes ahead of what came later.
    Channel<PendingSignal> Open()
    {
        var queue = Channel.CreateUnboundedPrioritized(new UnboundedPrioritizedChannelOptions<PendingSignal>
        {
            Comparer = Comparer<PendingSignal>.Create(static (one, other) => one.Sequence.CompareTo(other.Sequence)),
            SingleReader = true,
        });
        lock (gate)
        {
            outgoing = queue;
            foreach (var pending in sentById.Values)
            {
                queue.Writer.TryWrite(pending);
            }
        }

        return queue;
    }

    async IAsyncEnumerable<RecordRequest> RequestsAsync(Channel<PendingSignal> queue, [EnumeratorCancellation] CancellationToken cancellation)
    {
        while (await queue.Reader.WaitToReadAsync(cancellation).ConfigureAwait(false))
        {
            while (PauseLeft() is { Ticks: > 0 } pause)
            {
                await Task.Delay(pause, options.Clock, cancellation).ConfigureAwait(false);
            }

            // The wait may have let an earlier signal in; the queue gives the earliest.
            if (queue.Reader.TryRead(out var pending))
            {
                yield return new() { Signal = pending.Signal };
            }
        }
    }

    TimeSpan PauseLeft()
    {
        lock (gate)
        {
            return pausedUntil == default ? TimeSpan.Zero : pausedUntil - options.Clock.GetUtcNow();
        }
    }

    void Settle(Acknowledgement acknowledgement, Channel<PendingSignal> queue)
    {
        PendingSignal? pending;
        lock (gate)
        {
            if (!sentById.TryGetValue(acknowledgement.SignalId, out pending))
            {
                return;
            }

            if (acknowledgement.Result == Acknowledgement.Types.Result.Overloaded)
            {
                pausedUntil = options.Clock.GetUtcNow() + Lengthen(acknowledgement.RetryAfter?.ToTimeSpan() ?? TimeSpan.FromMilliseconds(100));
                queue.Writer.TryWrite(pending);
                return;
            }

            Remove(pending);
        }

        pending.Verdict.TrySetResult(acknowledgement);
    }

    void Remove(PendingSignal pending)
    {
        unanswered.Remove(pending.Place!);
        sentById.Remove(pending.Signal.Id);
        if (pending.Next is { } next)
        {
            sentById.Add(next.Signal.Id, next);
            outgoing?.Writer.TryWrite(next);
        }

        room.Release();
    }

    void Fail(Exception cause)
    {
        List<PendingSignal> left;
        lock (gate)
        {
            failure ??= cause;
            left = [.. unanswered];
            unanswered.Clear();
            sentById.Clear();
            outgoing?.Writer.TryComplete();
        }

        foreach (var pending in left)
        {
            pending.Verdict.TrySetException(cause);
            room.Release();
        }
    }

#pragma warning disable CA5394 // Spreading load needs no secrets.
    static TimeSpan Lengthen(TimeSpan wait) => wait * (1 + (Random.Shared.NextDouble() / 2));
#pragma warning restore CA5394
}
