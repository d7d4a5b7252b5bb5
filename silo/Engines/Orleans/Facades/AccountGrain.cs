using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Orleans;
using Orchestrator.Silo.Ingest;
using Orchestrator.V1;
using Orleans;
using Orleans.Concurrency;
using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.Placement;

namespace Orchestrator.Silo.Engines.Orleans.Facades;

/// <summary>The door to one account for Orleans clients. It holds nothing, so several calls may be inside at a time.</summary>
[Reentrant, NearPartition, GrainType("orchestrator-account")]
internal sealed class AccountGrain(IGrainContext context, Task<Services> services) : IGrainBase, IAccountGrain
{
    public IGrainContext GrainContext => context;

    private string Account => GrainContext.GrainId.Key.ToString()!;

    public async Task<Acknowledgement> RecordAsync(Signal signal)
    {
        if (signal.Account.Length > 0 && signal.Account != Account)
        {
            throw new OrchestratorException("INVALID_ARGUMENT", $"the signal is of the account `{signal.Account}`, one of `{Account}` was expected");
        }

        return await (await services).RecordAsync(new Signal(signal) { Account = Account });
    }

    public async Task<GetAccountResponse> GetAsync() => await (await services).GetAsync(new GetAccountRequest { Account = Account });

    public async Task<TimelineResponse> TimelineAsync(int pageSize, string pageToken) =>
        await (await services).TimelineAsync(new TimelineRequest { Account = Account, PageSize = pageSize, PageToken = pageToken });

    public async Task<ExplainResponse> ExplainAsync(ExplainRequest request) => await (await services).ExplainAsync(new ExplainRequest(request) { Account = Account });

    public async Task<DecideResponse> DecideAsync(string channel, TimeSpan? lease) =>
        await (await services).DecideAsync(new DecideRequest { Account = Account, Channel = channel, Lease = lease is { } time ? Duration.FromTimeSpan(time) : null });

    public async Task<SettlementResult> SettleAsync(Settlement settlement) => await (await services).SettleAsync(settlement);
}

/// <summary>Near the partition of the account, so that a call does not go over two silos.</summary>
[GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("orchestrator.near")]
internal sealed class NearPartition : PlacementStrategy
{
    public static NearPartition Singleton { get; } = new();
}

[AttributeUsage(AttributeTargets.Class)]
internal sealed class NearPartitionAttribute() : PlacementAttribute(NearPartition.Singleton);

/// <summary>Puts the door where the account is now, as far as this silo knows. It may move away; the door goes on working where it is.</summary>
internal sealed class NearPartitionDirector(OrleansEngine engine) : IPlacementDirector
{
    /// <summary>Where nobody is known to have the partition: the same silo for the same account, whoever asks.</summary>
    internal static SiloAddress Anywhere(GrainKey account, IEnumerable<SiloAddress> compatible) =>
        compatible.MaxBy(silo => Grains.Partitioning.StableHash.Of(account.Hash, Grains.Partitioning.StableHash.Of(silo.ToParsableString())))!;

    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var compatible = context.GetCompatibleSilos(target);
        var account = GrainKey.Account(Tenants.Default, target.GrainIdentity.Key.ToString()!);
        return Task.FromResult(engine.OwnerOf(account) is { } owner && compatible.Contains(owner) ? owner : Anywhere(account, compatible));
    }
}
