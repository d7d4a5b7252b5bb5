using Orchestrator.Grains.Partitioning;
using Xunit;

namespace Orchestrator.Grains.Tests.Partitioning;

public sealed class TurnPositionTests
{
    private static readonly TurnPosition Position = new(3, 77, 2);

    [Fact]
    public void A_store_that_was_never_restored_gives_the_ids_that_it_has_always_given()
    {
        // What is in the journals of old stores: a change here makes their decisions impossible to recompute.
        Assert.Equal(StableHash.Of(3UL, 77UL, 2UL), Position.Seed);
        Assert.Equal(Position.NewId('a', 0), (Position with { Incarnation = 1 }).NewId('a', 0));
    }

    [Fact]
    public void After_a_restore_the_same_position_gives_other_ids()
    {
        var ids = Enumerable.Range(1, 100).Select(i => (Position with { Incarnation = i }).NewId('a', 0)).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.DoesNotContain((Position with { Incarnation = 2 }).Seed, Enumerable.Range(0, 1000).Select(s => new TurnPosition(3, s, 2).Seed));
    }
}
