using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Outbox;
using Orchestrator.Silo.Partitions;

namespace Orchestrator.Silo.Engines;

/// <summary>One process runs all partitions; nobody to find and nothing to forward.</summary>
public sealed class EmbeddedEngine : IEngine
{
    private IPartitionHost? _host;

    public async Task StartAsync(IPartitionHost host, CancellationToken cancel)
    {
        _host = host;
        for (var partition = 0; partition < host.Partitions; partition++)
        {
            if (!await host.TakeAsync(partition, seenEpoch: null, cancel))
            {
                throw new InvalidOperationException($"partition {partition} was taken by another silo while this one started; an embedded silo needs a store of its own");
            }
        }
    }

    public void Tell(int partition, GrainCommand command, IAnswered? to, object? state)
    {
        if (_host is null || !_host.TryTell(partition, command, to, state))
        {
            to?.Answered(state, new Outcome.Unavailable($"partition {partition} is not running"));
        }
    }

    public void Post(int partition, PartitionMessage message) => _host?.TryPost(partition, message);

    /// <summary>There is nobody else to own it: the partition stays stopped and says so.</summary>
    public void Lost(int partition)
    {
    }

    public async Task StopAsync()
    {
        if (_host is { } host)
        {
            var leaving = new List<Task>(host.Partitions);
            for (var partition = 0; partition < host.Partitions; partition++)
            {
                leaving.Add(host.LetGoAsync(partition));
            }

            await Task.WhenAll(leaving);
        }
    }
}
