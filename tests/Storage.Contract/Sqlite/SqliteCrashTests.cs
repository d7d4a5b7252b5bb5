using System.Globalization;
using Orchestrator.Silo.Journal;
using Xunit;

namespace Orchestrator.Storage.Contract.Tests.Sqlite;

/// <summary>What is left of a store whose process was killed or whose disk failed it.</summary>
public sealed class SqliteCrashTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task After_kill_9_every_acknowledged_frame_is_there_without_gaps()
    {
        var acknowledged = new long[ChildProcess.Partitions];
        // Later rounds start from what a kill has left, and kill at other moments.
        foreach (var lines in new[] { 1, 1_000, 16_037, 3_333 })
        {
            using var child = ChildProcess.Start(_folder.File);
            Assert.Equal("ready", await child.Output.ReadLineAsync(Cancel));
            for (var line = 0; line < lines; line++)
            {
                Note(await child.Output.ReadLineAsync(Cancel));
            }
            var rest = await child.KillAsync(Cancel);
            // The last line may be cut off.
            foreach (var line in rest[..(rest.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                Note(line);
            }
            await CheckAsync(acknowledged);
        }

        void Note(string? line)
        {
            var words = line!.Split(' ');
            acknowledged[int.Parse(words[0], CultureInfo.InvariantCulture)] = long.Parse(words[1], CultureInfo.InvariantCulture);
        }
    }

    [Fact]
    public async Task A_write_error_fails_the_store_for_good_and_loses_nothing_acknowledged()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs ulimit -f");
        var acknowledged = new long[ChildProcess.Partitions];
        using var child = ChildProcess.Start(_folder.File, fileLimitKilobytes: 2_048);
        var last = "";
        while (await child.Output.ReadLineAsync(Cancel) is { } line)
        {
            last = line;
            if (char.IsAsciiDigit(line[0]))
            {
                var words = line.Split(' ');
                acknowledged[int.Parse(words[0], CultureInfo.InvariantCulture)] = long.Parse(words[1], CultureInfo.InvariantCulture);
            }
        }
        Assert.Equal(3, await child.ExitAsync(Cancel));
        Assert.Equal("StoreFailedException stays failed", last);
        Assert.True(acknowledged[0] > 10, "the limit was hit before anything was written");
        await CheckAsync(acknowledged);
    }

    private async Task CheckAsync(long[] acknowledged)
    {
        await using var store = new SqliteStore(_folder.File, TimeProvider.System);
        await store.OpenAsync(new StoreCreation(1, "check"), Cancel);
        foreach (var row in await store.PartitionsAsync(Cancel))
        {
            Assert.True(row.NextSequence > acknowledged[row.Partition], $"partition {row.Partition} ends at {row.NextSequence - 1}, acknowledged {acknowledged[row.Partition]}");
            // One batch may have been committed without its acknowledgement having been seen.
            Assert.True(row.NextSequence <= acknowledged[row.Partition] + 2, $"partition {row.Partition} has frames that were never sent");
            Assert.True(row.Checkpoint < row.NextSequence, "a checkpoint is ahead of the journal");
            var expected = 1L;
            await foreach (var frame in store.ReadFramesAsync(row.Partition, 1, long.MaxValue, Cancel))
            {
                Assert.Equal(expected, frame.Sequence);
                Assert.Equal(ChildProcess.BodyOf(row.Partition, expected), frame.Body);
                expected++;
            }
            Assert.Equal(row.NextSequence, expected);
            foreach (var snapshot in await store.ReadAllSnapshotsAsync(row.Partition, "", 1_000, Cancel))
            {
                Assert.True(snapshot.Sequence < row.NextSequence, "a snapshot is ahead of the journal");
            }
            // Any unacknowledged batch counts as acknowledged from here on: it is in the store for good.
            acknowledged[row.Partition] = row.NextSequence - 1;
        }
    }
}
