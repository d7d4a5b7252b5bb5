using Orleans;
using Orleans.Placement;
using Orleans.Runtime;

namespace Orchestrator.Silo.Engines.Orleans;

/// <summary>One partition of the store. Its key is the partition's number, from 0.</summary>
[Alias("orchestrator.partition")]
internal interface IPartitionGrain : IGrainWithIntegerKey
{
    /// <summary>Where it runs; brings it up if it does not run.</summary>
    [Alias("where")]
    Task<PartitionPlace> WhereAsync();
}

/// <param name="Silo">The owner's name in the partition's row.</param>
/// <param name="Epoch">Under which it runs there.</param>
[GenerateSerializer, Immutable, Alias("orchestrator.place")]
internal readonly record struct PartitionPlace([property: Id(0)] string Silo, [property: Id(1)] long Epoch);

/// <summary>
/// The hold that Orleans has on a partition: where this is activated, the partition runs. Activation takes the epoch, deactivation gives the partition away or lets it go. Commands do not come
/// through here: they reach the owner in batches, and the store's fence refuses whoever is not the owner any more.
/// </summary>
/// <remarks>One turn at a time, on the activation's scheduler. Kept until it is told to go: a partition has timers though nobody calls.</remarks>
[KeepAlive, Immovable(ImmovableKind.Any), PartitionPlacement, GrainType(TypeName)]
internal sealed class PartitionGrain(IGrainContext context, OrleansEngine engine) : IGrainBase, IPartitionGrain, IGrainMigrationParticipant
{
    public const string TypeName = "orchestrator-partition";

    private const string EpochKey = "orchestrator.epoch";

    private long? _handed;
    private string? _target;
    private long _epoch;

    public IGrainContext GrainContext => context;

    public int Partition => (int)GrainContext.GrainId.GetIntegerKey();

    public async Task OnActivateAsync(CancellationToken token) => _epoch = await engine.ArriveAsync(this, _handed, token);

    /// <remarks>Where it is given away, nothing of the partition runs here any more when this returns; where it was lost, its end may take longer, and until then it cannot be activated anew on this silo.</remarks>
    public async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken token) => _handed = await engine.DepartAsync(this, _target);

    public void OnDehydrate(IDehydrationContext dehydrationContext)
    {
        if (_handed is { } epoch)
        {
            dehydrationContext.TryAddValue(EpochKey, epoch);
        }
    }

    public void OnRehydrate(IRehydrationContext rehydrationContext) =>
        _handed = rehydrationContext.TryGetValue(EpochKey, out long epoch) ? epoch : null;

    public Task<PartitionPlace> WhereAsync() => Task.FromResult(new PartitionPlace(engine.Silo, _epoch));

    /// <summary>Begins to migrate. Any thread.</summary>
    internal void GoTo(string silo, SiloAddress address)
    {
        Volatile.Write(ref _target, silo);
        context.Migrate(new Dictionary<string, object> { [global::Orleans.Runtime.Placement.IPlacementDirector.PlacementHintKey] = address });
    }

    /// <summary>Ends: the partition does not run here any more. Any thread.</summary>
    internal void End(string why) => context.Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationError, why));
}
