using Orleans;
using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.Placement;

namespace Orchestrator.Silo.Engines.Orleans;

/// <summary>Partitions go where <see cref="Cluster.Placement"/> says: evenly, newer silos first, and they stay where they are.</summary>
[GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("orchestrator.placement")]
internal sealed class PartitionPlacement : PlacementStrategy
{
    public static PartitionPlacement Singleton { get; } = new();
}

[AttributeUsage(AttributeTargets.Class)]
internal sealed class PartitionPlacementAttribute() : PlacementAttribute(PartitionPlacement.Singleton);

/// <summary>Chooses the silo of a partition that is activated. A hint is followed: whoever hands a partition over has named the heir in the store already.</summary>
internal sealed class PartitionDirector(OrleansEngine engine) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var compatible = context.GetCompatibleSilos(target);
        return Task.FromResult(
            IPlacementDirector.GetPlacementHint(target.RequestContextData, compatible)
            ?? engine.Choose((int)target.GrainIdentity.GetIntegerKey(), compatible));
    }
}
