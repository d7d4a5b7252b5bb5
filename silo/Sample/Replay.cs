using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Api;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;

namespace Orchestrator.Silo.Sample;

/// <summary>
/// Sends invoices as signals when business time reaches them, through the same door as signals from outside, and knows up to where all are durable.
/// Lives on one loop, which calls <see cref="Step"/> again and again.
/// </summary>
internal sealed class Replay
{
    // Far below what a mailbox holds: the sample never has a signal turned away by its own haste.
    private const int MostUnanswered = 1_024;

    private readonly IReadOnlyList<Invoice> invoices;
    private readonly SignalService signals;
    private readonly Acknowledgements acknowledgements = new();
    private readonly Queue<(long Due, Acknowledgements.Sent Signal)> again = new();
    private readonly HashSet<string> met;
    private readonly int[] unanswered;
    private int waiting;

    /// <param name="from">Where to go on: all invoices before are durable.</param>
    public Replay(IReadOnlyList<Invoice> invoices, int from, SignalService signals)
    {
        (this.invoices, this.signals) = (invoices, signals);
        Sent = Durable = from;
        met = [.. invoices.Take(from).Select(i => i.Customer)];
        unanswered = new int[invoices.Count];
    }

    /// <summary>Invoices sent, counted by time.</summary>
    public int Sent { get; private set; }

    /// <summary>All invoices before this one are durable.</summary>
    public int Durable { get; private set; }

    /// <summary>Signals taken since this process began.</summary>
    public long Recorded { get; private set; }

    /// <summary>Signals that were there already: sent again after a restart.</summary>
    public long Duplicates { get; private set; }

    /// <summary>Signals that were refused, with the first reason; there should be none.</summary>
    public (long Count, string First) Refused { get; private set; }

    public bool Done => Durable == invoices.Count;

    /// <summary>The earliest invoice that is not durable; null when all are.</summary>
    public DateTimeOffset? Behind => Done ? null : invoices[Durable].At;

    /// <summary>Takes answers in and sends what is due.</summary>
    /// <param name="now">Business time.</param>
    /// <param name="machine">Milliseconds of the machine, for pauses.</param>
    public void Step(DateTimeOffset now, long machine)
    {
        while (acknowledgements.TryTake(out var next))
        {
            Take(next.Signal, next.Outcome, machine);
        }

        while (again.TryPeek(out var turned) && turned.Due <= machine)
        {
            again.Dequeue();
            signals.Take(turned.Signal.Signal, acknowledgements, turned.Signal);
        }

        while (Sent < invoices.Count && invoices[Sent].At <= now && waiting < MostUnanswered)
        {
            Send(Sent++);
        }

        while (Durable < Sent && unanswered[Durable] == 0)
        {
            Durable++;
        }
    }

    private void Send(int row)
    {
        var invoice = invoices[row];
        var made = InvoiceSignals.Of(invoice, met.Add(invoice.Customer));
        unanswered[row] = made.Count;
        waiting += made.Count;
        foreach (var signal in made)
        {
            signals.Take(signal, acknowledgements, new Acknowledgements.Sent(row, signal));
        }
    }

    private void Take(Acknowledgements.Sent sent, Outcome outcome, long machine)
    {
        switch (outcome)
        {
            case Outcome.Accepted { Answer: Answer.Recorded { Duplicate: true } }:
                Duplicates++;
                break;
            case Outcome.Accepted:
                Recorded++;
                break;
            case Outcome.Rejected rejected:
                Refused = (Refused.Count + 1, Refused.First ?? $"{sent.Signal.Id}: {Refusals.Describe(rejected.Rejection)}");
                break;
            case Outcome.Overloaded overloaded:
                again.Enqueue((machine + (long)overloaded.RetryAfter.TotalMilliseconds, sent));
                return;
            case Outcome.Unavailable:
                // Under the same id, so it does not matter whether it happened.
                again.Enqueue((machine + 250, sent));
                return;
            default:
                throw new System.Diagnostics.UnreachableException();
        }

        unanswered[sent.Row]--;
        waiting--;
    }
}
