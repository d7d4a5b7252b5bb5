using Orchestrator.Silo.Journal;
using Xunit;

namespace Orchestrator.Storage.Contract.Tests;

public abstract class FenceContract : StoreContract
{
    [Fact]
    public async Task A_new_store_has_all_partitions_unowned_and_empty()
    {
        var rows = await Store.PartitionsAsync(Cancel);
        Assert.Equal(Enumerable.Range(0, Partitions), rows.Select(row => row.Partition));
        Assert.All(rows, row => Assert.Equal((0L, 1L, 0L, 0, ""), (row.Epoch, row.NextSequence, row.Checkpoint, row.Watermarks.Length, row.Owner)));
    }

    [Fact]
    public async Task The_number_of_partitions_is_fixed_when_the_store_is_created()
    {
        var again = await ReopenAsync(partitions: 3);
        Assert.Equal(Partitions, again.Partitions);
        Assert.False(again.Created);
        Assert.Equal(Partitions, (await Store.PartitionsAsync(Cancel)).Count);
    }

    [Fact]
    public async Task A_take_over_raises_the_epoch_by_one_and_names_the_owner()
    {
        await FillAsync(3, await OwnAsync(3), 1, 2);
        var row = await Store.TakeOverAsync(3, seenEpoch: 1, "second", Cancel);
        Assert.NotNull(row);
        Assert.Equal((3, 2L, 3L, "second"), (row.Partition, row.Epoch, row.NextSequence, row.Owner));
        await ReopenAsync();
        var kept = (await Store.PartitionsAsync(Cancel))[3];
        Assert.Equal((2L, 3L, "second"), (kept.Epoch, kept.NextSequence, kept.Owner));
    }

    [Fact]
    public async Task A_second_take_over_with_the_same_seen_epoch_gets_nothing()
    {
        Assert.NotNull(await Store.TakeOverAsync(0, seenEpoch: 0, "first", Cancel));
        Assert.Null(await Store.TakeOverAsync(0, seenEpoch: 0, "second", Cancel));
        Assert.Null(await Store.TakeOverAsync(0, seenEpoch: 2, "third", Cancel));
        var row = (await Store.PartitionsAsync(Cancel))[0];
        Assert.Equal((1L, "first"), (row.Epoch, row.Owner));
    }

    [Fact]
    public async Task Of_many_take_overs_at_once_one_wins()
    {
        var won = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(() => Store.TakeOverAsync(7, 0, $"silo {i}", Cancel))));
        var winner = Assert.Single(won, row => row is not null);
        Assert.Equal(1, winner!.Epoch);
        Assert.Equal(winner.Owner, (await Store.PartitionsAsync(Cancel))[7].Owner);
    }

    [Fact]
    public async Task A_stale_epoch_is_refused_alone_and_its_neighbours_go_through()
    {
        var old = await OwnAsync(1);
        var (before, after) = (await OwnAsync(0), await OwnAsync(2));
        await OwnAsync(1);
        await AppendAsync([true, false, true], Frame(0, before, 1), Frame(1, old, 1), Frame(2, after, 1));
        Assert.Empty(await ReadAsync(1, 1, 10));
        Assert.Single(await ReadAsync(0, 1, 10));
        Assert.Single(await ReadAsync(2, 1, 10));
    }

    [Fact]
    public async Task An_old_owner_that_appends_after_a_take_over_is_refused()
    {
        var old = await OwnAsync(4);
        await FillAsync(4, old, 1, 3);
        var owner = await OwnAsync(4);
        await AppendAsync([false], Frame(4, old, 4));
        await AppendAsync([true], Frame(4, owner, 4));
        Assert.Equal([1L, 1, 1, 2], (await ReadAsync(4, 1, 10)).Select(frame => frame.Epoch));
    }

    [Fact]
    public async Task An_epoch_that_is_not_yet_taken_is_refused()
    {
        var epoch = await OwnAsync(4);
        await AppendAsync([false], Frame(4, epoch + 1, 1));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(long.MaxValue)]
    public async Task Any_sequence_but_the_next_is_refused(long sequence)
    {
        var epoch = await OwnAsync(5);
        await FillAsync(5, epoch, 1, 3);
        await AppendAsync([false], new JournalAppend(5, epoch, sequence, 1, new byte[] { 1 }));
        Assert.Equal(4, (await Store.PartitionsAsync(Cancel))[5].NextSequence);
        Assert.Equal(3, (await ReadAsync(5, 1, 10)).Count);
    }

    [Fact]
    public async Task A_blind_retry_of_the_same_batch_is_accepted_zero_times()
    {
        var frames = new List<JournalAppend>();
        for (var partition = 0; partition < Partitions; partition++)
        {
            frames.Add(Frame(partition, await OwnAsync(partition), 1));
        }
        var batch = new AppendBatch(frames, [], []);
        Assert.All(await Store.AppendAsync(batch, Cancel), Assert.True);
        Assert.All(await Store.AppendAsync(batch, Cancel), Assert.False);
        Assert.All(await Store.PartitionsAsync(Cancel), row => Assert.Equal(2, row.NextSequence));
    }

    [Fact]
    public async Task A_refused_frame_leaves_no_hole()
    {
        var epoch = await OwnAsync(6);
        await FillAsync(6, epoch, 1, 1);
        await AppendAsync([false], Frame(6, epoch, 3));
        await FillAsync(6, epoch, 2, 3);
        Assert.Equal([1L, 2, 3], (await ReadAsync(6, 1, 10)).Select(frame => frame.Sequence));
    }

    [Fact]
    public async Task Several_frames_of_one_partition_in_a_batch_are_a_mistake_and_nothing_is_written()
    {
        var epoch = await OwnAsync(0);
        var wrong = await Assert.ThrowsAsync<ArgumentException>(() => AppendAsync(Frame(0, epoch, 1), Frame(0, epoch, 2)));
        Assert.Contains("partition 0", wrong.Message, StringComparison.Ordinal);
        Assert.Equal(1, (await Store.PartitionsAsync(Cancel))[0].NextSequence);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(Partitions)]
    public async Task A_partition_that_does_not_exist_is_a_mistake(int partition)
    {
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Store.TakeOverAsync(partition, 0, "x", Cancel));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Store.AppendAsync(new AppendBatch([new JournalAppend(partition, 1, 1, 1, default)], [], []), Cancel));
    }
}
