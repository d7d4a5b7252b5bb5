using Google.Protobuf.WellKnownTypes;
using Orchestrator.V1;

namespace Orchestrator.Load;

/// <summary>What became of every signal of a run: proves that each was acknowledged exactly once.</summary>
/// <remarks>A signal is written by its stream's sender until it is sent and by its stream's reader afterwards; the answer comes after the sending, so the two never meet.</remarks>
public sealed class Ledger(long signals)
{
    const byte Sent = 1;
    const byte Waiting = 2;
    const byte Settled = 3;

    readonly byte[] states = new byte[signals];
    long recorded;
    long duplicate;
    long refused;
    long overloaded;
    long abandoned;
    long unexpected;
    string? firstReason;

    public long Recorded => Volatile.Read(ref recorded);

    public long Duplicate => Volatile.Read(ref duplicate);

    public long Refused => Volatile.Read(ref refused);

    /// <summary>Answers of OVERLOADED; a signal may get several before it is taken.</summary>
    public long Overloaded => Volatile.Read(ref overloaded);

    /// <summary>Signals given up after OVERLOADED, because retrying is off.</summary>
    public long Abandoned => Volatile.Read(ref abandoned);

    /// <summary>Answers to what was not asked: a second acknowledgement, or an unknown id.</summary>
    public long Unexpected => Volatile.Read(ref unexpected);

    /// <summary>Signals with a final answer.</summary>
    public long SettledCount => Recorded + Duplicate + Refused + Abandoned;

    /// <summary>Sent or due, and never finally answered.</summary>
    public long Lost => signals - SettledCount;

    /// <summary>Why the first signal was refused; null if none was.</summary>
    public string? FirstReason => Volatile.Read(ref firstReason);

    public void Send(long number) => states[number] = Sent;

    /// <summary>Notes an answer.</summary>
    /// <returns>What there is left to do for the signal.</returns>
    public Settlement Settle(long number, Acknowledgement answer, bool retry)
    {
        if (number < 0 || number >= states.Length || states[number] != Sent)
        {
            Interlocked.Increment(ref unexpected);
            return Settlement.Ignored;
        }

        if (answer.Result == Acknowledgement.Types.Result.Overloaded)
        {
            Interlocked.Increment(ref overloaded);
            Interlocked.CompareExchange(ref firstReason, answer.Reason, null);
            states[number] = retry ? Waiting : Settled;
            if (!retry)
            {
                Interlocked.Increment(ref abandoned);
            }

            return retry ? Settlement.Again : Settlement.Ignored;
        }

        states[number] = Settled;
        switch (answer.Result)
        {
            case Acknowledgement.Types.Result.Recorded:
                Interlocked.Increment(ref recorded);
                return Settlement.Done;
            case Acknowledgement.Types.Result.Duplicate:
                Interlocked.Increment(ref duplicate);
                return Settlement.Done;
            default:
                Interlocked.Increment(ref refused);
                Interlocked.CompareExchange(ref firstReason, answer.Reason, null);
                return Settlement.Ignored;
        }
    }

    /// <summary>How long the silo asks to wait; at least a millisecond, so that a silo that forgets to say is not hammered.</summary>
    public static TimeSpan RetryAfter(Acknowledgement answer)
    {
        var asked = (answer.RetryAfter ?? new Duration()).ToTimeSpan();
        return asked > TimeSpan.FromMilliseconds(1) ? asked : TimeSpan.FromMilliseconds(1);
    }
}

/// <summary>What is left to do after an answer.</summary>
public enum Settlement
{
    /// <summary>Durable: its latency counts.</summary>
    Done,

    /// <summary>To be sent again later.</summary>
    Again,

    /// <summary>Nothing, and its latency says nothing.</summary>
    Ignored,
}
