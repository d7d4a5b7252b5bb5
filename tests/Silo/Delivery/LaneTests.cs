using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Delivery;

namespace Orchestrator.Silo.Tests.Delivery;

public sealed class LaneTests : IDisposable
{
    private readonly DeliveryWorld world = new();
    private static readonly DateTimeOffset Noon = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);
    private readonly Lane lane = new(GrainKey.Account("acme", "a-1"));
    private readonly Route route = new(new RouteKey("acme", "email", "marketing", ""));

    [Fact]
    public void Actions_stand_in_the_order_decided_however_they_come()
    {
        foreach (var minute in new[] { 3, 1, 2, 5, 4, 1 })
        {
            Add($"{minute}-{lane.Count}", minute);
        }

        Assert.Equal(["1-1", "1-5", "2-2", "3-0", "4-4", "5-3"], Ids());
    }

    [Fact]
    public void An_action_is_found_by_its_id_until_it_is_gone()
    {
        var actions = Enumerable.Range(0, 20).Select(i => Add($"action-{i}", i)).ToList();
        Assert.All(actions, action => Assert.Same(action, lane.Find(action.Id)));
        Assert.Null(lane.Find("action-20"));

        foreach (var action in actions.Where((_, i) => i % 3 == 0))
        {
            lane.Remove(action);
            Assert.Null(lane.Find(action.Id));
        }

        Assert.Equal(actions.Where((_, i) => i % 3 != 0).Select(a => a.Id), Ids());
    }

    [Fact]
    public void The_first_due_is_the_least_of_those_that_are_due_at_all()
    {
        Assert.Equal(TrackedAction.Never, lane.FirstDueAt());
        var (late, early) = (Add("late", 0), Add("early", 1));
        Assert.Equal(TrackedAction.Never, lane.FirstDueAt());
        (late.DueAt, early.DueAt) = (20, 10);
        Assert.Equal(10, lane.FirstDueAt());
        lane.Remove(early);
        Assert.Equal(20, lane.FirstDueAt());
    }

    [Fact]
    public void A_route_finds_its_actions_where_it_says_they_stand()
    {
        var actions = Enumerable.Range(0, 10).Select(i => Add($"action-{i}", i)).ToList();
        actions.ForEach(route.Add);
        foreach (var gone in new[] { 9, 0, 4, 8 })
        {
            route.Remove(actions[gone]);
            Assert.DoesNotContain(actions[gone], route.Actions);
            Assert.All(route.Actions, action => Assert.Same(action, route.Actions[action.PlaceInRoute]));
        }

        Assert.Equal(6, route.Actions.Count);
        Assert.True(lane.Has([route]));
        Assert.False(lane.Has([]));
    }

    public void Dispose() => world.Dispose();

    private TrackedAction Add(string id, int minute)
    {
        var action = new TrackedAction(world.Action(id) with { DecidedAt = Noon.AddMinutes(minute) }, [], route, lane);
        lane.Add(action);
        return action;
    }

    private IEnumerable<string> Ids()
    {
        var ids = new List<string>();
        foreach (var place in lane.Actions)
        {
            ids.Add(place.Action.Id);
        }

        return ids;
    }
}
