using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Engines;
using Orchestrator.Silo.Engines.Cluster;
using Orchestrator.Silo.Partitions;

namespace Orchestrator.Silo.Tests.Cluster;

public sealed class HandOverTests
{
    [Fact]
    public async Task A_partition_that_is_handed_over_keeps_every_signal_once_and_in_order_though_commands_come_all_the_time()
    {
        await using var world = await ReadyAsync();
        var (a, b) = (world.Members[0], world.Members[1]);
        var account = ClusterWorld.AccountOf(a);
        var partition = ClusterWorld.PartitionOf(account);

        // One stream, through each silo in turn; nobody waits for an answer before the next goes out.
        var asked = new List<(string Id, Task<Outcome> Outcome)>();
        var moving = Task.CompletedTask;
        for (var n = 0; n < 60; n++)
        {
            asked.Add(($"s-{n:d2}", b.Silo.AskAsync(World.Purchase(account, $"s-{n:d2}", "p@x.example", n + 1), CancellationToken.None)));
            if (n is 20)
            {
                moving = a.Engine.MoveAsync(partition, b.Name);
            }

            if (n % 4 == 0)
            {
                await world.PassAsync(TimeSpan.FromMilliseconds(10));
            }
        }

        await world.InTimeAsync(moving);
        await world.InTimeAsync(Task.WhenAll(asked.Select(r => r.Outcome)));
        await world.UntilAsync(() => b.Runs(partition) && world.AllRun(world.Members));
        var taken = new List<string>();
        foreach (var (id, outcome) in asked)
        {
            if (await outcome is Outcome.Accepted)
            {
                taken.Add(id);
            }
        }

        Assert.True(taken.Count >= 50, $"only {taken.Count} were taken");
        var recorded = await world.OrderAsync(account);
        Assert.Equal(recorded, recorded.Order());
        Assert.All(taken, id => Assert.Contains(id, recorded));
        Assert.All(await world.RecordedAsync(), r => Assert.Equal(1, r.Value));
    }

    [Fact]
    public async Task A_silo_that_stops_hands_everything_over_before_it_goes()
    {
        await using var world = await ReadyAsync(silos: 3);
        var (a, b, c) = (world.Members[0], world.Members[1], world.Members[2]);
        var account = ClusterWorld.AccountOf(c);
        await world.InsistAsync(c, World.Purchase(account, "s-1", "p@x.example"));
        await world.InTimeAsync(c.Engine.LeaveAsync());
        Assert.Empty(c.Running);

        // It still brings commands to their owners.
        Assert.IsType<Outcome.Accepted>(await world.InsistAsync(c, World.Purchase(account, "s-2", "p@x.example")));
        await world.UntilAsync(() => world.AllRun([a, b]));
        Assert.True(Assert.IsType<Answer.Recorded>(Assert.IsType<Outcome.Accepted>(await world.InsistAsync(a, World.Purchase(account, "s-1", "p@x.example"))).Answer).Duplicate);
        await world.InTimeAsync(c.Silo.StopAsync());
        Assert.Equal(["a", "b"], (await world.Membership.Of("a").ViewAsync(CancellationToken.None)).Silos.Select(s => s.Silo));
    }

    [Fact]
    public async Task A_silo_that_dies_is_replaced_once_its_lease_is_over_and_not_before()
    {
        await using var world = await ReadyAsync();
        var (a, b) = (world.Members[0], world.Members[1]);
        var account = ClusterWorld.AccountOf(b);
        await world.InsistAsync(a, World.Purchase(account, "s-1", "p@x.example"));
        var died = world.Clock.GetUtcNow();
        b.Kill();
        Assert.IsType<Outcome.Unavailable>(await world.AskAsync(a, World.Purchase(account, "s-2", "p@x.example")));
        await world.UntilAsync(() => a.Running.Length == ClusterWorld.Partitions);
        Assert.InRange(world.Clock.GetUtcNow() - died, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(8));
        Assert.True(Assert.IsType<Answer.Recorded>(Assert.IsType<Outcome.Accepted>(await world.AskAsync(a, World.Purchase(account, "s-1", "p@x.example"))).Answer).Duplicate);
        Assert.IsType<Outcome.Accepted>(await world.AskAsync(a, World.Purchase(account, "s-2", "p@x.example")));
    }

    [Fact]
    public async Task The_end_of_a_lease_is_noticed_when_it_comes_however_seldom_leases_are_renewed()
    {
        await using var world = await ReadyAsync(settings: s => s with { Lease = TimeSpan.FromSeconds(22), RenewEvery = TimeSpan.FromSeconds(9) });
        var (a, b) = (world.Members[0], world.Members[1]);
        b.Kill();
        await world.UntilAsync(() => a.Running.Length == ClusterWorld.Partitions);
        var (told, over) = world.Membership.ToldDead[b.Name];
        Assert.InRange(told - over, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Moves_of_a_partition_in_which_nothing_is_decided_are_no_deaths()
    {
        await using var world = await ReadyAsync();
        var (a, b) = (world.Members[0], world.Members[1]);
        var account = ClusterWorld.AccountOf(a);
        var partition = ClusterWorld.PartitionOf(account);
        for (var i = 0; i < 4; i++)
        {
            var to = i % 2 == 0 ? b : a;
            await world.InTimeAsync(a.Engine.MoveAsync(partition, to.Name));
            await world.UntilAsync(() => to.Runs(partition));
        }

        Assert.IsType<Outcome.Accepted>(await world.InsistAsync(a, World.Purchase(account, "s-1", "p@x.example")));
        Assert.Equal(0, (await world.CareAsync(partition)).Max(care => care?.Crashes ?? 0));

        // What does count: an owner that gave up without a word.
        world.Membership.Cut[a.Name] = true;
        await world.UntilAsync(() => b.Runs(partition));
        Assert.IsType<Outcome.Accepted>(await world.InsistAsync(b, World.Purchase(account, "s-2", "p@x.example")));
        world.Membership.Cut.TryRemove(a.Name, out _);
    }

    [Fact]
    public async Task A_silo_that_cannot_renew_drops_its_partitions_before_anybody_may_take_them()
    {
        await using var world = await ReadyAsync();
        var (a, b) = (world.Members[0], world.Members[1]);
        world.Membership.Cut[b.Name] = true;
        await world.UntilAsync(() => b.Running.Length == 0 || a.Running.Length == ClusterWorld.Partitions);
        Assert.Empty(b.Running);
        await world.UntilAsync(() => a.Running.Length == ClusterWorld.Partitions);
        world.Membership.Cut.TryRemove(b.Name, out _);

        // It comes back as a silo that may be given partitions, and answers for all meanwhile.
        Assert.IsType<Outcome.Accepted>(await world.InsistAsync(b, World.Purchase(ClusterWorld.AccountOf(a), "s-1", "p@x.example")));
    }

    [Fact]
    public async Task A_drained_silo_hands_over_and_a_cordoned_one_keeps_what_it_has()
    {
        await using var world = await ReadyAsync(silos: 3);
        var (a, b, c) = (world.Members[0], world.Members[1], world.Members[2]);
        var kept = b.Running;
        await world.Membership.Of("a").MarkAsync("b", SiloMarks.Cordoned, CancellationToken.None);
        await world.PassAsync(TimeSpan.FromSeconds(2));
        await world.Membership.Of("a").MarkAsync("c", SiloMarks.Draining, CancellationToken.None);
        await world.UntilAsync(() => c.Running.Length == 0 && world.AllRun(world.Members));
        Assert.Equal(kept, b.Running);
        Assert.Equal(ClusterWorld.Partitions - kept.Length, a.Running.Length);
    }

    [Fact]
    public async Task An_uneven_load_is_evened_one_partition_at_a_time_after_a_while_and_not_at_once()
    {
        await using var world = await ReadyAsync();
        var c = world.Add("c");
        await world.InTimeAsync(c.Starting);
        await world.PassAsync(TimeSpan.FromSeconds(20));
        Assert.Empty(c.Running);
        await world.UntilAsync(() => c.Running.Length >= 4 && world.AllRun(world.Members));
        Assert.All(world.Members, m => Assert.InRange(m.Running.Length, 4, 6));
    }

    [Fact]
    public async Task A_published_playbook_decides_at_every_silo_also_at_one_that_comes_later()
    {
        await using var world = await ReadyAsync();
        Assert.IsType<Outcome.Accepted>(await world.InsistAsync(world.Members[1], world.Publish(2)));
        await world.UntilAsync(() => world.Members.All(m => m.Shelf.Current.Find(ClusterWorld.Tenant, 2) is not null));
        var late = world.Add("late");
        await world.InTimeAsync(late.Starting);
        Assert.Equal(2, late.Shelf.Current.Current(ClusterWorld.Tenant)?.Version);
    }

    [Fact]
    public async Task A_link_that_breaks_answers_everything_that_was_under_way_and_sending_again_changes_nothing()
    {
        await using var world = await ReadyAsync();
        var (a, b) = (world.Members[0], world.Members[1]);
        var account = ClusterWorld.AccountOf(b);
        var held = new TaskCompletionSource();
        b.Store.Gate = held.Task;
        var asked = Enumerable.Range(0, 5).Select(n => a.Silo.AskAsync(World.Purchase(account, $"s-{n}", "p@x.example"), CancellationToken.None)).ToArray();
        await world.PassAsync(TimeSpan.FromMilliseconds(50));
        world.Network.Break(a.Name, b.Name);
        await world.InTimeAsync(Task.WhenAll(asked));
        Assert.All(asked, t => Assert.IsType<Outcome.Unavailable>(t.Result));
        held.SetResult();
        for (var n = 0; n < 5; n++)
        {
            Assert.IsType<Outcome.Accepted>(await world.InsistAsync(a, World.Purchase(account, $"s-{n}", "p@x.example")));
        }

        Assert.Equal(5, (await world.RecordedAsync()).Count(r => r.Value == 1));
    }

    [Fact]
    public async Task Too_much_under_way_to_one_silo_is_turned_away_with_a_time_to_wait()
    {
        await using var world = await ReadyAsync(settings: s => s with { LinkCredit = 4 });
        var (a, b) = (world.Members[0], world.Members[1]);
        var account = ClusterWorld.AccountOf(b);
        var held = new TaskCompletionSource();
        b.Store.Gate = held.Task;
        var asked = Enumerable.Range(0, 10).Select(n => a.Silo.AskAsync(World.Purchase(account, $"s-{n}", "p@x.example"), CancellationToken.None)).ToArray();
        Assert.Equal(6, asked.Count(t => t.IsCompleted && t.Result is Outcome.Overloaded { RetryAfter.Ticks: > 0 }));
        held.SetResult();
        await world.InTimeAsync(Task.WhenAll(asked));
        Assert.Equal(4, asked.Count(t => t.Result is Outcome.Accepted));
    }

    private static async Task<ClusterWorld> ReadyAsync(int silos = 2, Func<ClusterSettings, ClusterSettings>? settings = null)
    {
        var world = await ClusterWorld.BeginAsync(silos, settings);
        Assert.IsType<Outcome.Accepted>(await world.InsistAsync(world.Members[0], world.Publish(1)));
        await world.UntilAsync(() => world.Members.All(m => m.Shelf.Current.Current(ClusterWorld.Tenant) is not null));
        return world;
    }
}
