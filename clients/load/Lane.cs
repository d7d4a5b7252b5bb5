using System.Collections.Concurrent;
using System.Diagnostics;
using Orchestrator.V1;

namespace Orchestrator.Load;

/// <summary>The part of a run that one call carries: all that fell due in every so many-th tick, and what has to be sent again.</summary>
/// <remarks>
/// Whole ticks rather than every so many-th signal: one call writes in a tick, not all of them, and a write is what costs.
/// <see cref="Give"/> and <see cref="Tick"/> run on the pacer's thread, <see cref="TryTake"/> on whoever sends; answers come from the reader.
/// </remarks>
public sealed class Lane(Schedule schedule, Ledger ledger, bool retry)
{
    readonly Lock gate = new();
    readonly PriorityQueue<long, long> waiting = new();
    readonly Queue<long> again = new();
    readonly ConcurrentQueue<(long From, long To)> given = new();
    long next;
    long end;
    int readyAgain;
    int waits;
    long lastAnswer;

    public LatencyHistogram Latencies { get; } = new();

    /// <summary>Timestamp of the latest answer; 0 if none came.</summary>
    public long LastAnswer => Volatile.Read(ref lastAnswer);

    /// <summary>Meant for the pacer while nobody takes.</summary>
    public bool HasDue => Volatile.Read(ref readyAgain) > 0 || next < end || !given.IsEmpty;

    /// <summary>Lets signals fall due.</summary>
    /// <param name="from">The first.</param>
    /// <param name="to">Behind the last.</param>
    public void Give(long from, long to) => given.Enqueue((from, to));

    /// <summary>Lets fall due again what has waited long enough.</summary>
    public void Tick(long timestamp)
    {
        if (Volatile.Read(ref waits) == 0)
        {
            return;
        }

        lock (gate)
        {
            while (waiting.TryPeek(out var number, out var at) && at <= timestamp)
            {
                waiting.Dequeue();
                again.Enqueue(number);
            }

            Volatile.Write(ref readyAgain, again.Count);
            Volatile.Write(ref waits, waiting.Count);
        }
    }

    /// <summary>Takes the next signal to send, if one is due.</summary>
    public bool TryTake(out long number)
    {
        if (Volatile.Read(ref readyAgain) > 0)
        {
            lock (gate)
            {
                number = again.Dequeue();
                Volatile.Write(ref readyAgain, again.Count);
            }

            ledger.Send(number);
            return true;
        }

        if (next == end && given.TryDequeue(out var range))
        {
            (next, end) = range;
        }

        number = next;
        if (number == end)
        {
            return false;
        }

        next++;
        ledger.Send(number);
        return true;
    }

    /// <summary>Notes the answers that came in one message.</summary>
    public void Settle(IReadOnlyList<Acknowledgement> answers)
    {
        var now = Stopwatch.GetTimestamp();
        Volatile.Write(ref lastAnswer, now);
        for (var i = 0; i < answers.Count; i++)
        {
            var answer = answers[i];
            var number = NumberOf(answer.SignalId);
            switch (ledger.Settle(number, answer, retry))
            {
                case Settlement.Done:
                    if (number >= schedule.FirstMeasured)
                    {
                        Latencies.Record(schedule.NanosecondsSince(number, now));
                    }

                    break;
                case Settlement.Again:
                    var at = now + (long)(Ledger.RetryAfter(answer).TotalSeconds * Stopwatch.Frequency);
                    lock (gate)
                    {
                        waiting.Enqueue(number, at);
                        Volatile.Write(ref waits, waiting.Count);
                    }

                    break;
                case Settlement.Ignored:
                    break;
            }
        }
    }

    /// <summary>The signal's number, which its id ends with; -1 if it is none of ours.</summary>
    static long NumberOf(string id)
    {
        var dash = id.LastIndexOf('-');
        return long.TryParse(id.AsSpan(dash + 1), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : -1;
    }
}
