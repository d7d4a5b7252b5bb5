using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Engines;
using Orchestrator.Silo.Outbox;
using Orchestrator.Silo.Partitions;
using PlaybookVersion = Orchestrator.Grains.Playbooks.PlaybookVersion;

namespace Orchestrator.Silo.Tests;

/// <summary>The embedded engine over a bad network: messages between partitions get lost, doubled or held back, as <paramref name="times"/> says.</summary>
/// <param name="times">For the n-th message: how often it arrives; negative = after the next one.</param>
public sealed class RoughEngine(Func<int, int> times) : IEngine
{
    private readonly EmbeddedEngine _inner = new();
    private readonly Lock _gate = new();
    private (int Partition, PartitionMessage Message)? _held;
    private int _count;

    public Task StartAsync(IPartitionHost host, CancellationToken cancel) => _inner.StartAsync(host, cancel);

    public void Tell(int partition, GrainCommand command, IAnswered? to, object? state) => _inner.Tell(partition, command, to, state);

    public void Post(int partition, PartitionMessage message)
    {
        lock (_gate)
        {
            var n = times(_count++);
            if (n < 0 && _held is null)
            {
                _held = (partition, message);
                return;
            }

            for (var i = 0; i < Math.Abs(n); i++)
            {
                _inner.Post(partition, message);
            }

            if (_held is { } held)
            {
                _held = null;
                _inner.Post(held.Partition, held.Message);
            }
        }
    }

    public Task<ReadResult> ReadAsync(int partition, IReadOnlyList<GrainKey> keys, CancellationToken cancel) => _inner.ReadAsync(partition, keys, cancel);

    public void Published(string tenant, PlaybookVersion version) => _inner.Published(tenant, version);

    public void Lost(int partition) => _inner.Lost(partition);

    public Task StopAsync() => _inner.StopAsync();
}
