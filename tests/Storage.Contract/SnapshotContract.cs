using Orchestrator.Silo.Journal;
using Xunit;

namespace Orchestrator.Storage.Contract.Tests;

public abstract class SnapshotContract : StoreContract
{
    private async Task<long> OwnWithFramesAsync(int partition, int frames = 10)
    {
        var epoch = await OwnAsync(partition);
        await FillAsync(partition, epoch, 1, frames);
        return epoch;
    }

    [Fact]
    public async Task Snapshots_come_back_in_the_order_asked_and_missing_ones_are_null()
    {
        var epoch = await OwnWithFramesAsync(1);
        await SaveAsync(Snapshot(1, epoch, "contact/b", 2, wake: 77, flagged: true), Snapshot(1, epoch, "account/ä", 3));
        await ReopenAsync();
        var rows = await Store.ReadSnapshotsAsync(1, ["account/ä", "none", "contact/b"], Cancel);
        Assert.Null(rows[1]);
        Assert.Equal(("account/ä", 3L, 0L, false), (rows[0]!.Grain, rows[0]!.Sequence, rows[0]!.Wake, rows[0]!.Flagged));
        Assert.Equal(("contact/b", 2L, 77L, true), (rows[2]!.Grain, rows[2]!.Sequence, rows[2]!.Wake, rows[2]!.Flagged));
        Assert.Equal(Body(1, 2), rows[2]!.Body);
        Assert.Null(await SnapshotAsync(2, "contact/b"));
    }

    [Fact]
    public async Task A_snapshot_never_goes_back()
    {
        var epoch = await OwnWithFramesAsync(1);
        await SaveAsync(Snapshot(1, epoch, "a", 5, wake: 50, flagged: true));
        await SaveAsync(Snapshot(1, epoch, "a", 4, wake: 40));
        await SaveAsync(Snapshot(1, epoch, "a", 5, wake: 41));
        var row = await SnapshotAsync(1, "a");
        Assert.Equal((5L, 50L, true), (row!.Sequence, row.Wake, row.Flagged));
        await SaveAsync(Snapshot(1, epoch, "a", 6));
        row = await SnapshotAsync(1, "a");
        Assert.Equal((6L, 0L, false), (row!.Sequence, row.Wake, row.Flagged));
        Assert.Equal(Body(1, 6), row.Body);
    }

    [Fact]
    public async Task A_snapshot_and_a_checkpoint_of_a_stale_epoch_are_ignored()
    {
        var old = await OwnWithFramesAsync(1);
        await SaveAsync(Snapshot(1, old, "a", 5));
        await OwnAsync(1);
        await SaveAsync(Snapshot(1, old, "a", 6), Snapshot(1, old, "b", 6));
        await CheckpointAsync(new CheckpointWrite(1, old, 6, new byte[] { 1 }));
        Assert.Equal(5, (await SnapshotAsync(1, "a"))!.Sequence);
        Assert.Null(await SnapshotAsync(1, "b"));
        Assert.Equal(0, (await Store.PartitionsAsync(Cancel))[1].Checkpoint);
    }

    [Fact]
    public async Task A_snapshot_or_checkpoint_ahead_of_the_journal_is_ignored()
    {
        var epoch = await OwnWithFramesAsync(1, frames: 3);
        // The frame that both build on is refused, so neither may survive it.
        var refused = await Store.AppendAsync(
            new AppendBatch([Frame(1, epoch, 5)], [Snapshot(1, epoch, "a", 5)], [new CheckpointWrite(1, epoch, 5, ReadOnlyMemory<byte>.Empty)]), Cancel);
        Assert.Equal([false], refused);
        Assert.Null(await SnapshotAsync(1, "a"));
        Assert.Equal(0, (await Store.PartitionsAsync(Cancel))[1].Checkpoint);
    }

    [Fact]
    public async Task A_snapshot_and_a_checkpoint_are_judged_by_the_journal_even_if_the_frame_beside_them_is_refused()
    {
        var epoch = await OwnWithFramesAsync(1, frames: 3);
        var refused = await Store.AppendAsync(
            new AppendBatch([Frame(1, epoch, 5)], [Snapshot(1, epoch, "a", 3)], [new CheckpointWrite(1, epoch, 2, ReadOnlyMemory<byte>.Empty)]), Cancel);
        Assert.Equal([false], refused);
        Assert.Equal(3, (await SnapshotAsync(1, "a"))!.Sequence);
        Assert.Equal(2, (await Store.PartitionsAsync(Cancel))[1].Checkpoint);
    }

    [Fact]
    public async Task A_snapshot_may_include_the_frame_of_its_own_batch()
    {
        var epoch = await OwnAsync(1);
        await Store.AppendAsync(
            new AppendBatch([Frame(1, epoch, 1)], [Snapshot(1, epoch, "a", 1)], [new CheckpointWrite(1, epoch, 1, new byte[] { 9 })]), Cancel);
        Assert.Equal(1, (await SnapshotAsync(1, "a"))!.Sequence);
        Assert.Equal(1, (await Store.PartitionsAsync(Cancel))[1].Checkpoint);
    }

    [Fact]
    public async Task A_checkpoint_never_goes_back_and_keeps_its_watermarks()
    {
        var epoch = await OwnWithFramesAsync(3);
        await CheckpointAsync(new CheckpointWrite(3, epoch, 5, new byte[] { 1, 2, 3 }));
        await CheckpointAsync(new CheckpointWrite(3, epoch, 4, new byte[] { 4 }));
        await ReopenAsync();
        var row = (await Store.PartitionsAsync(Cancel))[3];
        Assert.Equal(5, row.Checkpoint);
        Assert.Equal([1, 2, 3], row.Watermarks);
        await CheckpointAsync(new CheckpointWrite(3, epoch, 7, new byte[] { 7 }));
        Assert.Equal(7, (await Store.TakeOverAsync(3, epoch, "next", Cancel))!.Checkpoint);
    }

    [Fact]
    public async Task Wakes_are_paged_earliest_first_and_end_at_until()
    {
        var epoch = await OwnWithFramesAsync(2);
        long[] wakes = [30, 10, 20, 20, 20, 40, 0, 41];
        await SaveAsync([.. wakes.Select((wake, i) => Snapshot(2, epoch, $"g{i}", 1, wake)), Snapshot(2, epoch, "Z", 1, 20)]);
        (string, long)[] expected = [("g1", 10), ("Z", 20), ("g2", 20), ("g3", 20), ("g4", 20), ("g0", 30), ("g5", 40)];
        foreach (var limit in new[] { 1, 2, 3, 7, 100 })
        {
            var found = new List<(string, long)>();
            var (wake, grain) = (0L, "");
            while (await Store.ReadWakesAsync(2, 40, limit, wake, grain, Cancel) is { Count: > 0 } page)
            {
                Assert.True(page.Count <= limit, $"{page.Count} rows in a page of {limit}");
                found.AddRange(page.Select(row => (row.Grain, row.Wake)));
                (grain, wake) = (page[^1].Grain, page[^1].Wake);
            }
            Assert.Equal(expected, found);
        }
        Assert.Empty(await Store.ReadWakesAsync(3, 40, 10, 0, "", Cancel));
        await SaveAsync(Snapshot(2, epoch, "g1", 2, wake: 35), Snapshot(2, epoch, "Z", 2));
        Assert.Equal("g2", (await Store.ReadWakesAsync(2, 40, 1, 0, "", Cancel))[0].Grain);
    }

    [Fact]
    public async Task Flagged_grains_are_listed_in_order_and_paged()
    {
        var epoch = await OwnWithFramesAsync(2);
        await SaveAsync([.. Enumerable.Range(0, 9).Select(i => Snapshot(2, epoch, $"g{i}", 1, flagged: i % 2 == 1)), Snapshot(2, epoch, "é", 1, flagged: true)]);
        Assert.Equal(["g1", "g3"], await Store.ReadFlaggedAsync(2, "", 2, Cancel));
        Assert.Equal(["g5", "g7", "é"], await Store.ReadFlaggedAsync(2, "g3", 9, Cancel));
        await SaveAsync(Snapshot(2, epoch, "g3", 2));
        Assert.Equal(["g1", "g5"], await Store.ReadFlaggedAsync(2, "", 2, Cancel));
        Assert.Empty(await Store.ReadFlaggedAsync(1, "", 2, Cancel));
    }

    [Fact]
    public async Task All_snapshots_of_a_partition_are_listed_by_name_and_paged()
    {
        var epoch = await OwnWithFramesAsync(2);
        await SaveAsync(Snapshot(2, epoch, "b", 1), Snapshot(2, epoch, "C", 2), Snapshot(2, epoch, "a", 3), Snapshot(2, epoch, "a/1", 4));
        Assert.Equal(["C", "a", "a/1"], (await Store.ReadAllSnapshotsAsync(2, "", 3, Cancel)).Select(row => row.Grain));
        var rest = Assert.Single(await Store.ReadAllSnapshotsAsync(2, "a/1", 3, Cancel));
        Assert.Equal(("b", 1L), (rest.Grain, rest.Sequence));
        Assert.Equal(Body(2, 1), rest.Body);
    }

    [Theory]
    [InlineData("", "0 characters")]
    [InlineData("a\0b", "null character")]
    public async Task A_grain_name_that_could_not_be_kept_is_a_mistake(string grain, string expected)
    {
        var epoch = await OwnWithFramesAsync(0, frames: 1);
        var wrong = await Assert.ThrowsAsync<ArgumentException>(() => SaveAsync(Snapshot(0, epoch, grain, 1)));
        Assert.Contains(expected, wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_grain_name_with_half_a_surrogate_pair_is_a_mistake()
    {
        var epoch = await OwnWithFramesAsync(0, frames: 1);
        var wrong = await Assert.ThrowsAsync<ArgumentException>(() => SaveAsync(Snapshot(0, epoch, "a\ud800", 1)));
        Assert.Contains("not valid Unicode", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_grain_name_may_have_512_characters_and_no_more()
    {
        var epoch = await OwnWithFramesAsync(0, frames: 1);
        var longest = new string('€', 512);
        await SaveAsync(Snapshot(0, epoch, longest, 1));
        Assert.Equal(longest, (await SnapshotAsync(0, longest))!.Grain);
        await Assert.ThrowsAsync<ArgumentException>(() => SaveAsync(Snapshot(0, epoch, longest + "x", 1)));
    }
}
