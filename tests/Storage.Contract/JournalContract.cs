using Orchestrator.Silo.Journal;
using Xunit;

namespace Orchestrator.Storage.Contract.Tests;

public abstract class JournalContract : StoreContract
{
    [Fact]
    public async Task Frames_come_back_as_they_were_written_and_after_reopening()
    {
        await FillAsync(9, await OwnAsync(9), 1, 5);
        for (var round = 0; round < 2; round++)
        {
            var frames = await ReadAsync(9, 1, 5);
            Assert.Equal(5, frames.Count);
            for (var i = 0; i < 5; i++)
            {
                Assert.Equal((9, i + 1L, 1L, 1_001L + i), (frames[i].Partition, frames[i].Sequence, frames[i].Epoch, frames[i].At));
                Assert.Equal(Body(9, i + 1), frames[i].Body);
            }
            await ReopenAsync();
        }
    }

    [Fact]
    public async Task A_range_is_read_in_order_and_ends_at_the_last_frame()
    {
        (long From, long To, int Count)[] ranges =
            [(1, 700, 700), (250, 262, 13), (256, 256, 1), (690, long.MaxValue, 11), (long.MinValue, 3, 3), (701, 800, 0), (5, 4, 0)];
        var (one, other) = (await OwnAsync(1), await OwnAsync(2));
        for (var sequence = 1L; sequence <= 700; sequence++)
        {
            await AppendAsync([true, true], Frame(2, other, sequence), Frame(1, one, sequence));
        }
        for (var round = 0; round < 2; round++)
        {
            foreach (var (from, to, count) in ranges)
            {
                var frames = await ReadAsync(1, from, to);
                Assert.Equal(Enumerable.Range(0, count).Select(i => Math.Max(1, from) + i), frames.Select(frame => frame.Sequence));
                Assert.All(frames, frame => Assert.Equal(Body(1, frame.Sequence), frame.Body));
            }
            await ReopenAsync();
        }
    }

    [Fact]
    public async Task Points_are_read_in_the_order_asked_and_unknown_ones_are_null()
    {
        await FillAsync(0, await OwnAsync(0), 1, 300);
        var frames = await Store.ReadFramesAsync(0, [300, 7, 301, 256, 7, 0, -5, long.MaxValue], Cancel);
        Assert.Equal([300L, 7, null, 256, 7, null, null, null], frames.Select(frame => frame?.Sequence));
        Assert.All(frames.OfType<JournalFrame>(), frame => Assert.Equal(Body(0, frame.Sequence), frame.Body));
        Assert.Empty(await Store.ReadFramesAsync(0, [], Cancel));
    }

    [Fact]
    public async Task An_empty_batch_is_accepted_and_changes_nothing() =>
        Assert.Empty(await Store.AppendAsync(new AppendBatch([], [], []), Cancel));

    [Fact]
    public async Task An_empty_body_is_a_body()
    {
        var epoch = await OwnAsync(0);
        await AppendAsync([true], new JournalAppend(0, epoch, 1, 5, ReadOnlyMemory<byte>.Empty));
        Assert.Empty(Assert.Single(await ReadAsync(0, 1, 1)).Body);
    }

    [Fact]
    public async Task A_body_of_the_largest_size_comes_back_whole()
    {
        var body = new byte[16 * 1024 * 1024];
        new Random(1).NextBytes(body);
        await AppendAsync([true], new JournalAppend(0, await OwnAsync(0), 1, 5, body));
        Assert.True(Assert.Single(await ReadAsync(0, 1, 1)).Body.AsSpan().SequenceEqual(body));
    }

    [Fact]
    public async Task A_larger_body_is_refused_with_its_size_and_nothing_is_written()
    {
        var (zero, one) = (await OwnAsync(0), await OwnAsync(1));
        var refused = await Assert.ThrowsAsync<ArgumentException>(
            () => AppendAsync(Frame(0, zero, 1), new JournalAppend(1, one, 1, 5, new byte[(16 * 1024 * 1024) + 1])));
        Assert.Contains("partition 1 has 16777217 bytes, expected at most 16777216", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, (await Store.PartitionsAsync(Cancel))[0].NextSequence);
        await AppendAsync([true], Frame(0, zero, 1));
    }

    [Fact]
    public async Task A_call_cancelled_before_it_starts_writes_nothing()
    {
        var epoch = await OwnAsync(0);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.AppendAsync(new AppendBatch([Frame(0, epoch, 1)], [], []), cancelled.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.TakeOverAsync(0, epoch, "x", cancelled.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.PartitionsAsync(cancelled.Token));
        var row = (await Store.PartitionsAsync(Cancel))[0];
        Assert.Equal((epoch, 1L), (row.Epoch, row.NextSequence));
    }

    [Fact]
    public async Task Reads_beside_appends_see_whole_batches_without_gaps()
    {
        const int Last = 600;
        var (one, two) = (await OwnAsync(1), await OwnAsync(2));
        var writing = Task.Run(async () =>
        {
            for (var sequence = 1L; sequence <= Last; sequence++)
            {
                await AppendAsync([true, true], Frame(1, one, sequence), Frame(2, two, sequence));
            }
        });
        var readers = Enumerable.Range(1, 2).Select(partition => Task.Run(async () =>
        {
            for (var seen = 0; seen < Last;)
            {
                var frames = await ReadAsync(partition, 1, Last);
                Assert.Equal(Enumerable.Range(1, frames.Count).Select(i => (long)i), frames.Select(frame => frame.Sequence));
                Assert.True(frames.Count >= seen, "a frame that was there is gone");
                seen = frames.Count;
                if (seen > 0)
                {
                    Assert.NotNull((await Store.ReadFramesAsync(partition, [seen], Cancel))[0]);
                }
                if (writing.IsFaulted)
                {
                    break;
                }
            }
        }));
        await Task.WhenAll([writing, .. readers]);
    }

    [Fact]
    public async Task A_store_that_is_closed_says_so()
    {
        var store = Store;
        await ReopenAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.PartitionsAsync(Cancel));
    }

    [Fact]
    public async Task Closing_waits_for_the_append_under_way()
    {
        var epoch = await OwnAsync(0);
        var appending = AppendAsync(Frame(0, epoch, 1));
        await ReopenAsync();
        Assert.True((await appending)[0]);
        Assert.Single(await ReadAsync(0, 1, 10));
    }

    [Fact]
    public async Task Settings_are_kept_replaced_and_told_from_missing_ones()
    {
        Assert.Null(await Store.ReadSettingAsync("origin", Cancel));
        await Store.WriteSettingAsync("origin", [1, 2], Cancel);
        await Store.WriteSettingAsync("empty", [], Cancel);
        await Store.WriteSettingAsync("origin", [3], Cancel);
        await ReopenAsync();
        var (origin, empty) = (await Store.ReadSettingAsync("origin", Cancel), await Store.ReadSettingAsync("empty", Cancel));
        Assert.Equal([3], origin!);
        Assert.Equal([], empty!);
    }
}
