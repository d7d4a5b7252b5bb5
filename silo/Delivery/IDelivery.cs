using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Silo.Delivery;

/// <summary>Where consumers come: the hub of a silo that runs alone, or the hubs of all silos as one.</summary>
public interface IDelivery
{
    /// <summary>Times leases; real and monotonic.</summary>
    TimeProvider LeaseClock { get; }

    DeliveryOptions Options { get; }

    /// <summary>A pull that finds nothing waits this long at least: actions of other silos are not here at once.</summary>
    TimeSpan ShortestPull => TimeSpan.Zero;

    /// <summary>Adds a consumer to a subscription, which begins to exist with its first. <see cref="Leave"/> it when done.</summary>
    /// <exception cref="DeliveryRefusedException">The name is bad, the subscription is open with another filter, or this silo drains.</exception>
    Consumer Join(string tenant, string subscription, DeliveryFilter filter, ConsumerTerms terms);

    /// <summary>The consumer is gone. Twice is harmless.</summary>
    void Leave(Consumer consumer);

    /// <summary>What there is for this consumer now: deliveries, most <paramref name="most"/>, and revocations. Call it right before writing.</summary>
    /// <exception cref="DeliveryRefusedException">The subscription is open with another filter elsewhere.</exception>
    (IReadOnlyList<V1.Delivery> Deliveries, IReadOnlyList<Revoked> Revocations) Take(Consumer consumer, int most);

    /// <summary>Takes a settlement to the account, from any connection.</summary>
    ValueTask<V1.SettlementResult> SettleAsync(string tenant, V1.Settlement sent, CancellationToken cancel);

    /// <summary>Prolongs a lease, counted from now.</summary>
    ValueTask<V1.SettlementResult> ExtendAsync(string tenant, V1.LeaseExtension sent, CancellationToken cancel);

    /// <summary>Leases an action to whoever just asked for a decision; null when it may not be given.</summary>
    /// <exception cref="Partitions.PartitionUnavailableException">Its account's silo did not answer.</exception>
    ValueTask<V1.Delivery?> LeaseAsync(GrainKey account, OpenAction action, IReadOnlyList<PersonName> identifiers, TimeSpan lease, CancellationToken cancel);
}
