using System.Runtime.CompilerServices;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;

namespace Orchestrator.Silo.Ingest;

/// <summary>
/// One stream of signals. A reader takes what comes while fewer than <see cref="MostUnanswered"/> wait, so a slow silo slows the sender down instead of
/// piling up; answers gather between writes, so that what became durable together goes out in one message.
/// </summary>
internal sealed class RecordStream(SignalService service) : IAcknowledged
{
    /// <summary>
    /// More keep nothing busier, but wait as objects of 1 kB each that every young collection copies, so that a silo which fell behind once stood still longer and
    /// longer: beyond this they wait as bytes, in the connection and at the sender. One stream gets so many through with each commit: 25,000/s where a commit takes 20 ms.
    /// </summary>
    public const int MostUnanswered = 512;

    private const int MostInOneMessage = 1_024;

    private readonly Lock gate = new();
    private List<Acknowledgement> answered = [];
    private List<Acknowledgement> spare = [];
    private TaskCompletionSource? writerWaits;
    private TaskCompletionSource? readerWaits;
    private int unanswered;
    private bool readToEnd;
    private Exception? readFault;

    public async IAsyncEnumerable<RecordResponse> RunAsync(MessageReader<RecordRequest> requests, [EnumeratorCancellation] CancellationToken cancel)
    {
        var reading = ReadAsync(requests, cancel);
        try
        {
            while (await NextAsync(cancel) is { } ready)
            {
                for (var from = 0; from < ready.Count; from += MostInOneMessage)
                {
                    var response = new RecordResponse();
                    for (var i = from; i < Math.Min(ready.Count, from + MostInOneMessage); i++)
                    {
                        response.Acknowledgements.Add(ready[i]);
                    }

                    yield return response;
                }
            }
        }
        finally
        {
            if (reading.IsCompleted)
            {
                await reading;
            }
        }

        await reading;
    }

    public void Answered(object? state, Outcome outcome)
    {
        var acknowledgement = state is string id ? Acknowledging.Of(id, outcome) : service.Acknowledge((Signal?)state, outcome);
        TaskCompletionSource? writer = null;
        TaskCompletionSource? reader = null;
        lock (gate)
        {
            answered.Add(acknowledgement);
            unanswered--;
            (writer, writerWaits) = (writerWaits, null);
            if (unanswered < MostUnanswered / 2)
            {
                (reader, readerWaits) = (readerWaits, null);
            }
        }

        writer?.SetResult();
        reader?.SetResult();
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
            TaskCompletionSource? writer;
            lock (gate)
            {
                readToEnd = true;
                (writer, writerWaits) = (writerWaits, null);
            }

            writer?.SetResult();
        }
    }

    /// <summary>Waits only when too much is unanswered.</summary>
    private ValueTask TakeAsync(Signal? signal, CancellationToken cancel)
    {
        Task? wait = null;
        lock (gate)
        {
            if (++unanswered >= MostUnanswered)
            {
                wait = (readerWaits ??= NewWait()).Task;
            }
        }

        service.Take(signal, this, signal);
        return wait is null ? ValueTask.CompletedTask : new ValueTask(wait.WaitAsync(cancel));
    }

    /// <summary>What was answered since the last call; null at the end.</summary>
    private async ValueTask<List<Acknowledgement>?> NextAsync(CancellationToken cancel)
    {
        while (true)
        {
            Task wait;
            lock (gate)
            {
                if (answered.Count > 0)
                {
                    var ready = answered;
                    (answered, spare) = (spare, ready);
                    answered.Clear();
                    return ready;
                }

                if (readToEnd && unanswered == 0)
                {
                    return readFault is null ? null : throw readFault;
                }

                wait = (writerWaits ??= NewWait()).Task;
            }

            await wait.WaitAsync(cancel);
        }
    }

    private static TaskCompletionSource NewWait() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
