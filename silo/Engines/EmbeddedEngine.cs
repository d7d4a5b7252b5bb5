using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Outbox;
using Orchestrator.Silo.Partitions;
using PlaybookVersion = Orchestrator.Grains.Playbooks.PlaybookVersion;

namespace Orchestrator.Silo.Engines;

/// <summary>One process runs all partitions; nobody to find and nothing to forward.</summary>
public sealed class EmbeddedEngine : IEngine
{
    private IPartitionHost? _host;

    public async Task StartAsync(IPartitionHost host, CancellationToken cancel)
    {
        _host = host;

        // All at once: their epochs share a transaction, and while one reads the store another folds.
        var taken = await Task.WhenAll(Enumerable.Range(0, host.Partitions).Select(partition => host.TakeAsync(partition, seenEpoch: null, cancel)));
        if (Array.IndexOf(taken, false) is >= 0 and var lost)
        {
            throw new InvalidOperationException($"partition {lost} was taken by another silo while this one started; an embedded silo needs a store of its own");
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

    public Task<ReadResult> ReadAsync(int partition, IReadOnlyList<GrainKey> keys, CancellationToken cancel) =>
        _host?.TryRead(partition, keys)?.WaitAsync(cancel)
            ?? Task.FromException<ReadResult>(new PartitionUnavailableException($"partition {partition} is not running"));

    /// <summary>All partitions share the shelf on which it is already.</summary>
    public void Published(string tenant, PlaybookVersion version)
    {
    }

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
