using System.Collections.Immutable;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Journal;
using Orchestrator.V1;
using PlaybookVersion = Orchestrator.Grains.Playbooks.PlaybookVersion;

namespace Orchestrator.Silo.InFlight;

/// <summary>How far publishes have come with accounts in flight.</summary>
internal static class FlightStatus
{
    public static async Task<GetRolloutResponse> ReadAsync(IStore store, int version, int partitions, CancellationToken cancel)
    {
        var status = new GetRolloutResponse { Version = version, Partitions = partitions };
        for (var partition = 0; partition < partitions; partition++)
        {
            var progress = FlightProgress.Read(await store.ReadSettingAsync(FlightWalk.SettingOf(partition), cancel));
            // The first version finds nobody in flight.
            status.PartitionsDone += version <= 1 || (progress.Version == version && progress.IsDone) ? 1 : 0;
            status.AccountsVisited += progress.Version == version ? progress.Visited : 0;
        }

        return status;
    }

    /// <summary>A version with an in-flight rule must have reached everybody before the next comes: whoever it has not met would never meet it.</summary>
    /// <exception cref="RpcException">FAILED_PRECONDITION: it has not.</exception>
    public static async Task RefuseWhileUnderWayAsync(IStore store, ImmutableArray<PlaybookVersion> versions, CancellationToken cancel)
    {
        if (versions.Length < 2 || PlaybookReader.Read(versions[^1].Text, versions[^1].File).Definition is not { InFlight.IsRule: true })
        {
            return;
        }

        var partitions = (await store.PartitionsAsync(cancel)).Count;
        var status = await ReadAsync(store, versions.Length, partitions, cancel);
        if (status.PartitionsDone < partitions)
        {
            throw new RpcException(
                StatusCode.FailedPrecondition,
                $"version {versions.Length} is still being applied to accounts in flight: {status.PartitionsDone} of {partitions} partitions are done; publish again when all are");
        }
    }
}
