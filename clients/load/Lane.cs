using System.Diagnostics;
using Orchestrator.V1;

namespace Orchestrator.Load;

/// <summary>The part of a run that one call carries: every so many-th signal, and what has to be sent again.</summary>
/// <remarks><see cref="Tick"/> runs on the pacer's thread, <see cref="TryTake"/> on whoever sends, never both at once for one lane; answers come from the reader.</remarks>
public sealed class Lane(Schedule schedule, Ledger ledger, int index, int lanes, bool retry)
{
    readonly Lock gate = new();
    readonly PriorityQueue<long, long> waiting = new();
    readonly Queue<long> again = new();
    long next = index;
    long due;
    int readyAgain;
    long lastAnswer;

    public LatencyHistogram Latencies { get; } = new();

    /// <summary>Timestamp of the latest answer; 0 if none came.</summary>
    public long LastAnswer => Volatile.Read(ref lastAnswer);

    public bool HasDue => Volatile.Read(ref readyAgain) > 0 || next < Volatile.Read(ref due);

    /// <summary>Lets fall due what is due.</summary>
    public void Tick(long timestamp, long dueByNow)
    {
        Volatile.Write(ref due, dueByNow);
        if (!retry)
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

        number = next;
        if (number >= Volatile.Read(ref due))
        {
            return false;
        }

        next += lanes;
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
