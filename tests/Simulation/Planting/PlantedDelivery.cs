using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Delivery;
using Orchestrator.Simulation.Worlds;
using Result = Orchestrator.V1.SettlementResult.Types.Result;

namespace Orchestrator.Simulation.Planting;

/// <summary>Takes "it could not be told" for "it counts".</summary>
internal sealed class PlantedDelivery(IDelivery inner) : IDelivery
{
    public TimeProvider LeaseClock => inner.LeaseClock;

    public DeliveryOptions Options => inner.Options;

    public static IDelivery Over(World world, IDelivery inner) => world.Planted == PlantedBug.SettlementLostAtHandOver ? new PlantedDelivery(inner) : inner;

    public Consumer Join(string tenant, string subscription, DeliveryFilter filter, ConsumerTerms terms) => inner.Join(tenant, subscription, filter, terms);

    public void Leave(Consumer consumer) => inner.Leave(consumer);

    public (IReadOnlyList<V1.Delivery> Deliveries, IReadOnlyList<Revoked> Revocations) Take(Consumer consumer, int most) => inner.Take(consumer, most);

    public async ValueTask<V1.SettlementResult> SettleAsync(string tenant, V1.Settlement sent, CancellationToken cancel) =>
        await inner.SettleAsync(tenant, sent, cancel) is var result && result.Result == Result.Unavailable ? new() { AckId = sent.AckId, Result = Result.Settled } : result;

    public ValueTask<V1.SettlementResult> ExtendAsync(string tenant, V1.LeaseExtension sent, CancellationToken cancel) => inner.ExtendAsync(tenant, sent, cancel);

    public ValueTask<V1.Delivery?> LeaseAsync(GrainKey account, OpenAction action, IReadOnlyList<PersonName> identifiers, TimeSpan lease, CancellationToken cancel) =>
        inner.LeaseAsync(account, action, identifiers, lease, cancel);
}
