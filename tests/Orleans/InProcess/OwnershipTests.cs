using System.Diagnostics;
using Orchestrator.EndToEnd.Harness;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Engines.Orleans;
using Orchestrator.Silo.Partitions;
using Orchestrator.Storage.Contract.Tests.Postgres;

namespace Orchestrator.Orleans.Tests.InProcess;

public sealed class OwnershipTests(PostgresServer server)
{
    [Fact]
    public async Task A_partition_runs_where_its_grain_is_active_and_the_store_says_the_same()
    {
        await using var world = await OrleansWorld.StartAsync(server, silos: 2);
        foreach (var member in world.Members)
        {
            Assert.Equal(8, member.Running.Length);
            foreach (var partition in member.Running)
            {
                Assert.Equal(member.Name, await world.OwnerAsync(partition));
                Assert.Equal(member.Name, (await ((IOrleansSilo)world.Members[0]).WhereAsync(partition)).Silo);
            }
        }
    }

    [Fact]
    public async Task Of_two_activations_the_store_refuses_the_older_and_that_one_ends()
    {
        await using var world = await OrleansWorld.StartAsync(server, silos: 3);
        var cut = world.Members[2];
        var partition = cut.Running[0];
        var account = world.AccountIn(partition);
        await OrleansWorld.InsistAsync(world.Members[0], Texts.Bought("s-1", account, 100));

        // Orleans believes it dead and activates its partitions elsewhere; it believes itself to be the owner.
        await world.CutAsync(cut);
        var heirs = world.Members.Take(2).ToArray();
        await world.UntilAsync(() => heirs.Sum(h => h.Running.Length) == 16, "the others have all partitions");
        await OrleansWorld.InsistAsync(heirs[0], Texts.Bought("s-2", account, 100));
        Assert.Contains(partition, cut.Running);

        // Neither may it write, nor may anybody read of it what was true before.
        var stale = cut.Parts.Runtime.ReadAsync([GrainKey.Account("default", account)], CancellationToken.None);
        await Assert.ThrowsAsync<PartitionUnavailableException>(() => stale);
        Assert.IsNotType<Outcome.Accepted>(await OrleansWorld.AskAsync(cut, Texts.Bought("s-3", account, 100)));
        await world.UntilAsync(() => !cut.Running.Contains(partition), "the older activation ends");

        await OrleansWorld.InsistAsync(heirs[1], Texts.Bought("s-3", account, 100));
        Assert.Equal(["s-1", "s-2", "s-3"], await OrleansWorld.RecordedAsync(heirs[0], account));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task When_a_silo_is_killed_the_others_run_its_partitions_and_have_all_that_it_acknowledged(int silos)
    {
        await using var world = await OrleansWorld.StartAsync(server, silos);
        var killed = world.Members[^1];
        var rest = world.Members.SkipLast(1).ToArray();
        var had = killed.Running;
        Assert.NotEmpty(had);
        foreach (var partition in had)
        {
            await OrleansWorld.InsistAsync(killed, Texts.Bought($"before-{partition}", world.AccountIn(partition), 100));
        }

        await world.KillAsync(killed);
        await world.UntilAsync(() => rest.Sum(r => r.Running.Length) == 16, "the others have all partitions");
        foreach (var partition in had)
        {
            await OrleansWorld.InsistAsync(rest[0], Texts.Bought($"after-{partition}", world.AccountIn(partition), 100));
            Assert.Equal([$"before-{partition}", $"after-{partition}"], await OrleansWorld.RecordedAsync(rest[^1], world.AccountIn(partition)));
            Assert.Contains(await world.OwnerAsync(partition), rest.Select(r => r.Name));
        }
    }

    [Fact]
    public async Task A_write_of_the_older_activation_that_comes_before_it_knows_is_refused_by_the_fence()
    {
        // It may hear of its end first, from Orleans: then there was no write to refuse, and it is tried again.
        var refused = false;
        for (var attempt = 0; attempt < 6 && !refused; attempt++)
        {
            refused = await RefusedByTheFenceAsync();
        }

        Assert.True(refused, "the older activation always knew before it was asked");
    }

    private async Task<bool> RefusedByTheFenceAsync()
    {
        await using var world = await OrleansWorld.StartAsync(server, silos: 2);
        var (cut, heir) = (world.Members[1], world.Members[0]);
        var partition = cut.Running[0];
        var account = world.AccountIn(partition);
        var before = (long)(await world.EpochAsync(partition))!;
        await world.CutAsync(cut);
        await world.UntilAsync(() => heir.Running.Length == 16, "the other has all partitions");
        if (!cut.Engine.Runs(partition))
        {
            return false;
        }

        // Nobody has told the older one: its mailbox takes the signal, decides it, and the store refuses the frame.
        Assert.IsType<Outcome.Unavailable>(await OrleansWorld.AskAsync(cut, Texts.Bought("late", account, 100)));
        await world.UntilAsync(() => !cut.Engine.Runs(partition), "the older activation ends");
        Assert.Equal(before + 1, await world.EpochAsync(partition));
        Assert.Equal(heir.Name, await world.OwnerAsync(partition));
        return true;
    }

    [Fact]
    public async Task A_stream_of_signals_keeps_its_order_while_its_partition_migrates()
    {
        await using var world = await OrleansWorld.StartAsync(server, silos: 2);
        var (a, b) = (world.Members[0], world.Members[1]);
        var partition = a.Running[0];
        var account = world.AccountIn(partition);

        // Through the silo that is not the owner and becomes it; 50 are under way at a time. It moves when 100 were taken, and 100 more are taken after it: where that takes long, those meanwhile are turned away.
        var asked = new List<(string Id, Task<Outcome> Outcome)>();
        Task<(TimeSpan? Pause, string Refused)>? moving = null;
        var (began, moved) = (int.MaxValue, int.MaxValue);
        for (var patience = Stopwatch.StartNew(); moved == int.MaxValue || Taken(moved).Count < 100;)
        {
            Assert.True(patience.Elapsed < TimeSpan.FromMinutes(5), $"{Taken(0).Count} of {asked.Count} were taken in {patience.Elapsed}");
            asked.Add(($"s-{asked.Count:d6}", OrleansWorld.AskAsync(b, Texts.Bought($"s-{asked.Count:d6}", account, asked.Count + 1))));
            if (asked.Count > 50)
            {
                await asked[^50].Outcome;
            }

            if (moving is null && Taken(0).Count >= 100)
            {
                (moving, began) = (a.Engine.MoveAsync(partition, b.Name), asked.Count);
            }

            if (moving is not null && moved == int.MaxValue && (moving.IsCompleted || asked.Count >= began + 300))
            {
                var (pause, refused) = await moving;
                Assert.True(pause is not null, refused);
                moved = asked.Count;
                await world.UntilAsync(() => b.Engine.Runs(partition), "the heir runs it");
            }
        }

        await Task.WhenAll(asked.Select(s => s.Outcome));
        var taken = Taken(0);
        var recorded = await OrleansWorld.RecordedAsync(b, account);
        Assert.Equal(recorded.Order(StringComparer.Ordinal), recorded);
        Assert.All(taken, id => Assert.Contains(id, recorded));

        List<string> Taken(int from) => [.. asked.Skip(from).Where(s => s.Outcome is { IsCompletedSuccessfully: true, Result: Outcome.Accepted }).Select(s => s.Id)];
    }

    [Fact]
    public async Task A_silo_that_leaves_hands_everything_over_and_still_brings_commands_to_their_owners()
    {
        await using var world = await OrleansWorld.StartAsync(server, silos: 3);
        var leaver = world.Members[2];
        var account = world.AccountIn(leaver.Running[0]);
        await OrleansWorld.InsistAsync(leaver, Texts.Bought("s-1", account, 100));
        await leaver.Engine.LeaveAsync();
        Assert.Empty(leaver.Running);
        await OrleansWorld.InsistAsync(leaver, Texts.Bought("s-2", account, 100));
        await world.UntilAsync(() => world.Members.Take(2).All(m => m.Running.Length == 8), "the others share what it had");
    }

    [Fact]
    public async Task What_an_owner_has_let_go_comes_up_again_at_that_owner_even_if_it_has_more_than_its_share()
    {
        await using var world = await OrleansWorld.StartAsync(server, silos: 2);
        var (rich, poor) = (world.Members[0], world.Members[1]);
        foreach (var partition in poor.Running.Take(4))
        {
            var (pause, refused) = await poor.Engine.MoveAsync(partition, rich.Name);
            Assert.True(pause is not null, refused);
            await world.UntilAsync(() => rich.Engine.Runs(partition), "the heir runs it");
        }

        // As after a while without the database: it drops all it has, and is alive.
        var had = rich.Running;
        var before = await Task.WhenAll(had.Select(world.EpochAsync));
        Assert.Equal(12, had.Length);
        foreach (var partition in had)
        {
            rich.Engine.Lost(partition);
        }

        await world.UntilAsync(() => had.Zip(before).All(p => rich.Engine.Runs(p.First) && (long)world.EpochAsync(p.First).GetAwaiter().GetResult()! > (long)p.Second!), "all of it runs again, under higher epochs");
        Assert.Equal(4, poor.Running.Length);
        var account = world.AccountIn(had[^1]);
        await OrleansWorld.InsistAsync(poor, Texts.Bought("s-1", account, 100));
    }

    [Fact]
    public async Task Partitions_go_to_the_newer_version_first()
    {
        // The third silo reads a level that the others do not; 13 partitions leave one over when two silos share them.
        var current = Silo.Journal.FeatureLevel.Current;
        await using var world = await OrleansWorld.StartAsync(server, silos: 1, partitions: 13, level: n => n == 2 ? current + 1 : current);
        var old = await world.JoinAsync();
        var newer = await world.JoinAsync();
        Assert.Equal(13, world.Members[0].Running.Length);
        await world.UntilAsync(() => world.Members[0].Engine.View!.Silos.Count(s => s.Alive) == 3, "the first knows the others");
        await world.Members[0].Engine.LeaveAsync();
        await world.UntilAsync(() => old.Running.Length + newer.Running.Length == 13, "the others have what the first had");
        Assert.Equal((6, 7), (old.Running.Length, newer.Running.Length));
    }

    /// <param name="newer">Which of the silos that take over is of the newer build: without it, one of both would come out otherwise.</param>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Of_silos_that_read_the_same_level_partitions_go_to_the_newer_build_first(int newer)
    {
        await using var world = await OrleansWorld.StartAsync(server, silos: 1, partitions: 13, build: n => n == newer ? new Version(10, 1, 0) : new Version(9, 20, 0));
        await world.JoinAsync();
        await world.JoinAsync();
        var leaver = world.Members[0];
        await world.UntilAsync(() => leaver.Engine.View!.Silos.Count(s => s.Alive) == 3 && world.Members.All(m => leaver.Engine.BuildOf(m.Name) is not null), "the first knows the builds of the others");
        Assert.Equal(new Version(10, 1, 0), leaver.Engine.BuildOf(world.Members[newer].Name));
        await leaver.Engine.LeaveAsync();
        await world.UntilAsync(() => world.Members.Skip(1).Sum(m => m.Running.Length) == 13, "the others have what the first had");
        Assert.Equal(7, world.Members[newer].Running.Length);
    }
}
