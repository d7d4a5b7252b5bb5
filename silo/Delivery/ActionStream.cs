using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Orchestrator.Silo.Delivery;

/// <summary>
/// One <c>Subscribe</c> call. Reading and writing are two loops of the caller's context: the reader takes settlements and extensions to the hub without
/// waiting for each other, at most <see cref="MostUnanswered"/> at a time; the writer wakes when there is something to say or the heartbeat is due.
/// A stream that idles costs one timer.
/// </summary>
#pragma warning disable CA1001 // The semaphore holds no handle unless asked for one, and answers may come after the stream is over.
public sealed class ActionStream
#pragma warning restore CA1001
{
    /// <summary>Settlements and extensions taken and not yet answered on the stream; more are not read until answers have been written.</summary>
    public const int MostUnanswered = 2_000;

    private const int MostDeliveries = 64;
    private const int MostInOneTake = 8;
    private const int MostResults = 1_000;

    private readonly IDelivery hub;
    private readonly string tenant;
    private readonly Consumer consumer;
    private readonly CancellationToken stopping;
    private readonly SemaphoreSlim unanswered = new(MostUnanswered);
    private readonly Lock gate = new();
    private readonly Queue<V1.SettlementResult> results = new();
    private int inFlight;
    private bool heartbeatDue;
    private ExceptionDispatchInfo? broken;

    private ActionStream(IDelivery hub, string tenant, Consumer consumer, CancellationToken stopping)
    {
        this.hub = hub;
        this.tenant = tenant;
        this.consumer = consumer;
        this.stopping = stopping;
    }

    /// <summary>Serves one stream until its client goes, or the hub drains.</summary>
    /// <param name="tenant">Whose actions.</param>
    /// <param name="stopping">Fires when the silo stops. Settlements that were read are finished even if their stream breaks: a lost ack is a message sent twice.</param>
    /// <param name="cancel">Fires when the call is over.</param>
    /// <exception cref="DeliveryRefusedException">The first message is not a good <c>open</c>, or a later one is an <c>open</c>.</exception>
    public static async IAsyncEnumerable<V1.SubscribeResponse> ServeAsync(
        IDelivery hub, string tenant, IAsyncEnumerable<V1.SubscribeRequest> requests, CancellationToken stopping, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var reader = requests.GetAsyncEnumerator(over.Token);
        var first = await reader.MoveNextAsync() ? reader.Current : throw Invalid("the stream ended before its first message, which must be `open`");
        var consumer = Join(hub, tenant, first);
        var stream = new ActionStream(hub, tenant, consumer, stopping);
        ITimer? heartbeat = null;
        try
        {
            using var wake = cancel.Register(static bell => ((Bell)bell!).Ring(), consumer.Bell);
            _ = stream.ReadAsync(first, reader, over.Token);
            heartbeat = hub.LeaseClock.CreateTimer(static s => ((ActionStream)s!).HeartbeatDue(), stream, hub.Options.Heartbeat, Timeout.InfiniteTimeSpan);
            while (!cancel.IsCancellationRequested)
            {
                stream.broken?.Throw();
                if (stream.Next() is { } response)
                {
                    heartbeat.Change(hub.Options.Heartbeat, Timeout.InfiniteTimeSpan);
                    yield return response;
                    if (response.Drain is not null)
                    {
                        break;
                    }
                }
                else
                {
                    await consumer.Bell.WaitAsync();
                }
            }
        }
        finally
        {
            heartbeat?.Dispose();
            hub.Leave(consumer);
            over.Cancel();
        }
    }

    private static Consumer Join(IDelivery hub, string tenant, V1.SubscribeRequest first)
    {
        if (first.Open is not { } open)
        {
            throw Invalid("the first message must be `open`");
        }

        if (!DeliveryFilter.TryRead(open.Filter, out var filter, out var why) || !SettlementReader.TryReadLease(open.Lease, out var lease, out why))
        {
            throw Invalid(why);
        }

        if (open.MaxOutstanding is < 0 or > Limits.MostOutstanding)
        {
            throw Invalid($"max_outstanding is {open.MaxOutstanding}, expected 1 to {Limits.MostOutstanding}, or 0 for {Limits.DefaultOutstanding}");
        }

        var credit = open.MaxOutstanding == 0 ? Limits.DefaultOutstanding : open.MaxOutstanding;
        return hub.Join(tenant, open.Subscription, filter, new(credit, lease, open.ReleaseOnClose));
    }

    private static DeliveryRefusedException Invalid(string why) => new(RefusalKind.Invalid, why);

    /// <summary>The reading loop. It owns <paramref name="reader"/>, and ends with it; a client that sends no more may go on listening.</summary>
    private async Task ReadAsync(V1.SubscribeRequest request, IAsyncEnumerator<V1.SubscribeRequest> reader, CancellationToken over)
    {
        try
        {
            await using (reader)
            {
                await TakeInAsync(request, over);
                while (await reader.MoveNextAsync())
                {
                    if (reader.Current.Open is not null)
                    {
                        throw Invalid("`open` was sent before; it may only be the first message");
                    }

                    await TakeInAsync(reader.Current, over);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The call is over; the writer knows.
        }
#pragma warning disable CA1031 // Whatever ends the reading ends the call: the writer throws it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            broken = ExceptionDispatchInfo.Capture(e);
        }

        consumer.Bell.Ring();
    }

    private async ValueTask TakeInAsync(V1.SubscribeRequest request, CancellationToken over)
    {
        foreach (var settlement in request.Settlements)
        {
            await RoomAsync(over);
            _ = AnswerAsync(settlement.AckId, hub.SettleAsync(tenant, settlement, stopping));
        }

        foreach (var extension in request.Extensions)
        {
            await RoomAsync(over);
            _ = AnswerAsync(extension.AckId, hub.ExtendAsync(tenant, extension, stopping));
        }
    }

    /// <summary>Waits until an answer may be added; not when the stream is over, since what was read is finished all the same.</summary>
    private async ValueTask RoomAsync(CancellationToken over)
    {
        try
        {
            await unanswered.WaitAsync(over);
        }
        catch (OperationCanceledException)
        {
            // Nobody reads the answers any more, so they need no bound.
        }
    }

    private async Task AnswerAsync(string ackId, ValueTask<V1.SettlementResult> work)
    {
        Interlocked.Increment(ref inFlight);
        V1.SettlementResult result;
        try
        {
            result = await work;
        }
#pragma warning disable CA1031 // One settlement that fails must not end the stream of all others: the client sends it again.
        catch (Exception e)
#pragma warning restore CA1031
        {
            result = new() { AckId = ackId, Result = V1.SettlementResult.Types.Result.Unavailable, Reason = e is OperationCanceledException ? "the silo stops" : "the account did not answer" };
        }

        lock (gate)
        {
            results.Enqueue(result);
        }

        Interlocked.Decrement(ref inFlight);
        consumer.Bell.Ring();
    }

    private void HeartbeatDue()
    {
        lock (gate)
        {
            heartbeatDue = true;
        }

        consumer.Bell.Ring();
    }

    /// <summary>What to write now, or null. Called at the moment of writing.</summary>
    private V1.SubscribeResponse? Next()
    {
        var response = new V1.SubscribeResponse();
        var drained = consumer.Drain is not null && Volatile.Read(ref inFlight) == 0;
        lock (gate)
        {
            while (response.Results.Count < MostResults && results.TryDequeue(out var result))
            {
                response.Results.Add(result);
            }

            drained &= results.Count == 0;
            response.Heartbeat = heartbeatDue;
            heartbeatDue = false;
        }

        if (response.Results.Count > 0)
        {
            unanswered.Release(response.Results.Count);
        }

        AddActions(response);

        if (drained)
        {
            response.Drain = new() { ReconnectAfter = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(consumer.Drain!.Value) };
        }

        var says = response.Results.Count > 0 || response.Deliveries.Count > 0 || response.Revocations.Count > 0 || drained;
        response.Heartbeat &= !says;
        return says || response.Heartbeat ? response : null;
    }

    private void AddActions(V1.SubscribeResponse response)
    {
        var bytes = 0;
        while (response.Deliveries.Count < MostDeliveries && bytes < Limits.ResponseBytes)
        {
            var (deliveries, revocations) = hub.Take(consumer, MostInOneTake);
            foreach (var revoked in revocations)
            {
                response.Revocations.Add(new V1.SubscribeResponse.Types.Revocation { ActionId = revoked.ActionId, Reason = revoked.Reason });
            }

            foreach (var delivery in deliveries)
            {
                bytes += delivery.CalculateSize();
                response.Deliveries.Add(delivery);
            }

            if (deliveries.Count < MostInOneTake)
            {
                break;
            }
        }
    }
}
