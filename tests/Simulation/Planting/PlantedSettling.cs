using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Delivery;
using Orchestrator.Simulation.Worlds;

namespace Orchestrator.Simulation.Planting;

/// <summary>Takes "it was settled before" for "it counts".</summary>
internal sealed class PlantedSettling(ISettle inner) : ISettle
{
    public static ISettle Over(World world, ISettle inner) => world.Planted == PlantedBug.SettledTwice ? new PlantedSettling(inner) : inner;

    public async ValueTask<SettleAnswer> SettleAsync(GrainKey account, string actionId, Settlement settlement, CancellationToken cancel) =>
        await inner.SettleAsync(account, actionId, settlement, cancel) is var answer && answer is SettleAnswer.AlreadySettled ? SettleAnswer.Settled.Instance : answer;
}
