using Npgsql;
using Orchestrator.Silo.Journal;
using Xunit;

namespace Orchestrator.Storage.Contract.Tests.Postgres;

/// <summary>Two sessions and one partition, interleaved by hand: which checks let an old owner write after it was succeeded, and that ours does not.</summary>
public sealed class FenceTests(PostgresServer server) : PostgresScene(server)
{
    private static readonly string[] Tables = ["CREATE TABLE journal_0 (LIKE journal)", "ALTER TABLE journal ATTACH PARTITION journal_0 FOR VALUES FROM (0) TO (1)"];

    [Theory]
    [InlineData(PlantedChecks.PlainSelect)]
    [InlineData(PlantedChecks.KeyShare)]
    public async Task Planted_a_check_that_does_not_write_lets_an_old_owner_append_after_it_was_succeeded(string check)
    {
        var zombie = await PlantAsync();
        await zombie.DoAsync("BEGIN");
        Assert.Equal(1, await zombie.AskAsync(check));
        // The old owner sleeps here.
        Assert.NotNull(await Successor.TakeOverAsync(0, 1, "successor", Cancel));
        Assert.Empty(await TailAsync(Successor, 0));
        await zombie.DoAsync(PlantedChecks.Write);
        await zombie.DoAsync("COMMIT");
        var lost = Assert.Single(await LyingAsync(0));
        Assert.Equal((1L, 1L), (lost.Sequence, lost.Epoch));
    }

    [Fact]
    public async Task Planted_a_shared_lock_keeps_the_old_owner_safe_and_its_successor_out()
    {
        var zombie = await PlantAsync();
        await zombie.DoAsync("BEGIN");
        Assert.Equal(1, await zombie.AskAsync(PlantedChecks.Share));
        var blocked = await Assert.ThrowsAsync<PostgresException>(() => Successor.TakeOverAsync(0, 1, "successor", Cancel));
        Assert.Equal(PostgresErrorCodes.LockNotAvailable, blocked.SqlState);
        Assert.Equal(1, (await Successor.PartitionsAsync(Cancel))[0].Epoch);
    }

    [Fact]
    public async Task The_one_statement_refuses_an_old_owner_however_long_it_slept()
    {
        Assert.NotNull(await Successor.TakeOverAsync(0, 1, "successor", Cancel));
        Assert.Empty(await TailAsync(Successor, 0));
        Assert.Equal(Answers(false, true), await AppendAsync(Old, Frame(0, 1, 1), Frame(1, 1, 1)));
        Assert.Empty(await LyingAsync(0));
        Assert.Single(await LyingAsync(1));
    }

    [Fact]
    public async Task An_append_that_waits_behind_an_open_take_over_comes_back_without_that_partition_only()
    {
        var taking = await SessionAsync();
        await taking.DoAsync("BEGIN; UPDATE fence SET epoch = epoch + 1, owner = 'successor' WHERE partition = 1 AND epoch = 1");
        var appending = AppendAsync(Old, Frame(0, 1, 1), Frame(1, 1, 1), Frame(2, 1, 1));
        await UntilTheAppendWaitsAsync();
        // The head of the line: while the take-over is open, none of them gets through. That is why a take-over is one statement, too.
        Assert.Empty(await LyingAsync(0));
        Assert.False(appending.IsCompleted);
        await taking.DoAsync("COMMIT");
        Assert.Equal(Answers(true, false, true), await appending);
        Assert.Empty(await LyingAsync(1));
    }

    [Fact]
    public async Task An_append_that_waits_behind_a_take_over_that_is_taken_back_lands()
    {
        var taking = await SessionAsync();
        await taking.DoAsync("BEGIN; UPDATE fence SET epoch = epoch + 1 WHERE partition = 1 AND epoch = 1");
        var appending = AppendAsync(Old, Frame(1, 1, 1));
        await UntilTheAppendWaitsAsync();
        await taking.DoAsync("ROLLBACK");
        Assert.Equal(Answers(true), await appending);
    }

    [Fact]
    public async Task An_append_that_waits_behind_a_harmless_change_of_the_row_lands()
    {
        var changing = await SessionAsync();
        await changing.DoAsync("BEGIN; UPDATE fence SET owner = 'renamed' WHERE partition = 1");
        var appending = Old.AppendAsync(
            new AppendBatch([Frame(1, 1, 1)], [new SnapshotWrite(1, 1, "a", 1, 0, false, Theirs)], [new CheckpointWrite(1, 1, 1, Theirs)]), CancellationToken.None);
        await UntilTheAppendWaitsAsync();
        await changing.DoAsync("COMMIT");
        Assert.Equal(Answers(true), await appending);
        Assert.Equal(1, (await Successor.ReadSnapshotsAsync(1, ["a"], Cancel))[0]!.Sequence);
        Assert.Equal(1, (await Successor.PartitionsAsync(Cancel))[1].Checkpoint);
    }

    [Fact]
    public async Task A_snapshot_and_a_checkpoint_that_wait_behind_a_take_over_are_ignored()
    {
        await AppendAsync(Old, Frame(1, 1, 1));
        var taking = await SessionAsync();
        await taking.DoAsync("BEGIN; UPDATE fence SET epoch = epoch + 1 WHERE partition = 1 AND epoch = 1");
        var saving = Old.AppendAsync(new AppendBatch([], [new SnapshotWrite(1, 1, "a", 1, 0, false, Theirs)], [new CheckpointWrite(1, 1, 1, Theirs)]), CancellationToken.None);
        await UntilTheAppendWaitsAsync();
        await taking.DoAsync("COMMIT");
        await saving;
        Assert.Null((await Successor.ReadSnapshotsAsync(1, ["a"], Cancel))[0]);
        Assert.Equal(0, (await Successor.PartitionsAsync(Cancel))[1].Checkpoint);
    }

    [Theory]
    [InlineData("UPDATE fence SET owner = 'renamed' WHERE partition = 1", true)]
    [InlineData("UPDATE fence SET epoch = epoch + 1 WHERE partition = 1 AND epoch = 1", false)]
    public async Task What_is_saved_of_one_partition_beside_the_frames_of_others_waits_for_its_row_and_looks_at_it_again(string change, bool lands)
    {
        await AppendAsync(Old, Frame(1, 1, 1));
        var changing = await SessionAsync();
        await changing.DoAsync("BEGIN");
        await changing.DoAsync(change);
        var appending = Old.AppendAsync(
            new AppendBatch(
                [Frame(0, 1, 1), Frame(2, 1, 1)],
                [new SnapshotWrite(1, 1, "a", 1, 0, false, Theirs), new SnapshotWrite(2, 1, "b", 1, 0, false, Theirs)],
                [new CheckpointWrite(1, 1, 1, Theirs), new CheckpointWrite(0, 1, 1, Theirs)]),
            CancellationToken.None);
        await UntilTheAppendWaitsAsync();
        await changing.DoAsync("COMMIT");
        Assert.Equal(Answers(true, true), await appending);
        Assert.Equal(lands ? 1 : null, (await Successor.ReadSnapshotsAsync(1, ["a"], Cancel))[0]?.Sequence);
        Assert.Equal(1, (await Successor.ReadSnapshotsAsync(2, ["b"], Cancel))[0]?.Sequence);
        Assert.Equal([1L, lands ? 1 : 0, 0, 0], (await Successor.PartitionsAsync(Cancel)).Select(row => row.Checkpoint));
    }

    [Fact]
    public async Task A_take_over_waits_for_the_append_under_way_and_sees_its_frame()
    {
        var holding = await SessionAsync();
        await holding.DoAsync("BEGIN; SELECT 1 FROM fence WHERE partition = 2 FOR UPDATE");
        // It has the row of partition 0 and waits for that of 2.
        var appending = AppendAsync(Old, Frame(0, 1, 1), Frame(2, 1, 1));
        await UntilTheAppendWaitsAsync();
        var taking = Successor.TakeOverAsync(0, 1, "successor", Cancel);
        await UntilAsync("SELECT count(*) = 2 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%fence%' AND pid <> pg_backend_pid()");
        await holding.DoAsync("COMMIT");
        Assert.Equal(Answers(true, true), await appending);
        Assert.Equal((2L, 2L), ((await taking)!.Epoch, (await taking)!.NextSequence));
        Assert.Single(await TailAsync(Successor, 0));
    }

    [Fact]
    public async Task Two_silos_that_both_believe_to_own_everything_never_deadlock()
    {
        // Each offers all partitions in its own order, over and over; one of them is always refused.
        async Task<int> InsistAsync(Silo.Journal.Postgres.PostgresStore store, bool backwards)
        {
            var written = 0;
            for (var round = 0; round < 200; round++)
            {
                var rows = await store.PartitionsAsync(Cancel);
                var frames = rows.Select(row => Frame(row.Partition, row.Epoch, row.NextSequence)).ToArray();
                written += (await AppendAsync(store, backwards ? [.. frames.Reverse()] : frames)).Count(accepted => accepted);
            }
            return written;
        }

        var written = (await Task.WhenAll(InsistAsync(Old, backwards: false), InsistAsync(Successor, backwards: true))).Sum();
        var stored = await Successor.PartitionsAsync(Cancel);
        Assert.Equal(written, stored.Sum(row => row.NextSequence - 1));
        foreach (var row in stored)
        {
            Assert.Equal(Enumerable.Range(1, (int)row.NextSequence - 1).Select(i => (long)i), (await TailAsync(Old, row.Partition)).Select(frame => frame.Sequence));
        }
    }

    [Fact]
    public async Task A_sequence_that_was_written_cannot_be_written_again_even_if_somebody_turns_the_fence_back()
    {
        await AppendAsync(Old, Frame(0, 1, 1));
        await AppendAsync(Old, Frame(0, 1, 2) with { At = TimeSpan.TicksPerDay * 3 });
        var meddling = await SessionAsync();
        // Below the day that it writes to now: the CHECK of the fence. Within the day: the key of the journal.
        var refused = await Assert.ThrowsAsync<PostgresException>(() => meddling.DoAsync("UPDATE fence SET next_sequence = 1 WHERE partition = 0"));
        Assert.Equal(PostgresErrorCodes.CheckViolation, refused.SqlState);
        await meddling.DoAsync("UPDATE fence SET next_sequence = 2 WHERE partition = 0");
        var doubled = await Assert.ThrowsAsync<PostgresException>(() => AppendAsync(Old, Frame(0, 1, 2) with { At = TimeSpan.TicksPerDay * 3 }));
        Assert.Equal(PostgresErrorCodes.UniqueViolation, doubled.SqlState);
        Assert.Equal([1L, 2], (await LyingAsync(0)).Select(frame => frame.Sequence));
    }

    /// <summary>A session that writes by itself, with a table to write to.</summary>
    private async Task<Session> PlantAsync()
    {
        var zombie = await SessionAsync();
        foreach (var sql in Tables)
        {
            await zombie.DoAsync(sql);
        }
        return zombie;
    }
}
