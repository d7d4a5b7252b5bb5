using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Delivery;
using Result = Orchestrator.V1.SettlementResult.Types.Result;

namespace Orchestrator.Simulation.Worlds;

/// <summary>
/// One consumer that stays at one silo, from the healing on or in some stories from before, and when all has come to rest gets every open action, whichever silo runs its account. Whoever came
/// only then would be given new relays, and would not miss those that broke.
/// </summary>
internal sealed class LastConsumer
{
    // So long a lease and so little credit that none of it may get lost with a link, or nothing would come any more.
    private static readonly ConsumerTerms Terms = new(2, TimeSpan.FromMinutes(10), ReleaseOnClose: true);
    private readonly World _world;
    private readonly HashSet<string> _got = [];
    private SortedSet<string> _expected = [];
    private SimSilo? _silo;
    private bool _stopped;

    public LastConsumer(World world)
    {
        _world = world;
        world.Outside.Start(StayAsync);
    }

    /// <summary>Actions that it was given.</summary>
    public int Got => _got.Count;

    /// <summary>
    /// From being asked on, longer than anybody may hold an action that they were given before; not longer, or an action would be over by then and missed by nobody. Where clocks jumped, one that was
    /// put off by a clock that was ahead holds back all later ones of its account until the others have come there.
    /// </summary>
    public TimeSpan Patience => _world.Swarm.ClockJumps is null ? TimeSpan.FromSeconds(25) : World.Convergence;

    /// <summary>What is open now is to come.</summary>
    public void Expect() => _expected = new SortedSet<string>(
        _world.Journals.Folded.Values.Select(f => f.State).OfType<Account>().SelectMany(a => a.OpenActions).Where(a => !a.Asked).Select(a => a.Id), StringComparer.Ordinal);

    /// <summary>An action that it has not got though it is open; null if there is none.</summary>
    public string? Missing()
    {
        if (_expected.FirstOrDefault(id => !_got.Contains(id) && IsOpen(id)) is not { } id)
        {
            return null;
        }

        var (account, action) = _world.Journals.Offered[id];
        var owner = _world.OwnerOf(account.PartitionOf(_world.Swarm.Partitions));
        return $"action {id} of `{account.Affinity}` is open and was not delivered to a consumer at {_silo?.Name}, which has got {_got.Count(_expected.Contains)} of {_expected.Count}; it is valid from {action.NotBefore:HH:mm:ss} to {action.ValidUntil:HH:mm:ss}, {owner?.Name} owns it and has {owner?.Process.Clock.GetUtcNow():HH:mm:ss}";
    }

    public void Stop() => _stopped = true;

    private bool IsOpen(string id) =>
        _world.Journals.Offered.TryGetValue(id, out var offered)
        && !_world.Journals.Ended.ContainsKey(id)
        && offered.Action.ValidUntil > _world.LatestClock
        && _world.Journals.Folded[offered.Account].State is Account account && account.OpenActions.Any(a => a.Id == id && a.NotBefore < _world.EarliestClock);

    /// <summary>Where its silo dies it goes to another.</summary>
    private async Task StayAsync()
    {
        while (!_stopped)
        {
            if (_silo is not { Runs: true } && _world.Running.ToList() is { Count: > 0 } running)
            {
                var silo = _silo = _world.Simulation.Random.Pick(running);
                silo.Process.Start(() => ConsumeAsync(silo));
            }

            await _world.Outside.Clock.Delay(TimeSpan.FromMilliseconds(500));
        }
    }

    private async Task ConsumeAsync(SimSilo silo)
    {
        var consumer = silo.Delivery.Join(World.Tenant, "last", DeliveryFilter.All, Terms);
        while (!_stopped && _silo == silo)
        {
            foreach (var delivery in silo.Delivery.Take(consumer, Terms.MaxOutstanding).Deliveries)
            {
                _world.Leases.HandedOut(silo, delivery);
                _got.Add(delivery.Action.Id);
                silo.Process.Start(() => SettleAsync(silo, new V1.Settlement { AckId = delivery.AckId, Done = new() { Outcome = "delivered" } }));
            }

            await silo.Process.Clock.Delay(TimeSpan.FromMilliseconds(100));
        }

        silo.Delivery.Leave(consumer);
    }

    private async Task SettleAsync(SimSilo silo, V1.Settlement settlement)
    {
        while ((await silo.Delivery.SettleAsync(World.Tenant, settlement, CancellationToken.None)).Result == Result.Unavailable && !_stopped)
        {
            await silo.Process.Clock.Delay(TimeSpan.FromMilliseconds(200));
        }
    }
}
