using System.Security.Cryptography;
using Orchestrator.Silo.Journal;
using Xunit;

namespace Orchestrator.Storage.Contract.Tests;

/// <summary>What may be dropped of a journal, and what is left to read.</summary>
public abstract class RetentionContract : StoreContract
{
    private static readonly DateTimeOffset First = new(2026, 3, 1, 6, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Frames_of_past_days_below_the_checkpoint_are_dropped_and_the_rest_is_read_as_before()
    {
        var epoch = await FillDaysAsync(1, days: 5);
        await CheckpointAsync(new CheckpointWrite(1, epoch, 10, default));
        Assert.Equal(6, await Store.DropFramesAsync(Day(3), Cancel));
        for (var round = 0; round < 2; round++)
        {
            Assert.Equal([7L, 8, 9, 10], (await ReadAsync(1, 1, long.MaxValue)).Select(frame => frame.Sequence));
            Assert.Equal([null, null, 7L, 10], (await Store.ReadFramesAsync(1, [1, 6, 7, 10], Cancel)).Select(frame => frame?.Sequence));
            Assert.Empty(await ReadAsync(1, 2, 6));
            await ReopenAsync();
        }
        Assert.Equal(11, (await Store.PartitionsAsync(Cancel))[1].NextSequence);
        Assert.Equal(0, await Store.DropFramesAsync(Day(3), Cancel));
        await AppendAsync([true], At(1, epoch, 11, Day(5)));
        Assert.Equal([7L, 8, 9, 10, 11], (await ReadAsync(1, 7, 99)).Select(frame => frame.Sequence));
    }

    [Fact]
    public async Task No_frame_above_its_partitions_checkpoint_is_dropped_and_none_leaves_a_hole()
    {
        var (one, two) = (await FillDaysAsync(1, days: 4), await FillDaysAsync(2, days: 4));
        await FillDaysAsync(3, days: 2);
        await CheckpointAsync(new CheckpointWrite(1, one, 8, default), new CheckpointWrite(2, two, 5, default));
        var before = await ReadAsync(3, 1, 99);
        await Store.DropFramesAsync(Day(9), Cancel);
        Assert.Equal(before.Select(frame => frame.Sequence), (await ReadAsync(3, 1, 99)).Select(frame => frame.Sequence));
        Assert.Equal([6L, 7, 8], (await Store.ReadFramesAsync(2, [6, 7, 8], Cancel)).Select(frame => frame?.Sequence));
        foreach (var partition in new[] { 1, 2, 3 })
        {
            var left = await ReadAsync(partition, 1, 99);
            var next = (await Store.PartitionsAsync(Cancel))[partition].NextSequence;
            Assert.Equal(Enumerable.Range(0, left.Count).Select(i => next - left.Count + i), left.Select(frame => frame.Sequence));
        }
    }

    [Fact]
    public async Task A_partition_of_which_all_frames_were_dropped_goes_on_where_it_was()
    {
        var epoch = await FillDaysAsync(1, days: 3);
        await CheckpointAsync(new CheckpointWrite(1, epoch, 6, new byte[] { 5 }));
        Assert.Equal(6, await Store.DropFramesAsync(Day(9), Cancel));
        Assert.Empty(await ReadAsync(1, 1, 99));
        await ReopenAsync();
        // A clock that runs behind: its frame belongs to a day that was dropped, and is kept all the same.
        await AppendAsync([false, true], At(2, 1, 1, Day(0)), At(1, epoch, 7, Day(1)));
        await AppendAsync([true], At(1, epoch, 8, Day(20)));
        Assert.Equal([7L, 8], (await ReadAsync(1, 1, 99)).Select(frame => frame.Sequence));
        Assert.Equal(Day(1).UtcTicks, (await Store.ReadFramesAsync(1, [7], Cancel))[0]!.At);
        Assert.Equal((9L, 6L), ((await Store.PartitionsAsync(Cancel))[1].NextSequence, (await Store.PartitionsAsync(Cancel))[1].Checkpoint));
    }

    [Fact]
    public async Task Young_frames_are_kept()
    {
        var epoch = await FillDaysAsync(1, days: 2);
        await CheckpointAsync(new CheckpointWrite(1, epoch, 4, default));
        Assert.Equal(0, await Store.DropFramesAsync(First, Cancel));
        Assert.Equal(4, (await ReadAsync(1, 1, 99)).Count);
        Assert.Equal(0, await Store.DropFramesAsync(DateTimeOffset.MinValue, Cancel));
    }

    [Fact]
    public async Task Appends_and_reads_go_on_while_frames_are_dropped()
    {
        const int Days = 40;
        var epoch = await FillDaysAsync(1, Days);
        var other = await OwnAsync(2);
        await CheckpointAsync(new CheckpointWrite(1, epoch, 2 * Days, default));
        var dropping = Task.Run(async () =>
        {
            for (var day = 1; day <= Days; day++)
            {
                await Store.DropFramesAsync(Day(day), Cancel);
            }
        });
        var rounds = 0L;
        do
        {
            await AppendAsync([true, true], At(1, epoch, (2 * Days) + 1 + rounds, Day(Days)), At(2, other, 1 + rounds, Day(Days)));
            var read = await ReadUntilNotOvertakenAsync(1);
            Assert.Equal(Enumerable.Range(0, read.Count).Select(i => read[0].Sequence + i), read.Select(frame => frame.Sequence));
            Assert.Equal((2 * Days) + 1 + rounds, read[^1].Sequence);
            await Store.ReadFramesAsync(1, [1, 2, 3, Days], Cancel);
            rounds++;
        }
        while (!dropping.IsCompleted);
        await dropping;
        Assert.Equal((2 * Days) + 1, (await ReadAsync(1, 1, long.MaxValue))[0].Sequence);
    }

    [Fact]
    public async Task A_reader_that_is_overtaken_is_told_and_not_led_over_the_hole()
    {
        const int Days = 40;
        var epoch = await FillDaysAsync(1, Days, bytes: 20_000);
        await CheckpointAsync(new CheckpointWrite(1, epoch, 2 * Days, default));
        await using var frames = Store.ReadFramesAsync(1, 1, long.MaxValue, Cancel).GetAsyncEnumerator(Cancel);
        Assert.True(await frames.MoveNextAsync());
        Assert.Equal(70, await Store.DropFramesAsync(Day(35), Cancel));
        var next = 1L;
        var told = await Assert.ThrowsAsync<FramesDroppedException>(async () =>
        {
            do
            {
                Assert.Equal(next, frames.Current.Sequence);
                next++;
            }
            while (await frames.MoveNextAsync());
        });
        Assert.Equal((1, next, 71L), (told.Partition, told.Next, told.Oldest));
        Assert.Equal($"frames {next} to 70 of partition 1 were dropped by retention while they were read", told.Message);
        Assert.Equal(Enumerable.Range(71, 10).Select(i => (long)i), (await ReadAsync(1, told.Next, long.MaxValue)).Select(frame => frame.Sequence));
    }

    [Fact]
    public async Task A_level_is_kept_never_goes_back_and_is_not_raised_above_what_the_silo_reads()
    {
        await Store.RaiseLevelAsync(1, Cancel);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Store.RaiseLevelAsync(FeatureLevel.Current + 1, Cancel));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Store.RaiseLevelAsync(0, Cancel));
        await Store.DisposeAsync();
        await using var newer = Create();
        Assert.Equal(FeatureLevel.Current, (await newer.OpenAsync(new StoreCreation(Partitions, "newer", FeatureLevel.Current + 2), Cancel)).Level);
        await newer.RaiseLevelAsync(FeatureLevel.Current + 2, Cancel);
        await newer.RaiseLevelAsync(FeatureLevel.Current + 1, Cancel);
        await newer.DisposeAsync();
        await using var older = Create();
        var refused = await Assert.ThrowsAsync<StoreRefusedException>(() => older.OpenAsync(new StoreCreation(Partitions, "older", FeatureLevel.Current + 1), Cancel));
        Assert.Contains($"has feature level {FeatureLevel.Current + 2}, this silo reads up to {FeatureLevel.Current + 1}", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>Two frames a day, at 6 and at 18 hours.</summary>
    private async Task<long> FillDaysAsync(int partition, int days, int bytes = 0)
    {
        var epoch = await OwnAsync(partition);
        for (var i = 0; i < 2 * days; i++)
        {
            var frame = At(partition, epoch, i + 1, First.AddHours(12 * i));
            await AppendAsync([true], bytes > 0 ? frame with { Body = RandomNumberGenerator.GetBytes(bytes) } : frame);
        }
        return epoch;
    }

    private async Task<List<JournalFrame>> ReadUntilNotOvertakenAsync(int partition)
    {
        while (true)
        {
            try
            {
                return await ReadAsync(partition, 1, long.MaxValue);
            }
            catch (FramesDroppedException)
            {
                // At the next try there is less to drop.
            }
        }
    }

    private static DateTimeOffset Day(int number) => First.AddHours(-6).AddDays(number);

    private static JournalAppend At(int partition, long epoch, long sequence, DateTimeOffset at) => new(partition, epoch, sequence, at.UtcTicks, Body(partition, sequence));
}
