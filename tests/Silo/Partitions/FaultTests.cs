using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Partitions;

namespace Orchestrator.Silo.Tests.Partitions;

public sealed class FaultTests
{
    [Fact]
    public async Task A_full_disk_is_told_to_callers_and_survived()
    {
        await using var world = await World.BeginAsync(partitions: 1);
        await world.AskInTimeAsync(World.Bind("email:before@x.example", "c"));
        world.Store.OnAppend = n => n <= 3 ? Fault.Full : Fault.None;
        var refused = Assert.IsType<Outcome.Unavailable>(await world.AskInTimeAsync(World.Bind("email:a@x.example", "c-1")));
        Assert.Contains("disk is full", refused.Reason, StringComparison.Ordinal);
        Assert.IsType<Outcome.Unavailable>(await world.AskInTimeAsync(World.Bind("email:a@x.example", "c-2")));
        Assert.IsType<Outcome.Accepted>(await world.AskInTimeAsync(World.Bind("email:a@x.example", "c-3")));
        await world.AssertEqualsFoldFromZeroAsync();
        var entry = Assert.Single((await world.JournalAsync()).SelectMany(f => f.Frame.Entries), e => e.Grain.Affinity == "email:a@x.example");
        Assert.Equal("c-3", entry.Events[0].Identity.Bound.Contact.Contact);
    }

    [Fact]
    public async Task A_commit_that_landed_without_an_answer_is_found_and_answered_once()
    {
        await using var world = await World.BeginAsync(partitions: 1);
        world.Store.OnAppend = n => n == 1 ? Fault.FailsAfter : Fault.None;
        var accepted = Assert.IsType<Outcome.Accepted>(await world.AskInTimeAsync(World.Bind("email:a@x.example", "c")));
        Assert.Equal(1, accepted.Sequence);
        Assert.IsType<Outcome.Accepted>(await world.AskInTimeAsync(World.Bind("email:b@x.example", "c")));
        Assert.Equal([1L, 2L], (await world.JournalAsync()).Select(f => f.Sequence));
        Assert.Equal(2, (await world.Store.PartitionsAsync(CancellationToken.None))[0].Epoch);
        await world.AssertEqualsFoldFromZeroAsync();
    }

    [Fact]
    public async Task A_commit_that_did_not_land_is_not_repeated_and_the_caller_is_told()
    {
        await using var world = await World.BeginAsync(partitions: 1);
        world.Store.OnAppend = n => n == 1 ? Fault.FailsBefore : Fault.None;
        Assert.IsType<Outcome.Unavailable>(await world.AskInTimeAsync(World.Bind("email:a@x.example", "c-1")));
        Assert.Empty(await world.JournalAsync());
        Assert.IsType<Outcome.Accepted>(await world.AskInTimeAsync(World.Bind("email:a@x.example", "c-2")));
        await world.AssertEqualsFoldFromZeroAsync();
    }

    [Fact]
    public async Task A_take_over_that_landed_without_an_answer_does_not_stop_the_partition()
    {
        await using var world = await World.BeginAsync(partitions: 1);
        var takeOvers = 0;
        world.Store.OnAppend = n => n == 1 ? Fault.FailsAfter : Fault.None;
        world.Store.OnTakeOver = () => ++takeOvers switch { 1 => Fault.FailsAfter, 2 => Fault.FailsBefore, _ => Fault.None };
        Assert.IsType<Outcome.Accepted>(await world.AskInTimeAsync(World.Bind("email:a@x.example", "c")));
        Assert.IsType<Outcome.Accepted>(await world.AskInTimeAsync(World.Bind("email:b@x.example", "c")));
        await world.AssertEqualsFoldFromZeroAsync();
    }

    [Fact]
    public async Task A_stolen_partition_stops_alone_and_its_neighbours_go_on()
    {
        await using var world = await World.BeginAsync(partitions: 2);
        var (stolen, other) = (world.Identifier(0, 1), world.Identifier(1, 1));
        await world.AskInTimeAsync(World.Bind(stolen, "c"));
        Assert.NotNull(await world.Store.TakeOverAsync(0, 1, "thief", CancellationToken.None));
        var asked = world.Silo.AskAsync(World.Bind(world.Identifier(0, 2), "c"), CancellationToken.None);
        var beside = world.Silo.AskAsync(World.Bind(other, "c"), CancellationToken.None);
        Assert.Contains("another silo", Assert.IsType<Outcome.Unavailable>(await world.InTimeAsync(asked)).Reason, StringComparison.Ordinal);
        Assert.IsType<Outcome.Accepted>(await world.InTimeAsync(beside));
        Assert.IsType<Outcome.Unavailable>(await world.AskInTimeAsync(World.Bind(world.Identifier(0, 3), "c")));
        await Assert.ThrowsAsync<PartitionUnavailableException>(() => world.Silo.ReadAsync([GrainKey.Identity(World.Tenant, stolen)], CancellationToken.None));
    }

    [Theory]
    [InlineData(Fault.HangsBefore, false)]
    [InlineData(Fault.HangsAfter, true)]
    public async Task Nothing_is_answered_or_released_before_its_commit(Fault fault, bool landed)
    {
        await using var world = await World.BeginAsync(partitions: 1);
        world.Store.OnAppend = _ => fault;
        var asked = world.Silo.AskAsync(World.Bind("email:a@x.example", "c"), CancellationToken.None);
        await world.InTimeAsync(world.Store.Hanging.Task);
        Assert.False(asked.IsCompleted);
        await world.CrashAndStartAsync();
        Assert.Equal(landed, (await world.InTimeAsync(world.Silo.ReadAsync([GrainKey.Identity(World.Tenant, "email:a@x.example")], CancellationToken.None)))[0] is not null);
        Assert.False(asked.IsCompleted);
    }
}
