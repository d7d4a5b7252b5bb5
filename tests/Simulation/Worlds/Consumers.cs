using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Delivery;
using Result = Orchestrator.V1.SettlementResult.Types.Result;

namespace Orchestrator.Simulation.Worlds;

/// <summary>Channel services: they lease actions from whichever silo they are connected to, settle them anywhere, extend, forget, and die.</summary>
internal sealed class Consumers(World world)
{
    private static readonly string[] Verdicts = ["done", "done", "done", "retry", "reject", "declined"];
    private bool _stopped;
    private int _joined;

    public int Delivered { get; private set; }

    /// <summary>They hold what they are given until its lease is over.</summary>
    public bool NeverSettle { get; set; }

    public async Task RunAsync()
    {
        for (var consumer = 0; consumer < world.Swarm.Consumers; consumer++)
        {
            var number = consumer;
            world.Outside.Start(() => LiveAsync(number));
        }

        await Task.CompletedTask;
    }

    public void Stop() => _stopped = true;

    /// <summary>One consumer after the other: each lives as long as its silo and its own patience.</summary>
    private async Task LiveAsync(int number)
    {
        while (!_stopped)
        {
            await world.Outside.Clock.Delay(world.Simulation.Random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(1)));
            if (world.Silos[world.Simulation.Random.Below(world.Silos.Length)] is { Runs: true } silo)
            {
                var takes = world.Simulation.Random.Between(2, 40);
                silo.Process.Start(() => ConsumeAsync(silo, $"sub-{number}", takes));
                await world.Outside.Clock.Delay(world.Simulation.Random.Between(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10)));
            }
        }
    }

    /// <summary>In the silo's process: the stream's side of one consumer.</summary>
    private async Task ConsumeAsync(SimSilo silo, string name, int takes)
    {
        var random = world.Simulation.Random;
        var terms = new ConsumerTerms(random.Between(1, 8), random.Between(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(20)), random.Chance(0.5));
        var who = $"{name}/{++_joined}";
        var consumer = silo.Delivery.Join(World.Tenant, name, DeliveryFilter.All, terms);
        for (var i = 0; i < takes && !_stopped; i++)
        {
            foreach (var delivery in silo.Delivery.Take(consumer, random.Between(1, 4)).Deliveries)
            {
                world.Leases.HandedOut(silo, delivery);
                world.Leases.Given(who, terms, delivery);
                Deliver(silo, delivery);
            }

            Check(silo);
            await silo.Process.Clock.Delay(random.Between(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(700)));
        }

        silo.Delivery.Leave(consumer);
        world.Leases.Gone(who);
        Check(silo);
    }

    /// <summary>Where clocks jump, what has become deliverable or over without a timer is noticed later: within the hub's longest sleep.</summary>
    private void Check(SimSilo silo)
    {
        if (world.Swarm.ClockJumps is null)
        {
            silo.Hub.CheckInvariants();
        }
    }

    private void Deliver(SimSilo silo, V1.Delivery delivery)
    {
        Delivered++;
        world.Simulation.Trace.Note(world.Simulation.Now, "delivered", silo.Process.Id, delivery.Attempt, text: delivery.Action.Id);
        if (world.Journals.Offered.TryGetValue(delivery.Action.Id, out var known))
        {
            // The owner's clock counts, which may be another's.
            if ((world.Swarm.ClockJumps is null || silo.Hub.AccountOf(delivery.AckId, World.Tenant) is { } account && world.OwnerOf(account.PartitionOf(world.Swarm.Partitions)) == silo) && silo.Process.Clock.GetUtcNow() >= known.Action.ValidUntil)
            {
                world.Simulation.Break("I12", $"action {delivery.Action.Id} was delivered at or after the end of its validity");
            }
        }
        else
        {
            world.Simulation.Break("I6", $"action {delivery.Action.Id} was delivered and is in no frame");
        }

        var random = world.Simulation.Random;
        if (!NeverSettle && random.Chance(0.85))
        {
            var verdict = random.Pick(Verdicts);
            world.Outside.Start(() => SettleAsync(delivery, verdict, random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(6))));
        }
    }

    private async Task SettleAsync(V1.Delivery delivery, string verdict, TimeSpan work)
    {
        var random = world.Simulation.Random;
        await world.Outside.Clock.Delay(work);
        if (random.Chance(0.2))
        {
            await AtAsync(hub => hub.ExtendAsync(World.Tenant, new() { AckId = delivery.AckId, Lease = Duration.FromTimeSpan(TimeSpan.FromSeconds(5)) }, CancellationToken.None), heard: static _ => { });
        }

        var settlement = new V1.Settlement { AckId = delivery.AckId };
        switch (verdict)
        {
            case "done":
                settlement.Done = new() { Outcome = "delivered" };
                break;
            case "retry":
                settlement.Retry = new() { Delay = Duration.FromTimeSpan(TimeSpan.FromSeconds(random.Below(3))) };
                break;
            case "reject":
                settlement.Reject = new() { Reason = "no" };
                break;
            default:
                settlement.Declined = new() { Reason = "later", Snooze = Duration.FromTimeSpan(TimeSpan.FromSeconds(2)) };
                break;
        }

        world.Leases.Ended(delivery.AckId);
        for (var attempt = 0; attempt < 12; attempt++)
        {
            var result = await AtAsync(hub => hub.SettleAsync(World.Tenant, settlement, CancellationToken.None), result =>
            {
                // Where it is told, not where it is heard: the answer may get lost on the way.
                if (verdict != "retry" && result.Result is (Result.Settled or Result.SettledLate))
                {
                    world.Effects.Settled(delivery.Action.Id);
                }
            });
            if (result is { Result: not Result.Unavailable })
            {
                return;
            }

            await world.Outside.Clock.Delay(random.Between(TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(800)));
        }
    }

    private Task<V1.SettlementResult?> AtAsync(Func<IDelivery, ValueTask<V1.SettlementResult>> call, Action<V1.SettlementResult> heard)
    {
        var source = new TaskCompletionSource<V1.SettlementResult?>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (world.Silos[world.Simulation.Random.Below(world.Silos.Length)] is not { Runs: true } silo)
        {
            return Task.FromResult<V1.SettlementResult?>(null);
        }

        world.Simulation.After(TimeSpan.FromSeconds(5), world.Outside, () => source.TrySetResult(null));
        world.Network.Send(world.Outside, silo.Process, "settle", () => silo.Process.Start(async () =>
        {
            var result = await call(silo.Delivery);
            heard(result);
            world.Network.Send(silo.Process, world.Outside, "settled", () => source.TrySetResult(result));
        }));
        return source.Task;
    }
}
