using System.Diagnostics.CodeAnalysis;
using Orchestrator.V1;

namespace Orchestrator.Cli.Recording;

/// <summary>What is under way: sent and not answered, or to be sent again. Bounded; new signals enter as others are settled. Thread-safe.</summary>
/// <param name="source">Read under this window's lock, so that of two streams that overlap only one reads.</param>
/// <param name="limit">Signals under way at most.</param>
sealed class SendWindow(IEnumerator<(SourceRow Row, Signal Signal)> source, int limit, TimeProvider clock)
{
    readonly Lock gate = new();
    readonly Dictionary<string, Sent> sent = new(StringComparer.Ordinal);

    // By the order of the file: what comes again comes in the order it had.
    readonly PriorityQueue<Sent, long> again = new();
    TaskCompletionSource changed = NewChange();
    Sent? held;
    DateTimeOffset pausedUntil;
    long order;
    int stream;
    bool exhausted;

    /// <summary>Nothing is under way and nothing is left to read.</summary>
    public bool Done
    {
        get
        {
            lock (gate)
            {
                return exhausted && held is null && sent.Count == 0;
            }
        }
    }

    /// <summary>Starts a stream: the ones before send no more, and what they left unanswered is sent again.</summary>
    /// <returns>The stream's number.</returns>
    public int Begin()
    {
        lock (gate)
        {
            again.Clear();
            foreach (var unanswered in sent.Values)
            {
                unanswered.Waits = true;
                again.Enqueue(unanswered, unanswered.Order);
            }

            Change();
            return ++stream;
        }
    }

    /// <summary>No stream sends any more.</summary>
    public void End()
    {
        lock (gate)
        {
            stream++;
            Change();
        }
    }

    /// <summary>The next signal for a stream to send.</summary>
    /// <param name="wait">When there is none now: completes when there may be one; null at the end of the stream.</param>
    /// <param name="pause">The longest to wait.</param>
    public bool TryTake(int mine, [NotNullWhen(true)] out Signal? signal, out Task? wait, out TimeSpan pause)
    {
        lock (gate)
        {
            (signal, wait, pause) = (null, null, Timeout.InfiniteTimeSpan);
            if (mine != stream)
            {
                return false;
            }

            // An overloaded silo gets nothing at all for as long as it asked.
            if (pausedUntil - clock.GetUtcNow() is var left && left > TimeSpan.Zero)
            {
                (wait, pause) = (changed.Task, left);
                return false;
            }

            if (again.TryDequeue(out var back, out _))
            {
                back.Waits = false;
                signal = back.Signal;
                return true;
            }

            ReadAhead();
            if (held is { } next && sent.TryAdd(next.Signal.Id, next))
            {
                held = null;
                signal = next.Signal;
                return true;
            }

            wait = exhausted && sent.Count == 0 && held is null ? null : changed.Task;
            return false;
        }
    }

    /// <summary>A final answer. False: it answers nothing that is under way.</summary>
    public bool Settle(string id, out SourceRow? row, [NotNullWhen(true)] out Signal? signal)
    {
        lock (gate)
        {
            var found = sent.Remove(id, out var settled);
            (row, signal) = (settled?.Row, settled?.Signal);
            return found;
        }
    }

    /// <summary>The silo is overloaded: this one is sent again, and nothing before the delay has passed.</summary>
    public bool Postpone(string id, TimeSpan delay)
    {
        lock (gate)
        {
            if (!sent.TryGetValue(id, out var back) || back.Waits)
            {
                return false;
            }

            back.Waits = true;
            again.Enqueue(back, back.Order);
            var until = clock.GetUtcNow() + delay;
            pausedUntil = until > pausedUntil ? until : pausedUntil;
            return true;
        }
    }

    /// <summary>Wakes the stream that waits.</summary>
    public void Wake()
    {
        lock (gate)
        {
            Change();
        }
    }

    // A signal whose id is under way already waits until that one is settled: an answer names the id only.
    void ReadAhead()
    {
        if (held is null && !exhausted && sent.Count < limit)
        {
            exhausted = !source.MoveNext();
            held = exhausted ? null : new(source.Current.Row, source.Current.Signal, ++order);
        }
    }

    void Change()
    {
        var before = changed;
        changed = NewChange();
        before.SetResult();
    }

    static TaskCompletionSource NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    sealed record Sent(SourceRow Row, Signal Signal, long Order)
    {
        public bool Waits { get; set; }
    }
}
