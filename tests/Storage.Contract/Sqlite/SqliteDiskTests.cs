using System.Diagnostics;
using System.Text;
using Orchestrator.Silo.Journal;
using Xunit;

namespace Orchestrator.Storage.Contract.Tests.Sqlite;

/// <summary>Full disks, damaged bytes, and stores that have grown.</summary>
public sealed class SqliteDiskTests : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private SqliteStore? _store;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        if (_store is not null)
        {
            await _store.DisposeAsync();
        }
        _folder.Dispose();
    }

    private async Task<SqliteStore> OpenAsync(string? file = null, int partitions = 4)
    {
        if (_store is not null)
        {
            await _store.DisposeAsync();
        }
        _store = new SqliteStore(file ?? _folder.File, TimeProvider.System);
        await _store.OpenAsync(new StoreCreation(partitions, "disk"), Cancel);
        return _store;
    }

    private static async Task<bool> AppendAsync(SqliteStore store, int partition, long epoch, long sequence, int bytes) =>
        (await store.AppendAsync(new AppendBatch([new JournalAppend(partition, epoch, sequence, 1, Body(sequence, bytes))], [], []), Cancel))[0];

    private static byte[] Body(long sequence, int bytes)
    {
        var body = new byte[bytes];
        Array.Fill(body, (byte)'.');
        Encoding.ASCII.GetBytes($"[frame {sequence}]").CopyTo(body, 0);
        return body;
    }

    private static async Task<List<JournalFrame>> ReadAsync(SqliteStore store, int partition)
    {
        var frames = new List<JournalFrame>();
        await foreach (var frame in store.ReadFramesAsync(partition, 1, long.MaxValue, Cancel))
        {
            frames.Add(frame);
        }
        return frames;
    }

    [Fact]
    public async Task A_full_file_system_refuses_the_commit_whole_and_the_store_goes_on_when_there_is_space()
    {
        var mount = Path.Combine(_folder.Path, "small");
        Directory.CreateDirectory(mount);
        var mounted = OperatingSystem.IsLinux() && await RunAsync("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", mount) == 0;
        if (!mounted)
        {
            Assert.False(Environment.GetEnvironmentVariable("ORCHESTRATOR_REQUIRE_ALL") == "1", "mounting a small file system needs root on Linux");
            Assert.Skip("mounting a small file system needs root on Linux");
        }
        try
        {
            var store = await OpenAsync(Path.Combine(mount, "store.db"));
            await store.TakeOverAsync(0, 0, "disk", Cancel);
            await store.TakeOverAsync(1, 0, "disk", Cancel);
            var ballast = Path.Combine(mount, "ballast");
            await File.WriteAllBytesAsync(ballast, new byte[5 * 1024 * 1024], Cancel);
            var sequence = 1L;
            StoreFullException? full = null;
            for (; full is null && sequence < 200; sequence++)
            {
                try
                {
                    Assert.True(await AppendAsync(store, 0, 1, sequence, 60_000));
                }
                catch (StoreFullException e)
                {
                    full = e;
                    break;
                }
            }
            Assert.NotNull(full);
            Assert.Contains(mount, full.Message, StringComparison.Ordinal);
            Assert.Equal(sequence, (await store.PartitionsAsync(Cancel))[0].NextSequence);
            await Assert.ThrowsAsync<StoreFullException>(() => AppendAsync(store, 0, 1, sequence, 60_000));
            File.Delete(ballast);
            Assert.True(await AppendAsync(store, 0, 1, sequence, 60_000));
            Assert.True(await AppendAsync(store, 1, 1, 1, 100));
            await store.DisposeAsync();
            store = await OpenAsync(Path.Combine(mount, "store.db"));
            Assert.Equal(sequence, (await ReadAsync(store, 0)).Count);
            Assert.Single(await ReadAsync(store, 1));
            await store.DisposeAsync();
        }
        finally
        {
            await _store!.DisposeAsync();
            Assert.Equal(0, await RunAsync("umount", mount));
        }
    }

    [Fact]
    public async Task Full_in_the_middle_of_a_batch_takes_all_of_it_back()
    {
        var store = await OpenAsync();
        await store.TakeOverAsync(0, 0, "disk", Cancel);
        await store.TakeOverAsync(1, 0, "disk", Cancel);
        store.LimitPages(40);
        var batch = new AppendBatch(
            [new JournalAppend(0, 1, 1, 1, new byte[100]), new JournalAppend(1, 1, 1, 1, new byte[1_000_000])],
            [new SnapshotWrite(0, 1, "g", 1, 5, true, new byte[10])],
            [new CheckpointWrite(0, 1, 1, new byte[1])]);
        await Assert.ThrowsAsync<StoreFullException>(() => store.AppendAsync(batch, Cancel));
        Assert.All((await store.PartitionsAsync(Cancel)).Take(2), row => Assert.Equal((1L, 1L, 0L), (row.Epoch, row.NextSequence, row.Checkpoint)));
        Assert.Empty(await ReadAsync(store, 0));
        Assert.Null((await store.ReadSnapshotsAsync(0, ["g"], Cancel))[0]);
        store.LimitPages(1_000_000);
        Assert.Equal([true, true], (await store.AppendAsync(batch, Cancel)).AsEnumerable());
        Assert.Equal(1_000_000, Assert.Single(await ReadAsync(store, 1)).Body.Length);
    }

    [Theory]
    [InlineData("[frame 7]")]
    [InlineData("[snapshot]")]
    [InlineData("[watermark]")]
    public async Task A_flipped_bit_is_found_named_and_never_skipped(string place)
    {
        var store = await OpenAsync();
        await store.TakeOverAsync(2, 0, "disk", Cancel);
        for (var sequence = 1; sequence <= 9; sequence++)
        {
            await AppendAsync(store, 2, 1, sequence, 300);
        }
        await store.AppendAsync(
            new AppendBatch([], [new SnapshotWrite(2, 1, "account/x", 8, 0, false, "[snapshot]"u8.ToArray())], [new CheckpointWrite(2, 1, 6, "[watermark]"u8.ToArray())]), Cancel);
        await store.DisposeAsync();
        var bytes = await File.ReadAllBytesAsync(_folder.File, Cancel);
        var at = bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(place));
        Assert.True(at > 0, "the bytes to damage are not in the file");
        bytes[at + 3] ^= 0x10;
        await File.WriteAllBytesAsync(_folder.File, bytes, Cancel);
        store = await OpenAsync();
        switch (place)
        {
            case "[frame 7]":
                var range = await Assert.ThrowsAsync<StoreCorruptException>(() => ReadAsync(store, 2));
                Assert.Contains("partition 2 with sequence 7", range.Message, StringComparison.Ordinal);
                await Assert.ThrowsAsync<StoreCorruptException>(() => store.ReadFramesAsync(2, [7], Cancel));
                Assert.Equal([6L, 8], (await store.ReadFramesAsync(2, [6, 8], Cancel)).Select(frame => frame!.Sequence));
                break;
            case "[snapshot]":
                var snapshot = await Assert.ThrowsAsync<StoreCorruptException>(() => store.ReadSnapshotsAsync(2, ["account/x"], Cancel));
                Assert.Contains("grain `account/x` of partition 2 at sequence 8", snapshot.Message, StringComparison.Ordinal);
                await Assert.ThrowsAsync<StoreCorruptException>(() => store.ReadAllSnapshotsAsync(2, "", 10, Cancel));
                break;
            default:
                var checkpoint = await Assert.ThrowsAsync<StoreCorruptException>(() => store.PartitionsAsync(Cancel));
                Assert.Contains("partition 2 at sequence 6", checkpoint.Message, StringComparison.Ordinal);
                break;
        }
    }

    [Fact]
    public async Task A_lost_frame_or_run_is_found_and_named()
    {
        var store = await OpenAsync();
        await store.TakeOverAsync(0, 0, "disk", Cancel);
        for (var sequence = 1; sequence <= 300; sequence++)
        {
            await AppendAsync(store, 0, 1, sequence, 30);
        }
        await store.DisposeAsync();
        _store = null;
        RawSqlite.Execute(_folder.File, "DELETE FROM journal WHERE sequence = 290");
        store = await OpenAsync();
        Assert.Contains("partition 0 with sequence 290 is missing", (await Assert.ThrowsAsync<StoreCorruptException>(() => ReadAsync(store, 0))).Message, StringComparison.Ordinal);
        await store.DisposeAsync();
        RawSqlite.Execute(_folder.File, "DELETE FROM run");
        store = await OpenAsync();
        Assert.Contains("from sequence 1 to 255", (await Assert.ThrowsAsync<StoreCorruptException>(() => ReadAsync(store, 0))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Frames_are_found_across_runs_and_marks_after_every_reopening()
    {
        // 64 partitions at different paces: over 25,000 frames cross many runs and the mark, and some partitions then rest for good.
        const int Partitions = 64;
        var next = new long[Partitions];
        var store = await OpenAsync(partitions: Partitions);
        for (var partition = 0; partition < Partitions; partition++)
        {
            next[partition] = 1;
            await store.TakeOverAsync(partition, 0, "disk", Cancel);
        }
        for (var round = 0; round < 900; round++)
        {
            var frames = Enumerable.Range(0, Partitions).Where(p => round % (1 + (p % 4)) == 0 && (p != 5 || round < 3))
                .Select(p => new JournalAppend(p, 1, next[p]++, 1, Body(next[p] - 1, 20))).ToArray();
            Assert.All(await store.AppendAsync(new AppendBatch(frames, [], []), Cancel), Assert.True);
            if (round is 100 or 700 or 701)
            {
                store = await OpenAsync();
            }
        }
        Assert.True(next.Sum() > 25_000, "too few frames to cross a mark");
        for (var reopening = 0; reopening < 2; reopening++)
        {
            for (var partition = 0; partition < Partitions; partition++)
            {
                var frames = await ReadAsync(store, partition);
                Assert.Equal(next[partition] - 1, frames.Count);
                Assert.All(frames, frame => Assert.Equal(Body(frame.Sequence, 20), frame.Body));
            }
            store = await OpenAsync();
        }
    }

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        await process.WaitForExitAsync(Cancel);
        return process.ExitCode;
    }
}
