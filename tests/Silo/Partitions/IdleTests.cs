using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Partitions;

namespace Orchestrator.Silo.Tests.Partitions;

public sealed class IdleTests
{
    private static readonly long Minute = TimeSpan.TicksPerMinute;

    [Fact]
    public void A_saved_grain_leaves_memory_once_it_was_idle_for_long_enough()
    {
        var grains = new ResidentGrains(PartitionSettings.Default with { IdleAge = TimeSpan.FromMinutes(10) }) { Now = 0 };
        grains.Touch(Key("early"));
        grains.Now = 5 * Minute;
        grains.Touch(Key("late"));
        Assert.Equal(10 * Minute, grains.NextIdle);

        grains.Now = 10 * Minute;
        Assert.Empty(grains.Evict(10));
        Assert.Null(grains.Find(Key("early")));
        Assert.NotNull(grains.Find(Key("late")));
        Assert.Equal(15 * Minute, grains.NextIdle);
    }

    [Fact]
    public void A_grain_that_no_snapshot_includes_stays_however_idle_it_is()
    {
        var grains = new ResidentGrains(PartitionSettings.Default) { Now = 0 };
        var unsaved = grains.Touch(Key("unsaved"));
        grains.Unsave(unsaved, 1, 0, 1);
        grains.Now = 60 * Minute;
        Assert.Null(grains.NextIdle);
        Assert.Empty(grains.Evict(10));
        Assert.NotNull(grains.Find(Key("unsaved")));

        grains.Save(unsaved);
        grains.Evict(10);
        Assert.Null(grains.Find(Key("unsaved")));
    }

    [Fact]
    public void A_grain_that_is_used_again_stays()
    {
        var grains = new ResidentGrains(PartitionSettings.Default) { Now = 0 };
        grains.Touch(Key("used"));
        grains.Now = 9 * Minute;
        grains.Touch(Key("used"));
        grains.Now = 12 * Minute;
        grains.Evict(10);
        Assert.NotNull(grains.Find(Key("used")));
    }

    [Fact]
    public void Grains_that_are_used_again_and_again_outlive_those_that_are_used_once()
    {
        var grains = new ResidentGrains(PartitionSettings.Default with { ResidentLimit = 64 });
        for (var i = 0; i < 1_000; i++)
        {
            grains.Now = i;
            grains.Touch(Key($"hot-{i % 8}"));
            grains.Touch(Key($"cold-{i}"));
            grains.Evict(100);
            Assert.InRange(grains.Count, 1, 64);
        }

        Assert.All(Enumerable.Range(0, 8), i => Assert.NotNull(grains.Find(Key($"hot-{i}"))));
        Assert.Null(grains.Find(Key("cold-900")));
    }

    [Fact]
    public void The_only_busy_grain_among_idle_ones_does_not_count_as_idle()
    {
        var grains = new ResidentGrains(PartitionSettings.Default with { IdleAge = TimeSpan.FromMinutes(10) }) { Now = 0 };
        for (var i = 0; i < 100; i++)
        {
            grains.Touch(Key($"idle-{i}"));
        }

        grains.Touch(Key("busy"));
        grains.Touch(Key("last"));
        for (var second = 0; second < 660; second++)
        {
            grains.Now = second * TimeSpan.TicksPerSecond;
            grains.Touch(Key("busy"));
            grains.Touch(Key("idle-0"));
            grains.Evict(1_000);
        }

        Assert.NotNull(grains.Find(Key("busy")));
        Assert.NotNull(grains.Find(Key("idle-0")));
        Assert.Equal(2, grains.Count);
    }

    [Fact]
    public void A_grain_that_was_only_looked_at_leaves_before_those_that_are_used()
    {
        var grains = new ResidentGrains(PartitionSettings.Default) { Now = 60 * Minute };
        grains.Touch(Key("used"));
        grains.Cool(grains.Touch(Key("seen")));
        Assert.Equal(grains.Now, grains.NextIdle);

        grains.Evict(10);
        Assert.Null(grains.Find(Key("seen")));
        Assert.NotNull(grains.Find(Key("used")));
    }

    [Fact]
    public void A_grain_that_no_snapshot_includes_is_not_let_go_for_having_been_looked_at()
    {
        var grains = new ResidentGrains(PartitionSettings.Default) { Now = 60 * Minute };
        var unsaved = grains.Touch(Key("unsaved"));
        grains.Unsave(unsaved, 1, 0, 1);
        grains.Cool(unsaved);
        grains.Evict(10);
        Assert.NotNull(grains.Find(Key("unsaved")));
    }

    [Fact]
    public void What_grains_may_take_is_shared_by_the_partitions_of_a_store()
    {
        var settings = PartitionSettings.Default with { ResidentLimitBytes = 100_000, AllResidentLimitBytes = 1_000_000 };
        Assert.Equal(100_000, settings.SharedBy(4).ResidentLimitBytes);
        Assert.Equal(10_000, settings.SharedBy(100).ResidentLimitBytes);
    }

    [Fact]
    public async Task Idle_grains_leave_though_the_alarm_came_a_little_early()
    {
        var settings = PartitionSettings.Default with { IdleAge = TimeSpan.FromMinutes(1), TailAge = TimeSpan.FromSeconds(1) };
        await using var world = await World.BeginAsync(partitions: 1, settings);
        await world.AskAsync(World.Bind("email:a@x.example", "c-1"));
        await world.UntilAsync(async () => (await world.Store.ReadAllSnapshotsAsync(0, "", 1, CancellationToken.None)).Count > 0);
        var now = world.Clock.GetUtcNow();
        await HappensAsync(() => world.Clock.NextDue > now + (settings.IdleAge / 2) && world.Clock.NextDue <= now + settings.IdleAge, "the alarm for the idle grain is set");
        var due = world.Clock.NextDue!.Value;

        world.Clock.Early = TimeSpan.FromMilliseconds(3);
        world.Clock.Advance(due - world.Clock.GetUtcNow() - TimeSpan.FromMilliseconds(2));
        await HappensAsync(() => world.Clock.NextDue <= due, "the alarm that came early is set again");
        world.Clock.Advance(TimeSpan.FromMilliseconds(2));
        await HappensAsync(() => world.Silo.Residents == 0, "the idle grain leaves");
    }

    /// <summary>With the clock standing still.</summary>
    private static async Task HappensAsync(Func<bool> condition, string what)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(40), $"this did not happen: {what}");
            await Task.Delay(1);
        }
    }

    private static GrainKey Key(string account) => GrainKey.Account("default", account);
}
