using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Delivery;
using Orchestrator.Simulation.Worlds;

namespace Orchestrator.Simulation.Checking;

/// <summary>
/// Looks at what consumers hold, whichever silo's hub gave it to them: only the owner of an account's partition leases its actions, and all hubs together give a consumer no more than it asked
/// for. Where clocks are wrong it looks away: what a lease says of its end is by the hub's own.
/// </summary>
internal sealed class Leases(World world, AckIds ackIds)
{
    /// <summary>How long a silo may go on in good faith when its partition was taken: it hears of it with its next look at the cluster, or gives up with its own lease.</summary>
    private static readonly TimeSpan InGoodFaith = TimeSpan.FromSeconds(12);

    private readonly Dictionary<string, Dictionary<string, Held>> _held = [];
    private readonly Dictionary<string, string> _holders = [];

    private sealed record Held(string Action, int Partition, TimeSpan Granted, TimeSpan Until);

    /// <summary>
    /// A silo's own hub hands out what is its own at this very moment: what another has taken meanwhile that one leases too, and one action has two holders. What a relay brings may have been on
    /// its way for long, and is not looked at here.
    /// </summary>
    /// <param name="at">Where the consumer stands.</param>
    public void HandedOut(SimSilo at, V1.Delivery delivery)
    {
        if (at.Cluster is null || !ackIds.TryRead(delivery.AckId, World.Tenant, out var ack, out _) || world.GranterOf(ack.Grant) != at)
        {
            return;
        }

        var partition = ack.Account.PartitionOf(world.Swarm.Partitions);
        if (world.Model.Row(partition).Owner is var owner && owner != at.Name)
        {
            var other = _held.Values.SelectMany(h => h.Values).FirstOrDefault(h => h.Action == delivery.Action.Id && h.Until > world.Simulation.Time);
            Must(false, $"action {delivery.Action.Id} of partition {partition} was handed out by {at.Name}, though {owner} owns it{(other is null ? "" : $" and a consumer holds it until {other.Until.TotalSeconds:0.0} s")}");
        }
    }

    /// <param name="consumer">Unlike any other.</param>
    public void Given(string consumer, ConsumerTerms terms, V1.Delivery delivery)
    {
        if (world.Swarm is not { ClockJumps: null, Restores: false })
        {
            return;
        }

        var now = world.Simulation.Time;
        var partition = GrainKey.Account(World.Tenant, delivery.Action.Account).PartitionOf(world.Swarm.Partitions);
        var until = delivery.LeaseUntil.ToDateTimeOffset() - Machine.SimMachine.Start;
        var granted = until - terms.Lease;
        if (world.Swarm.Cluster && ackIds.TryRead(delivery.AckId, World.Tenant, out var ack, out _) && world.GranterOf(ack.Grant) is { } granter)
        {
            Must(
                world.Journals.OwnersBetween(partition, granter.Process.RunningSince(granted, InGoodFaith), granted).Contains(granter.Name),
                $"action {delivery.Action.Id} of partition {partition} was leased by {granter.Name}, which has not owned it for {InGoodFaith.TotalSeconds:0} s");
        }

        if (!_held.TryGetValue(consumer, out var held))
        {
            _held.Add(consumer, held = []);
        }

        held[delivery.AckId] = new Held(delivery.Action.Id, partition, granted, until);
        _holders[delivery.AckId] = consumer;
        // What is over needs no credit. What another silo took over meanwhile is free again there, and the new owner's to give.
        var counts = held.Values.Where(h => h.Until > now && IsOpen(h.Action) && world.Journals.OwnersBetween(h.Partition, h.Granted, now).Count() == 1 && world.OwnerOf(h.Partition) is not null).Select(h => h.Action).Distinct().Count();
        Must(counts <= terms.MaxOutstanding || world.Swarm is { Cluster: false, Silos: > 1 }, $"consumer {consumer} holds {counts} actions and asked for {terms.MaxOutstanding} at most");
    }

    /// <summary>The consumer has settled it, or has forgotten it.</summary>
    public void Ended(string ackId)
    {
        if (_holders.Remove(ackId, out var consumer))
        {
            _held.GetValueOrDefault(consumer)?.Remove(ackId);
        }
    }

    public void Gone(string consumer) => _held.Remove(consumer);

    private bool IsOpen(string action) =>
        !world.Journals.Ended.ContainsKey(action) && world.Journals.Offered.TryGetValue(action, out var offered) && offered.Action.ValidUntil > world.LatestClock;

    private void Must(bool holds, string how)
    {
        if (!holds)
        {
            world.Simulation.Break("I12", how);
        }
    }
}
