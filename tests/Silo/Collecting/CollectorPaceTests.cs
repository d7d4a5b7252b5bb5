using Orchestrator.Silo.Collecting;

namespace Orchestrator.Silo.Tests.Collecting;

public sealed class CollectorPaceTests
{
    private const long Least = 16;
    private const long Most = 64;

    private readonly CollectorPace pace = new(Least, Most);
    private CollectorPace.Heap heap;

    [Fact]
    public void Nothing_is_collected_before_the_least_has_gathered()
    {
        Assert.False(After(allocated: 15, TimeSpan.Zero));
        Assert.True(After(allocated: 1, TimeSpan.Zero));
    }

    [Fact]
    public void The_budget_grows_to_the_most_while_pauses_take_much_of_the_time()
    {
        Assert.Equal([16, 32, 64, 64], BudgetsAfter(0.4, 0.4, 0.4, 0.4));
    }

    [Fact]
    public void The_budget_falls_to_the_least_once_pauses_take_little_of_the_time()
    {
        Assert.Equal([16, 32, 64], BudgetsAfter(0.4, 0.4, 0.4));
        Assert.Equal([64, 32, 16, 16], BudgetsAfter(0.05, 0.05, 0.05, 0.05));
    }

    [Fact]
    public void A_share_in_between_changes_nothing()
    {
        Assert.Equal([16], BudgetsAfter(0.4));
        Assert.Equal([32, 32, 32], BudgetsAfter(0.2, 0.27, 0.19));
    }

    [Fact]
    public void What_the_runtime_collects_by_itself_counts_as_collected()
    {
        Assert.False(After(allocated: 15, TimeSpan.Zero));
        heap = heap with { Collections = heap.Collections + 1 };
        Assert.False(After(allocated: 15, TimeSpan.Zero));
    }

    [Fact]
    public void The_heap_of_this_process_is_told_as_it_is()
    {
        var before = CollectorPace.Heap.Now;
        var room = new byte[20_000_000];
        GC.Collect(0, GCCollectionMode.Forced, blocking: true);
        var after = CollectorPace.Heap.Now;
        Assert.True(after.Collections > before.Collections);
        Assert.InRange(after.Allocated - before.Allocated, room.Length / 2, long.MaxValue);
        Assert.True(after.Paused > before.Paused);
        Assert.True(after.At >= before.At);
    }

    /// <summary>The budgets before collections that paused for these shares of a second.</summary>
    private List<long> BudgetsAfter(params double[] paused)
    {
        var budgets = new List<long>();
        foreach (var share in paused)
        {
            budgets.Add(pace.Budget);
            Assert.True(After(pace.Budget, TimeSpan.FromSeconds(share)));
        }

        return budgets;
    }

    /// <summary>A second later; what is due is collected, with this pause.</summary>
    private bool After(long allocated, TimeSpan pause)
    {
        heap = heap with { Allocated = heap.Allocated + allocated, At = heap.At + TimeSpan.FromSeconds(1) };
        if (!pace.IsDue(heap))
        {
            return false;
        }

        heap = heap with { Collections = heap.Collections + 1, Paused = heap.Paused + pause };
        pace.IsDue(heap);
        return true;
    }
}
