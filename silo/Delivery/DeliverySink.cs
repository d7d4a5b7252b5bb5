using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Partitions;

namespace Orchestrator.Silo.Delivery;

/// <summary>Gives the effects of the partitions to the hub. The hub is attached once the store's key for ack ids is known, before any effect is released.</summary>
internal sealed class DeliverySink : IEffectSink
{
    private DeliveryHub? hub;
    private int partitions;

    /// <summary>Who works out what is to be put right for an account; must return soon. Null: nobody, and the account asks again.</summary>
    public Action<Grains.Partitioning.GrainKey>? OnCorrect { get; set; }

    /// <param name="count">Number of partitions of the store.</param>
    public void Attach(DeliveryHub delivery, int count) => (hub, partitions) = (delivery, count);

    public void Forget(int partition) => hub?.Forget(account => account.PartitionOf(partitions) == partition);

    public void Release(in ReleasedEffect effect)
    {
        switch (effect.Effect)
        {
            case Effect.Offer offer:
                hub!.Offer(offer.Account, offer.Action, offer.Identifiers, offer.Action.Owner);
                break;
            case Effect.Withdraw withdraw:
                hub!.Withdraw(withdraw.Account, withdraw.ActionId, withdraw.Reason);
                break;
            case Effect.Correct correct:
                OnCorrect?.Invoke(correct.Account);
                break;
            default:
                // Messages and publications are the runtime's own.
                break;
        }
    }
}
