using System.Diagnostics;
using Orchestrator.Silo.Delivery;
using Xunit;

namespace Orchestrator.Silo.Tests.Delivery;

/// <summary>How many deliveries with their settlements one core does, and what a waiting action costs. The bounds are far below what was measured, since other work shares the machine.</summary>
public sealed class LoadTests(ITestOutputHelper output) : IDisposable
{
    private readonly DeliveryWorld world = new();

    public void Dispose() => world.Dispose();

    [Theory]
    [InlineData(1_000, true)]
    [InlineData(1_000, false)]
    [InlineData(1, true)]
    public async Task Ten_thousand_actions_reach_a_thousand_subscribers_and_are_settled(int subscribers, bool oneName)
    {
        const int Count = 10_000;
        var consumers = Enumerable.Range(0, subscribers)
            .Select(i => oneName ? world.Join(credit: 50) : world.Join($"owner.{i}", new DeliveryFilter([], [], [$"owner{i}"]), credit: 50)).ToList();
        var actions = Enumerable.Range(0, Count).Select(i => (Account: DeliveryWorld.Account($"a{i}"), Action: world.Action(DeliveryWorld.Name(i)))).ToList();
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < Count; i++)
        {
            world.Hub.Offer(actions[i].Account, actions[i].Action, [], $"owner{i % subscribers}");
        }

        var settled = 0;
        while (settled < Count)
        {
            foreach (var consumer in consumers)
            {
                foreach (var delivery in world.Take(consumer))
                {
                    // The account does not know these actions: a settlement costs what delivery costs, and is answered "gone".
                    await world.Done(delivery);
                    settled++;
                }
            }
        }

        var took = Stopwatch.GetElapsedTime(started);
        world.Hub.CheckInvariants();
        Assert.Equal((0, 0), (world.Hub.OpenActions, world.Hub.Outstanding));
        output.WriteLine($"{subscribers} subscribers: {Count / took.TotalSeconds:0} offers, deliveries and settlements a second");
        Assert.True(took < TimeSpan.FromSeconds(30), $"{Count} took {took}");
    }

    [Fact]
    public void A_waiting_action_costs_less_than_two_kilobytes()
    {
        const int Count = 50_000;
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < Count; i++)
        {
            world.Hub.Offer(DeliveryWorld.Account($"a{i}"), world.Action(DeliveryWorld.Name(i)), []);
        }

        var each = (GC.GetTotalMemory(forceFullCollection: true) - before) / Count;
        output.WriteLine($"{each} bytes a waiting action with an account of its own");
        Assert.InRange(each, 100, 2_000);
        Assert.Equal(Count, world.Hub.OpenActions);
    }
}
