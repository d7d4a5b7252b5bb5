using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Partitions;
using Orchestrator.Silo.Retention;
using Orchestrator.Silo.Tests.Insight;
using Orchestrator.V1;

namespace Orchestrator.Silo.Tests;

public sealed class RetentionTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("retention-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

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

    [Fact]
    public async Task An_analysis_that_retention_overtakes_is_refused_and_can_be_asked_again()
    {
        const int Frames = 80;
        var now = new DateTimeOffset(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);
        await using var store = new SqliteStore(Path.Combine(folder, "orchestrator.db"), TimeProvider.System);
        await store.OpenAsync(new StoreCreation(1, "one"), CancellationToken.None);
        var owned = (await store.TakeOverAsync(0, 0, "one", CancellationToken.None))!;
        for (var sequence = 1; sequence <= Frames; sequence++)
        {
            // More than is read at once.
            var frame = new JournalAppend(0, owned.Epoch, sequence, now.AddHours(sequence).UtcTicks, new byte[20_000]);
            Assert.True(Assert.Single(await store.AppendAsync(new AppendBatch([frame], [], []), CancellationToken.None)));
        }

        await store.AppendAsync(new AppendBatch([], [], [new CheckpointWrite(0, owned.Epoch, Frames, default)]), CancellationToken.None);
        var row = (await store.PartitionsAsync(CancellationToken.None))[0];
        await using var history = store.ReadHistoryAsync(row, CancellationToken.None).GetAsyncEnumerator();
        Assert.True(await history.MoveNextAsync());
        await store.DropFramesAsync(now.AddHours(71), CancellationToken.None);
        var refused = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await history.MoveNextAsync())
            {
            }
        });
        Assert.Equal(StatusCode.Aborted, refused.Code);
        Assert.EndsWith(" to 70 of partition 0 were dropped by retention while they were read: ask again", refused.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(10, await store.ReadHistoryAsync(row, CancellationToken.None).CountAsync());
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
