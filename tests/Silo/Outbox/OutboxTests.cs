using Orchestrator.Silo.Outbox;
using Orchestrator.Silo.Partitions;

namespace Orchestrator.Silo.Tests.Outbox;

public sealed class OutboxTests
{
    [Theory]
    [InlineData(Fault.HangsBefore)]
    [InlineData(Fault.HangsAfter)]
    public async Task A_signal_of_somebody_unknown_reaches_the_provisional_account_exactly_once_across_a_crash_at_any_commit(Fault fault)
    {
        for (var crashAt = 1; crashAt <= 3; crashAt++)
        {
            await using var world = await World.BeginAsync(partitions: 2);
            var n = crashAt;
            world.Store.OnAppend = append => append >= n ? fault : Fault.None;
            var asked = world.Silo.AskAsync(World.Route(world.Identifier(0, 1, accountIn: 1), "s-1"), CancellationToken.None);
            // The third commit does not happen by itself: acknowledgements are journaled with whatever comes next.
            _ = crashAt == 3 ? world.Silo.AskAsync(World.Bind(world.Identifier(1, 9), "c"), CancellationToken.None) : null;
            await world.InTimeAsync(world.Store.Hanging.Task);
            await world.CrashAndStartAsync();
            if ((await world.JournalAsync()).Any(f => f.Frame.Outbox.Count > 0))
            {
                await world.UntilAsync(async () => (await world.ArrivalsAsync()).Count == 1);
            }
            else
            {
                Assert.False(asked.IsCompleted);
                await world.AskAsync(World.Route(world.Identifier(0, 1, accountIn: 1), "s-1"));
                await world.UntilAsync(async () => (await world.ArrivalsAsync()).Count == 1);
            }

            await world.AskAsync(World.Bind(world.Identifier(0, 8), "c"));
            await world.CrashAndStartAsync();
            await world.AskAsync(World.Bind(world.Identifier(1, 7), "c"));
            Assert.Equal(1, Assert.Single(await world.ArrivalsAsync()).Value);
            await world.AssertEqualsFoldFromZeroAsync();
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Messages_arrive_exactly_once_and_in_order_over_a_network_that_loses_doubles_and_reorders(int seed)
    {
        var random = new Random(seed);
        await using var world = await World.BeginAsync(partitions: 3, engine: () => new RoughEngine(_ => random.Next(5) switch { 0 => 0, 1 => 2, 2 => -1, _ => 1 }));
        const int count = 90;
        for (var i = 0; i < count; i++)
        {
            Assert.IsType<Outcome.Accepted>(await world.AskAsync(World.Route(world.Identifier(i % 3, i % 7), $"s-{i:000}")));
        }

        await world.UntilAsync(async () => (await world.ArrivalsAsync()).Count == count);
        Assert.All(await world.ArrivalsAsync(), a => Assert.Equal(1, a.Value));
        foreach (var pair in (await world.JournalAsync()).SelectMany(f => f.Frame.Outbox.Select(m => (f.Partition, m.Destination, m.Number))).GroupBy(m => (m.Partition, m.Destination)))
        {
            Assert.Equal(Enumerable.Range(1, pair.Count()).Select(i => (long)i), pair.Select(m => m.Number));
        }
    }

    /// <summary>A batch that is full leaves what it has not done as messages of the partition to itself; what the next one sends on the same way goes behind them.</summary>
    [Fact]
    public async Task What_a_full_batch_has_left_is_not_overtaken_by_the_next()
    {
        await using var world = await World.BeginAsync(partitions: 1, PartitionSettings.Default with { TurnLimit = 2 }, () => new RoughEngine(n => n < 2 ? 0 : 1));
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var both = new ManualResetEventSlim();
        world.OnTurn = command =>
        {
            if (command is Orchestrator.Grains.Identities.IdentityCommand.Bind)
            {
                begun.TrySetResult();
                Assert.True(both.Wait(TimeSpan.FromSeconds(40)));
            }
        };
        var plug = world.AskAsync(World.Bind(world.Identifier(0, 1), "c"));
        await begun.Task;
        var visitor = world.Identifier(0, 2);
        var first = world.AskAsync(World.Route(visitor, "s-0"));
        var second = world.AskAsync(World.Route(visitor, "s-1"));
        both.Set();
        await Task.WhenAll(plug, first, second);
        Assert.Contains(await world.JournalAsync(), f => f.Frame.Outbox.Count == 2);
        await world.AskAsync(World.Route(visitor, "s-2"));
        await world.AskAsync(World.Route(visitor, "s-3"));
        await world.UntilAsync(async () => (await world.ArrivalsAsync()).Count == 4);
        var recorded = (await world.JournalAsync()).SelectMany(f => f.Frame.Entries).SelectMany(e => e.Events).Select(e => e.Account?.SignalRecorded?.Signal.Id).OfType<string>();
        Assert.Equal(["s-0", "s-1", "s-2", "s-3"], recorded);
    }

    /// <summary>A careful partition writes twice for each turn: it must not do so for what it has long had.</summary>
    [Fact]
    public async Task A_message_that_comes_again_takes_no_turn()
    {
        await using var world = await World.BeginAsync(partitions: 2, PartitionSettings.Default with { CarefulAfter = 0 }, () => new RoughEngine(_ => 20));
        await world.AskAsync(World.Route(world.Identifier(0, 1, accountIn: 1), "s-1"));
        await world.UntilAsync(async () => (await world.ArrivalsAsync()).Count == 1);
        await world.AskAsync(World.Bind(world.Identifier(1, 2), "c"));
        var intents = (await world.JournalAsync()).Where(f => f.Partition == 1).Select(f => f.Frame.Care?.Intent?.Command).OfType<string>().Where(c => c != "a wake");
        Assert.Equal(["the signal `s-1`", "a person's move"], intents);
    }

    [Fact]
    public async Task A_partition_that_never_rests_sends_again_what_got_lost()
    {
        await using var world = await World.BeginAsync(partitions: 2, engine: () => new RoughEngine(n => n == 0 ? 0 : 1));
        var busy = true;
        var turns = 0;
        world.OnTurn = command =>
        {
            if (Volatile.Read(ref busy) && command is Orchestrator.Grains.Identities.IdentityCommand.Bind)
            {
                Interlocked.Increment(ref turns);
                _ = world.Silo.AskAsync(command, CancellationToken.None);
            }
        };
        _ = world.Silo.AskAsync(World.Bind(world.Identifier(0, 1), "c"), CancellationToken.None);
        await world.AskAsync(World.Route(world.Identifier(0, 2, accountIn: 1), "s-1"));
        await world.UntilAsync(async () => (await world.ArrivalsAsync()).Count == 1);
        var before = Volatile.Read(ref turns);
        await world.UntilAsync(() => Task.FromResult(Volatile.Read(ref turns) > before));
        Volatile.Write(ref busy, false);
    }

    [Fact]
    public async Task A_message_from_before_a_restore_changes_nothing()
    {
        await using var world = await World.BeginAsync(partitions: 2);
        var command = new Orchestrator.Grains.Identities.IdentityCommand.Bind(World.Bind(world.Identifier(0, 1), "c").Target, World.Bind("email:x", "c").Contact, false);
        world.Silo.TryPost(0, new PartitionMessage.Sent(999, 1, 0, 1, command));
        await world.AskAsync(World.Bind(world.Identifier(0, 2), "c"));
        Assert.DoesNotContain(await world.JournalAsync(), f => f.Frame.Received.Count > 0);
    }

    [Fact]
    public async Task A_frame_trims_the_outbox_once_the_destination_has_its_messages()
    {
        await using var world = await World.BeginAsync(partitions: 2);
        await world.AskAsync(World.Route(world.Identifier(0, 1, accountIn: 1), "s-1"));
        await world.UntilAsync(async () => (await world.ArrivalsAsync()).Count == 1);
        await world.UntilAsync(async () =>
        {
            await world.AskAsync(World.Bind(world.Identifier(0, Random.Shared.Next(100, 1_000_000)), "c"));
            return (await world.JournalAsync()).Any(f => f.Partition == 0 && f.Frame.Acknowledged.Any(a => a.Partition == 1 && a.Number == 1));
        });
    }
}
