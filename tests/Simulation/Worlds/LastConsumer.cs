using Orchestrator.Grains.Accounts;
using Orchestrator.Silo.Delivery;

namespace Orchestrator.Simulation.Worlds;

/// <summary>When all is healed: one consumer that stands at one silo gets every open action, whichever silo runs its account.</summary>
internal sealed class LastConsumer
{
    private const int Credit = 16;
    private readonly World _world;
    private readonly SimSilo? _silo;
    private readonly SortedSet<string> _expected;
    private readonly HashSet<string> _got = [];
    private bool _stopped;

    public LastConsumer(World world)
    {
        _world = world;
        _world.Consumers.Stop();
        _silo = world.Running.ElementAtOrDefault(world.Simulation.Random.Below(Math.Max(1, world.Running.Count())));
        _expected = new SortedSet<string>(
            world.Journals.Folded.Values.Select(f => f.State).OfType<Account>().SelectMany(a => a.OpenActions).Where(a => !a.Asked).Select(a => a.Id), StringComparer.Ordinal);
        _silo?.Process.Start(ConsumeAsync);
    }

    /// <summary>An action that it has not got though it is open; null if there is none.</summary>
    public string? Missing() => _expected.FirstOrDefault(id => !_got.Contains(id) && IsOpen(id)) is { } id
        ? $"action {id} of `{_world.Journals.Offered[id].Account.Affinity}` is open and was not delivered to a consumer at {_silo?.Name}, which has got {_got.Count} of {_expected.Count}; it is valid from {_world.Journals.Offered[id].Action.NotBefore:HH:mm:ss} to {_world.Journals.Offered[id].Action.ValidUntil:HH:mm:ss}, {_world.OwnerOf(_world.Journals.Offered[id].Account.PartitionOf(_world.Swarm.Partitions))?.Name} owns it and has {_world.OwnerOf(_world.Journals.Offered[id].Account.PartitionOf(_world.Swarm.Partitions))?.Process.Clock.GetUtcNow():HH:mm:ss}"
        : null;

    public void Stop() => _stopped = true;

    private bool IsOpen(string id) =>
        _world.Journals.Offered.TryGetValue(id, out var offered)
        && !_world.Journals.Ended.ContainsKey(id)
        && offered.Action.ValidUntil > _world.LatestClock
        && _world.Journals.Folded[offered.Account].State is Account account && account.OpenActions.Any(a => a.Id == id && a.NotBefore < _world.EarliestClock);

    private async Task ConsumeAsync()
    {
        var consumer = _silo!.Delivery.Join(World.Tenant, "last", DeliveryFilter.All, new ConsumerTerms(Credit, TimeSpan.FromSeconds(30), ReleaseOnClose: true));
        while (!_stopped)
        {
            foreach (var delivery in _silo.Delivery.Take(consumer, Credit).Deliveries)
            {
                _got.Add(delivery.Action.Id);
                var settlement = new V1.Settlement { AckId = delivery.AckId, Done = new() { Outcome = "delivered" } };
                _silo.Process.Start(async () => await _silo.Delivery.SettleAsync(World.Tenant, settlement, CancellationToken.None));
            }

            await _silo.Process.Clock.Delay(TimeSpan.FromMilliseconds(100));
        }

        _silo.Delivery.Leave(consumer);
    }
}
