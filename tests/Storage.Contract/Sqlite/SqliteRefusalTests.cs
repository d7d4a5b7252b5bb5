using Orchestrator.Silo.Journal;
using Xunit;

namespace Orchestrator.Storage.Contract.Tests.Sqlite;

/// <summary>Stores that this process may not use, and what the message says.</summary>
public sealed class SqliteRefusalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    private async Task<SqliteStore> OpenAsync()
    {
        var store = new SqliteStore(_folder.File, TimeProvider.System);
        try
        {
            await store.OpenAsync(new StoreCreation(4, "silo one"), Cancel);
            return store;
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    [Fact]
    public async Task A_second_silo_in_the_same_process_is_refused_and_told_who_holds_the_store()
    {
        await using (await OpenAsync())
        {
            var refused = await Assert.ThrowsAsync<StoreRefusedException>(OpenAsync);
            Assert.Contains(_folder.File, refused.Message, StringComparison.Ordinal);
            Assert.Contains($"process {Environment.ProcessId}, `silo one`", refused.Message, StringComparison.Ordinal);
        }
        await (await OpenAsync()).DisposeAsync();
    }

    [Fact]
    public async Task A_second_silo_through_a_link_to_the_same_file_is_refused()
    {
        await using var first = await OpenAsync();
        var link = Path.Combine(_folder.Path, "other.db");
        File.CreateSymbolicLink(link, _folder.File);
        await using var second = new SqliteStore(link, TimeProvider.System);
        await Assert.ThrowsAsync<StoreRefusedException>(() => second.OpenAsync(new StoreCreation(4, "two"), Cancel));
    }

    [Fact]
    public async Task Another_process_holds_the_store_until_it_is_killed()
    {
        using var child = ChildProcess.Start(_folder.File);
        Assert.Equal("ready", await child.Output.ReadLineAsync(Cancel));
        var refused = await Assert.ThrowsAsync<StoreRefusedException>(OpenAsync);
        Assert.Contains($"process {child.Id}, `child`", refused.Message, StringComparison.Ordinal);
        await child.KillAsync(Cancel);
        await (await OpenAsync()).DisposeAsync();
    }

    [Fact]
    public async Task A_store_of_a_newer_format_is_refused()
    {
        await (await OpenAsync()).DisposeAsync();
        Execute("UPDATE description SET format = 3");
        var refused = await Assert.ThrowsAsync<StoreRefusedException>(OpenAsync);
        Assert.Contains("has format 3, made by a newer version; this one reads up to 2", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_of_another_program_is_refused_and_left_alone()
    {
        Execute("CREATE TABLE theirs(x); PRAGMA application_id = 7");
        var refused = await Assert.ThrowsAsync<StoreRefusedException>(OpenAsync);
        Assert.Contains("another program", refused.Message, StringComparison.Ordinal);
        Execute("SELECT x FROM theirs");
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_reported()
    {
        await File.WriteAllTextAsync(_folder.File, new string('x', 5_000), Cancel);
        await Assert.ThrowsAsync<StoreCorruptException>(OpenAsync);
    }

    [Fact]
    public async Task An_older_copy_put_in_place_is_refused_until_its_incarnation_is_raised()
    {
        await (await OpenAsync()).DisposeAsync();
        File.Copy(_folder.File, _folder.File + ".backup");
        await using (var store = await OpenAsync())
        {
            await store.TakeOverAsync(0, 0, "silo one", Cancel);
        }
        File.Copy(_folder.File + ".backup", _folder.File, overwrite: true);
        var refused = await Assert.ThrowsAsync<StoreRefusedException>(OpenAsync);
        Assert.Contains("older copy", refused.Message, StringComparison.Ordinal);
        Execute("UPDATE description SET incarnation = incarnation + 1");
        await using var restored = new SqliteStore(_folder.File, TimeProvider.System);
        Assert.Equal(2, (await restored.OpenAsync(new StoreCreation(4, "x"), Cancel)).Incarnation);
    }

    [Theory]
    [InlineData("/data/store.db", null)]
    [InlineData("/mnt/share/store.db", "nfs4")]
    [InlineData("/mnt/shared/store.db", null)]
    [InlineData("/mnt/share/local/store.db", null)]
    [InlineData("/mnt/my disk/a/store.db", "cifs")]
    [InlineData("/home/me/remote/store.db", "fuse.sshfs")]
    public void A_network_file_system_is_told_from_a_local_one_by_the_longest_mount_point(string path, string? type)
    {
        string[] mounts =
        [
            "/dev/sda1 / ext4 rw,relatime 0 0",
            "server:/export /mnt/share nfs4 rw,vers=4.2 0 0",
            "/dev/sdb1 /mnt/share/local xfs rw 0 0",
            @"//nas/disk /mnt/my\040disk cifs rw 0 0",
            "me@host:/ /home/me/remote fuse.sshfs rw 0 0",
        ];
        Assert.Equal(type, MountTable.NetworkTypeOf(path, mounts));
    }

    [Fact]
    public async Task The_files_of_a_store_are_readable_by_their_user_only()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Unix file modes");
            return;
        }
        await using (await OpenAsync())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder.File));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder.File + "-wal"));
        }
    }

    [Fact]
    public async Task A_folder_that_does_not_exist_is_named()
    {
        await using var store = new SqliteStore(Path.Combine(_folder.Path, "none", "store.db"), TimeProvider.System);
        var refused = await Assert.ThrowsAsync<StoreRefusedException>(() => store.OpenAsync(new StoreCreation(4, "x"), Cancel));
        Assert.Contains("does not exist", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void This_machine_can_tell_where_its_temporary_folder_lies() => Assert.Null(MountTable.NetworkTypeOf(_folder.File));

    private void Execute(string sql) => RawSqlite.Execute(_folder.File, sql);
}
