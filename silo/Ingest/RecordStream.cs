using System.Runtime.CompilerServices;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;

namespace Orchestrator.Silo.Ingest;

/// <summary>
/// One stream of signals. A reader takes what comes while fewer wait than its share (<see cref="StreamShares"/>), so a slow silo slows the sender down instead of
/// piling up; answers gather between writes, so that what became durable together goes out in one message.
/// </summary>
internal sealed class RecordStream(SignalService service) : IAcknowledged
{
    private readonly Lock gate = new();
    private readonly Wakeup written = new();
    private AcknowledgementBuffer answered = new();
    private AcknowledgementBuffer spare = new();
    private TaskCompletionSource? readerWaits;
    private int unanswered;
    private bool rung;
    private bool due;
    private bool readToEnd;
    private Exception? readFault;

    public async IAsyncEnumerable<Encoded<RecordResponse>> RunAsync(MessageReader<RecordRequest> requests, [EnumeratorCancellation] CancellationToken cancel)
    {
        service.Streams.Enter();
        var reading = ReadAsync(requests, cancel);
        try
        {
            using var cancelled = cancel.UnsafeRegister(static wakeup => ((Wakeup)wakeup!).Set(), written);
            while (await NextAsync(cancel) is { } ready)
            {
                for (var i = 0; i < ready.Messages; i++)
                {
                    yield return ready[i];
                }
            }
        }
        finally
        {
            service.Streams.Leave();
            if (reading.IsCompleted)
            {
                await reading;
            }
        }

        await reading;
    }

    public void Answered(object? state, Outcome outcome)
    {
        var acknowledgement = (state, outcome) switch
        {
            (string, Outcome.Accepted { Answer: Answer.Recorded }) => null,
            (string id, _) => Acknowledging.Of(id, outcome),
            _ => service.Acknowledge((Signal?)state, outcome),
        };
        TaskCompletionSource? reader = null;
        bool ring;
        lock (gate)
        {
            if (acknowledgement is null)
            {
                var accepted = (Outcome.Accepted)outcome;
                answered.Add((string)state!, accepted.Partition, (Answer.Recorded)accepted.Answer);
            }
            else
            {
                answered.Add(acknowledgement);
            }

            unanswered--;
            ring = !rung;
            rung = true;
            if (unanswered < service.Streams.Each / 2)
            {
                (reader, readerWaits) = (readerWaits, null);
            }
        }

        if (ring)
        {
            // Not at once: the first partition of a commit answers long before the last, and one write after the other costs more than deciding.
            PartitionScheduler.BehindSteps(static stream => ((RecordStream)stream!).Ring(), this);
        }

        reader?.SetResult();
    }

    /// <summary>What is answered by now goes out.</summary>
    private void Ring()
    {
        lock (gate)
        {
            due = true;
        }

        written.Set();
    }

    /// <summary>The id: of a signal that is not refused nothing else is told.</summary>
    public object? Decided(object? state) => ((Signal?)state)?.Id;

    private async Task ReadAsync(MessageReader<RecordRequest> requests, CancellationToken cancel)
    {
        try
        {
            while (await requests.WaitToReadAsync(cancel))
            {
                while (requests.TryRead(out var request))
                {
                    await TakeAsync(request.Signal, cancel);
                }
            }
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // The writer ends the call with it once everything taken before is answered.
            readFault = fault;
        }
        finally
        {
            lock (gate)
            {
                readToEnd = true;
            }

            written.Set();
        }
    }

    /// <summary>Waits only when too much is unanswered.</summary>
    private ValueTask TakeAsync(Signal? signal, CancellationToken cancel)
    {
        Task? wait = null;
        lock (gate)
        {
            if (++unanswered >= service.Streams.Each)
            {
                wait = (readerWaits ??= NewWait()).Task;
            }
        }

        service.Take(signal, this, signal);
        return wait is null ? ValueTask.CompletedTask : new ValueTask(wait.WaitAsync(cancel));
    }

    /// <summary>What was answered since the last call, valid until the next; null at the end.</summary>
    private async ValueTask<AcknowledgementBuffer?> NextAsync(CancellationToken cancel)
    {
        spare.Clear();
        while (true)
        {
            lock (gate)
            {
                if (due)
                {
                    (answered, spare) = (spare, answered);
                    rung = due = false;
                    return spare;
                }

                if (readToEnd && unanswered == 0 && answered.IsEmpty)
                {
                    return readFault is null ? null : throw readFault;
                }
            }

            await written.WaitAsync();
            cancel.ThrowIfCancellationRequested();
        }
    }

    private static TaskCompletionSource NewWait() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
