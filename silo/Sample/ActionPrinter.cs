using Orchestrator.Silo.Delivery;
using Orchestrator.Silo.Ingest;

namespace Orchestrator.Silo.Sample;

/// <summary>A consumer of all pushed actions, inside the process: prints each, and settles it as delivered, so that it counts against caps.</summary>
/// <remarks>It settles without waiting for the answer; the loop runs on the thread pool and ends when the hub drains.</remarks>
internal sealed class ActionPrinter(DeliveryHub hub, SampleOutput output, CancellationToken stopping)
{
    private const int Credit = 2_000;
    private readonly Lock gate = new();
    private readonly SortedSet<(long DecidedAt, string Id)> unsettled = [];

    /// <summary>Settled since this process began.</summary>
    public long Settled { get; private set; }

    /// <summary>When the oldest action was decided that is printed and not settled yet; null = none.</summary>
    public DateTimeOffset? Behind
    {
        get
        {
            lock (gate)
            {
                return unsettled.Count == 0 ? null : new DateTimeOffset(unsettled.Min.DecidedAt, TimeSpan.Zero);
            }
        }
    }

    public async Task RunAsync()
    {
        var consumer = hub.Join(Tenants.Default, "sample", DeliveryFilter.All, new(Credit, TimeSpan.FromMinutes(1), ReleaseOnClose: true));
        await using var told = stopping.Register(consumer.Bell.Ring);
        try
        {
            while (!stopping.IsCancellationRequested && consumer.Drain is null)
            {
                var (deliveries, _) = hub.Take(consumer, 64);
                foreach (var delivery in deliveries)
                {
                    output.Action(delivery.Action);
                    _ = SettleAsync(delivery);
                }

                if (deliveries.Count == 0)
                {
                    await consumer.Bell.WaitAsync();
                }
            }
        }
        finally
        {
            hub.Leave(consumer);
        }
    }

    private async Task SettleAsync(V1.Delivery delivery)
    {
        var mark = (delivery.Action.DecidedAt.ToDateTimeOffset().UtcTicks, delivery.Action.Id);
        lock (gate)
        {
            unsettled.Add(mark);
        }

        try
        {
            // What is unavailable comes again when its lease ends.
            await hub.SettleAsync(Tenants.Default, new V1.Settlement { AckId = delivery.AckId, Done = new() { Outcome = "delivered" } }, stopping);
        }
        catch (OperationCanceledException)
        {
            // The silo stops; after a restart the action is offered again if this was not durable.
        }
        finally
        {
            lock (gate)
            {
                unsettled.Remove(mark);
                Settled++;
            }
        }
    }
}
