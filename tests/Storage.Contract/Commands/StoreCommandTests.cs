using System.Globalization;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Journal.Packing;
using Orchestrator.Silo.Journal.Postgres;
using Orchestrator.Silo.StoreCommands;
using Orchestrator.Storage.Contract.Tests.Postgres;
using Orchestrator.Storage.Contract.Tests.Sqlite;
using Xunit;

namespace Orchestrator.Storage.Contract.Tests.Commands;

/// <summary>Stores moved, copied, brought back and looked through by command, from and to both kinds.</summary>
public sealed class StoreCommandTests(PostgresServer server) : IDisposable
{
    private const int Partitions = 5;
    private const int Frames = 700;
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_file_is_migrated_with_all_that_it_holds_and_goes_on_in_PostgreSQL()
    {
        await using (var file = await OpenAsync(Sqlite(_folder.File)))
        {
            await FillAsync(file);
        }
        var place = server.NewPlace();
        var (exit, said) = await RunAsync("migrate", _folder.Path, place);
        Assert.True(exit == 0, said);
        Assert.Contains("must not be used any more", said, StringComparison.Ordinal);
        Assert.DoesNotContain("Username", said, StringComparison.Ordinal);
        await using var file2 = await OpenAsync(Sqlite(_folder.File));
        await using var moved = PackedStore.Reading(new PostgresStore(place));
        Assert.Equal((Partitions, 1L, false), await moved.OpenAsync(new StoreCreation(99, "x"), Cancel) is var told ? (told.Partitions, told.Incarnation, told.Created) : default);
        await AssertSameAsync(file2, moved);
        var row = (await moved.PartitionsAsync(Cancel))[1];
        Assert.Equal([true], (await moved.AppendAsync(new AppendBatch([new JournalAppend(1, row.Epoch, row.NextSequence, At(900), new byte[] { 9 })], [], []), Cancel)).AsEnumerable());
        Assert.Equal(0, (await RunAsync("verify", place)).Exit);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task A_backup_of_a_store_in_use_comes_back_with_a_higher_incarnation(bool fromServer, bool toServer)
    {
        var from = fromServer ? server.NewPlace() : _folder.File;
        await using var used = await OpenAsync(fromServer ? new PostgresStore(from) : Sqlite(from));
        await FillAsync(used);
        var backup = Path.Combine(_folder.Path, "backup.db");
        Assert.Equal(0, (await RunAsync("backup", from, backup)).Exit);
        Assert.Equal(0, (await RunAsync("verify", backup)).Exit);
        var to = toServer ? server.NewPlace() : Path.Combine(_folder.Path, "restored.db");
        var (exit, said) = await RunAsync("restore", backup, to);
        Assert.True(exit == 0, said);
        Assert.Contains("incarnation 2", said, StringComparison.Ordinal);
        await using var restored = PackedStore.Reading(toServer ? new PostgresStore(to) : Sqlite(to));
        Assert.Equal(2, (await restored.OpenAsync(new StoreCreation(1, "x"), Cancel)).Incarnation);
        await AssertSameAsync(used, restored);
        var row = (await restored.PartitionsAsync(Cancel))[2];
        Assert.Equal(row.Epoch + 1, (await restored.TakeOverAsync(2, row.Epoch, "new", Cancel))!.Epoch);
        await restored.AppendAsync(new AppendBatch([new JournalAppend(2, row.Epoch + 1, row.NextSequence, At(900), new byte[] { 9 })], [], []), Cancel);
        Assert.Equal(0, (await RunAsync("verify", to)).Exit);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_store_whose_old_frames_were_dropped_is_copied_as_it_is(bool fromServer)
    {
        var from = fromServer ? server.NewPlace() : _folder.File;
        await using var used = await OpenAsync(fromServer ? new PostgresStore(from) : Sqlite(from));
        await FillAsync(used);
        await used.AppendAsync(new AppendBatch([], [], [.. Enumerable.Range(0, Partitions - 1).Select(partition => new CheckpointWrite(partition, 2, Frames - partition, default))]), Cancel);
        Assert.True(await used.DropFramesAsync(new DateTimeOffset(At(Frames / 2), TimeSpan.Zero), Cancel) > 0);
        var (backup, place) = (Path.Combine(_folder.Path, "backup.db"), server.NewPlace());
        Assert.Equal(0, (await RunAsync("backup", from, backup)).Exit);
        Assert.Equal(0, (await RunAsync("restore", backup, place)).Exit);
        await using var restored = await OpenAsync(new PostgresStore(place));
        await AssertSameAsync(used, restored);
        await using var copy = await OpenAsync(Sqlite(backup));
        await AssertSameAsync(used, copy);
    }

    [Fact]
    public async Task What_is_there_already_is_never_overwritten()
    {
        var (place, other) = (server.NewPlace(), Path.Combine(_folder.Path, "other.db"));
        await (await OpenAsync(new PostgresStore(place))).DisposeAsync();
        await (await OpenAsync(Sqlite(_folder.File))).DisposeAsync();
        await File.WriteAllTextAsync(other, "theirs", Cancel);
        await RefusedAsync("already, expected none", "migrate", _folder.File, place);
        await RefusedAsync("already, expected none", "restore", _folder.File, place);
        await RefusedAsync("already, expected none", "backup", place, other);
        await RefusedAsync("already, expected none", "restore", _folder.File, other);
        Assert.Equal("theirs", await File.ReadAllTextAsync(other, Cancel));
    }

    [Fact]
    public async Task The_store_of_a_running_silo_is_not_migrated()
    {
        await using var used = await OpenAsync(Sqlite(_folder.File));
        await RefusedAsync("is in use by another silo", "migrate", _folder.File, server.NewPlace());
    }

    [Fact]
    public async Task A_store_restored_over_one_that_was_used_here_is_above_it()
    {
        await using (var file = await OpenAsync(Sqlite(_folder.File)))
        {
            await FillAsync(file);
        }
        var backup = Path.Combine(_folder.Path, "backup.db");
        Assert.Equal(0, (await RunAsync("backup", _folder.File, backup)).Exit);
        for (var round = 2; round < 4; round++)
        {
            File.Delete(_folder.File);
            Assert.Equal(0, (await RunAsync("restore", backup, _folder.File)).Exit);
            await using var restored = Sqlite(_folder.File);
            Assert.Equal(round, (await restored.OpenAsync(new StoreCreation(1, "x"), Cancel)).Incarnation);
        }
    }

    [Theory]
    [InlineData("UPDATE journal SET body = x'00' WHERE partition = 1 AND sequence = 300", "frame of partition 1 with sequence 300 is damaged")]
    [InlineData("DELETE FROM journal WHERE partition = 1 AND sequence = 300", "partition 1 has a frame with sequence 301, expected 300")]
    [InlineData("DELETE FROM journal WHERE partition = 1 AND sequence = 700", "partition 1 ends with sequence 699, expected 700")]
    [InlineData("UPDATE snapshot SET flagged = 1 - flagged WHERE grain = 'g3'", "snapshot of grain `g3`")]
    [InlineData("UPDATE checkpoint SET sequence = 2 WHERE partition = 3", "checkpoint of partition 3")]
    [InlineData("UPDATE fence SET epoch = 1 WHERE partition = 0", "has epoch 2, expected 1 to 1")]
    public async Task Damage_is_found_named_and_never_copied(string damage, string expected)
    {
        await using (var file = await OpenAsync(Sqlite(_folder.File)))
        {
            await FillAsync(file);
        }
        RawSqlite.Execute(_folder.File, damage);
        var place = server.NewPlace();
        foreach (var args in new[] { new[] { "verify", _folder.File }, ["migrate", _folder.File, place], ["backup", _folder.File, Path.Combine(_folder.Path, "backup.db")] })
        {
            var (exit, said) = await RunAsync(args);
            Assert.Equal(1, exit);
            Assert.Contains(expected, said, StringComparison.Ordinal);
        }
        await RefusedAsync("there is no store at", "verify", place);
        Assert.Equal(["orchestrator.db", "orchestrator.db.holder", "orchestrator.db.lock"], Directory.GetFiles(_folder.Path).Select(Path.GetFileName).Where(name => name is not ("orchestrator.db-wal" or "orchestrator.db-shm")).Order());
    }

    [Fact]
    public async Task Damage_in_PostgreSQL_is_found_and_named()
    {
        var place = server.NewPlace();
        await using var used = await OpenAsync(new PostgresStore(place));
        await FillAsync(used);
        await PostgresServer.AskAsync(place, "DELETE FROM journal WHERE partition = 2 AND sequence = 77");
        var (exit, said) = await RunAsync("verify", place);
        Assert.Equal(1, exit);
        Assert.Contains("partition 2 has a frame with sequence 78, expected 77", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, "is not understood", "migrate", "only-one")]
    [InlineData(2, "is not understood", "destroy")]
    [InlineData(4, "there is no store at", "verify", "/nowhere/at/all.db")]
    [InlineData(4, "`postgres` needs ORCHESTRATOR_POSTGRES", "verify", "postgres")]
    [InlineData(4, "only the store of an embedded silo", "migrate", "Host=db", "Host=other")]
    public async Task A_command_that_cannot_be_done_says_why(int exit, string expected, params string[] args)
    {
        var (code, said) = await RunAsync(args);
        Assert.Equal(exit, code);
        Assert.Contains(expected, said, StringComparison.Ordinal);
    }

    private static SqliteStore Sqlite(string file) => new(file, TimeProvider.System);

    private static async Task<IStore> OpenAsync(IStore inner)
    {
        var level = new WritableLevel();
        level.Learn(FeatureLevel.Current);
        var store = PackedStore.Over(inner, level, aside: true);
        await store.OpenAsync(new StoreCreation(Partitions, "command"), Cancel);
        return store;
    }

    /// <summary>Some of everything: packed and not, two epochs, ten days, an untouched partition, names beyond ASCII, empty bodies.</summary>
    private static async Task FillAsync(IStore store)
    {
        for (var partition = 0; partition < Partitions - 1; partition++)
        {
            await store.TakeOverAsync(partition, 0, "first", Cancel);
        }
        for (var sequence = 1L; sequence <= Frames; sequence++)
        {
            if (sequence == Frames / 2)
            {
                for (var partition = 0; partition < Partitions - 1; partition++)
                {
                    await store.TakeOverAsync(partition, 1, "zweiter ä", Cancel);
                }
            }
            var epoch = sequence < Frames / 2 ? 1 : 2;
            await store.AppendAsync(
                new AppendBatch([.. Enumerable.Range(0, Partitions - 1).Select(partition => new JournalAppend(partition, epoch, sequence, At(sequence), Body(partition, sequence)))], [], []), Cancel);
        }
        await store.AppendAsync(
            new AppendBatch(
                [],
                [.. Enumerable.Range(0, 40).Select(i => new SnapshotWrite(i % 4, 2, i == 7 ? "größe/€" : $"g{i}", 1 + i, i % 3 == 0 ? 0 : i, i % 2 == 0, Body(i, i)))],
                [new CheckpointWrite(3, 2, 9, new byte[] { 1, 2 })]),
            Cancel);
        await store.WriteSettingAsync("ack-key", [1, 2, 3], Cancel);
        await store.WriteSettingAsync("leer", [], Cancel);
    }

    private static long At(long sequence) => new DateTime(2026, 3, 1, 0, 0, 0, DateTimeKind.Utc).AddMinutes(20 * sequence).Ticks;

    private static byte[] Body(int partition, long sequence)
    {
        var body = new byte[(partition + (sequence * 13)) % 400];
        new Random((int)sequence + partition).NextBytes(body);
        // Every other one can be packed; some begin as packed ones do.
        return sequence % 2 == 0 ? body : [.. body.Select(b => (byte)(b & 3))];
    }

    private static async Task AssertSameAsync(IStore expected, IStore actual)
    {
        var (left, right) = (await expected.PartitionsAsync(Cancel), await actual.PartitionsAsync(Cancel));
        Assert.Equal(left.Select(Told), right.Select(Told));
        for (var partition = 0; partition < left.Count; partition++)
        {
            Assert.Equal(await FramesAsync(expected, partition), await FramesAsync(actual, partition));
            var (mine, theirs) = (await expected.ReadAllSnapshotsAsync(partition, "", 99, Cancel), await actual.ReadAllSnapshotsAsync(partition, "", 99, Cancel));
            Assert.Equal(mine.Select(Told), theirs.Select(Told));
            Assert.Equal(
                await expected.ReadWakesAsync(partition, long.MaxValue, 99, 0, "", Cancel), await actual.ReadWakesAsync(partition, long.MaxValue, 99, 0, "", Cancel));
        }
        foreach (var setting in new[] { "ack-key", "leer", "none" })
        {
            Assert.Equal(await expected.ReadSettingAsync(setting, Cancel), await actual.ReadSettingAsync(setting, Cancel));
        }

        static string Told(object row) => row switch
        {
            PartitionRow p => string.Create(CultureInfo.InvariantCulture, $"{p.Partition} {p.Epoch} {p.NextSequence} {p.Checkpoint} {Convert.ToHexString(p.Watermarks)} {p.Owner}"),
            SnapshotRow s => string.Create(CultureInfo.InvariantCulture, $"{s.Grain} {s.Sequence} {s.Wake} {s.Flagged} {Convert.ToHexString(s.Body)}"),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    private static async Task<List<string>> FramesAsync(IStore store, int partition)
    {
        var frames = new List<string>();
        await foreach (var frame in store.ReadFramesAsync(partition, 1, long.MaxValue, Cancel))
        {
            frames.Add(string.Create(CultureInfo.InvariantCulture, $"{frame.Sequence} {frame.Epoch} {frame.At} {Convert.ToHexString(frame.Body)}"));
        }
        return frames;
    }

    private static async Task RefusedAsync(string expected, params string[] args)
    {
        var (exit, said) = await RunAsync(args);
        Assert.Equal(4, exit);
        Assert.Contains(expected, said, StringComparison.Ordinal);
    }

    private static async Task<(int Exit, string Said)> RunAsync(params string[] args)
    {
        var said = new StringWriter();
        return (await StoreCommand.RunAsync(args, _ => null, said, said, terminal: false, Cancel), said.ToString());
    }
}
