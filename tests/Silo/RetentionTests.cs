using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Partitions;
using Orchestrator.Silo.Retention;
using Orchestrator.Silo.Tests.Insight;
using Orchestrator.V1;

namespace Orchestrator.Silo.Tests;

public sealed class RetentionTests
{
    [Fact]
    public async Task An_idle_partition_saves_a_checkpoint_for_however_few_frames()
    {
        await using var world = await World.BeginAsync(partitions: 1);
        await world.AskAsync(World.Bind("email:a@x.example", "c"));
        world.Clock.Advance(PartitionSettings.Default.TailAge + TimeSpan.FromSeconds(1));
        world.Clock.Advance(PartitionSettings.Default.CheckpointAge);
        await world.UntilAsync(async () => (await world.Store.PartitionsAsync(CancellationToken.None))[0] is var row && row.Checkpoint == row.NextSequence - 1);
    }

    [Fact]
    public async Task Old_history_is_dropped_daily_and_timeline_and_explanation_say_so()
    {
        await using var desk = await Desk.OpenAsync(partitions: 1);
        var world = desk.World;
        var first = await desk.SignalAsync("page.viewed", email: "ann@acme.example", properties: ("topic", "x"));
        world.Clock.Advance(TimeSpan.FromHours(2));
        await world.UntilAsync(async () => (await world.Store.PartitionsAsync(CancellationToken.None))[0] is var row && row.Checkpoint == row.NextSequence - 1);
        await using var retention = new JournalRetention(world.Store.Inner, world.Clock, TimeSpan.FromDays(90), () => true, NullLogger.Instance);
        Assert.Equal(1, await OldestAsync(world));

        world.Clock.Advance(TimeSpan.FromDays(92));
        await world.UntilAsync(async () =>
        {
            // The next look is a day after the one before, whenever that came to its end.
            world.Clock.Advance(TimeSpan.FromDays(1));
            return await OldestAsync(world) != 1;
        });
        var timeline = await world.InTimeAsync(desk.Accounts.Timeline(new TimelineRequest { Account = "acme", PageSize = 1000 }, new CallContext()));
        Assert.Equal("dropped", timeline.Entries[^1].Kind);
        Assert.EndsWith("is dropped by retention", timeline.Entries[^1].Text, StringComparison.Ordinal);
        var refused = await Assert.ThrowsAsync<RpcException>(() => world.InTimeAsync(desk.Accounts.Explain(new ExplainRequest { Account = "acme", SignalId = first }, new CallContext())));
        Assert.Equal(StatusCode.NotFound, refused.Code);
        Assert.Contains("is dropped by retention", refused.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(1, (await world.InTimeAsync(desk.Accounts.GetAccount(new GetAccountRequest { Account = "acme" }, new CallContext()))).Account.SignalCount);
    }

    private static async Task<long> OldestAsync(World world)
    {
        await foreach (var frame in world.Store.ReadFramesAsync(0, 1, long.MaxValue, CancellationToken.None))
        {
            return frame.Sequence;
        }

        return 0;
    }
}
