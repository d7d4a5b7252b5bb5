using Npgsql;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Journal.Postgres;
using Xunit;

namespace Orchestrator.Storage.Contract.Tests.Postgres;

/// <summary>Servers and schemas that this process may not use, failures that it must tell apart, and what the messages say.</summary>
public sealed class PostgresRefusalTests(PostgresServer server) : PostgresScene(server)
{
    [Fact]
    public async Task A_schema_of_a_newer_version_is_refused()
    {
        await PostgresServer.AskAsync(Place, "INSERT INTO migration(version) VALUES (1000)");
        await RefusedAsync(Place, "has version 1000, made by a newer version of this program; this one reads up to");
    }

    [Fact]
    public async Task A_schema_with_tables_of_another_program_is_refused_and_left_alone()
    {
        var place = Server.NewPlace();
        var schema = new NpgsqlConnectionStringBuilder(place).SearchPath;
        await PostgresServer.AskAsync(place, $"CREATE SCHEMA {schema}; CREATE TABLE {schema}.theirs(x int)");
        await RefusedAsync(place, "has a table `theirs` but no store");
        Assert.Equal(1L, await PostgresServer.AskAsync(place, $"SELECT count(*) FROM pg_class WHERE relnamespace = '{schema}'::regnamespace AND relkind = 'r'"));
    }

    [Fact]
    public async Task Silos_that_start_at_the_same_time_make_one_store()
    {
        var place = Server.NewPlace();
        var opened = await Task.WhenAll(Enumerable.Range(0, 6).Select(async i =>
        {
            await using var store = new PostgresStore(place);
            return await store.OpenAsync(new StoreCreation(i + 1, "scene"), Cancel);
        }));
        Assert.Single(opened, store => store.Created);
        Assert.Single(opened.Select(store => store.Partitions).Distinct());
    }

    [Theory]
    [InlineData("fsync = off", "-c fsync=off")]
    [InlineData("full_page_writes = off", "-c full_page_writes=off")]
    public async Task A_server_that_may_lose_what_it_acknowledged_is_refused(string expected, string settings)
    {
        using var careless = new PostgresServer(settings);
        await RefusedAsync(careless.Place("s"), expected);
    }

    [Fact]
    public async Task Careless_options_of_a_user_or_a_role_do_not_take_durability_away()
    {
        await using var store = new PostgresStore(Place + ";Options=-c synchronous_commit=off -c default_transaction_isolation=serializable");
        await store.OpenAsync(new StoreCreation(4, "x"), Cancel);
        await store.TakeOverAsync(0, 1, "careful", Cancel);
        Assert.Equal(Answers(true), await AppendAsync(store, Frame(0, 2, 1)));
    }

    [Theory]
    [InlineData(14, "on", "on", "on", "UTF8", false, "has version 14, expected 15 or later")]
    [InlineData(15, "on", "on", "local", "UTF8", false, "`synchronous_commit = local` although `on` was asked for")]
    [InlineData(15, "on", "on", "on", "SQL_ASCII", false, "encoding `SQL_ASCII`, expected `UTF8`")]
    [InlineData(16, "on", "on", "on", "UTF8", true, "is a standby, expected the primary")]
    public void A_server_that_does_not_fit_is_named_with_what_was_expected(int version, string fsync, string pages, string commit, string encoding, bool standby, string expected) =>
        Assert.Contains(expected, Assert.Throws<StoreRefusedException>(() => PostgresSession.Refuse("db:5432/x", version, fsync, pages, commit, encoding, standby)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("Host=db;Nonsense=1", "cannot be understood")]
    [InlineData("Host=db;Search Path=a,b", "the search path is `a,b`, expected one schema")]
    public void A_connection_string_that_cannot_be_used_is_refused(string connection, string expected) =>
        Assert.Contains(expected, Assert.Throws<StoreRefusedException>(() => new PostgresStore(connection)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_server_that_is_not_there_is_named_without_the_password()
    {
        await using var store = new PostgresStore("Host=127.0.0.1;Port=1;Username=u;Password=hidden;Database=d");
        var refused = await Assert.ThrowsAsync<StoreRefusedException>(() => store.OpenAsync(new StoreCreation(4, "x"), Cancel));
        Assert.Contains("127.0.0.1:1/d", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", refused.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("UPDATE fence SET epoch = 0 WHERE partition = 1")]
    [InlineData("UPDATE fence SET next_sequence = 1, segment_from = 1 WHERE partition = 1")]
    public async Task A_store_that_went_back_ends_the_silo_that_had_seen_it_further(string restore)
    {
        await AppendAsync(Old, Frame(1, 1, 1));
        await PostgresServer.AskAsync(Place, restore);
        var failed = await Assert.ThrowsAsync<StoreFailedException>(() => Old.PartitionsAsync(Cancel));
        Assert.Contains("partition 1", failed.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<StoreFailedException>(() => AppendAsync(Old, Frame(0, 1, 1)));
    }

    [Fact]
    public async Task A_store_with_another_incarnation_ends_the_silo_at_its_next_session()
    {
        await PostgresServer.AskAsync(Place, "UPDATE store SET incarnation = 2");
        await PostgresServer.AskAsync(Place, "SELECT pg_terminate_backend(backend) FROM fence WHERE partition = 0");
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => AppendAsync(Old, Frame(0, 1, 1)));
        var failed = await Assert.ThrowsAsync<StoreFailedException>(() => AppendAsync(Old, Frame(0, 1, 1)));
        Assert.Contains("has the incarnation 2 and had 1", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_disk_writes_nothing_and_the_store_goes_on_when_there_is_space()
    {
        await AppendAsync(Old, Frame(0, 1, 1));
        var filling = await SessionAsync();
        await filling.DoAsync(
            """
            CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$;
            CREATE TRIGGER full_disk BEFORE INSERT ON journal FOR EACH ROW WHEN (NEW.partition = 1) EXECUTE FUNCTION full_disk()
            """);
        await Assert.ThrowsAsync<StoreFullException>(() => AppendAsync(Old, Frame(0, 1, 2), Frame(1, 1, 1)));
        Assert.Single(await LyingAsync(0));
        await filling.DoAsync("DROP TRIGGER full_disk ON journal");
        Assert.Equal(Answers(true, true), await AppendAsync(Old, Frame(0, 1, 2), Frame(1, 1, 1)));
    }

    [Fact]
    public async Task Damaged_frames_snapshots_and_checkpoints_are_found_and_named()
    {
        await Old.AppendAsync(new AppendBatch([Frame(0, 1, 1)], [new SnapshotWrite(0, 1, "a", 1, 0, false, Theirs)], [new CheckpointWrite(0, 1, 1, Theirs)]), Cancel);
        foreach (var (damage, expected) in new[]
        {
            ("UPDATE journal SET body = '\\x01ff03'", "frame of partition 0 with sequence 1 is damaged"),
            ("DELETE FROM journal", "frame of partition 0 with sequence 1 is missing"),
        })
        {
            await PostgresServer.AskAsync(Place, damage);
            Assert.Contains(expected, (await Assert.ThrowsAsync<StoreCorruptException>(() => TailAsync(Old, 0))).Message, StringComparison.Ordinal);
            Assert.Contains(expected, (await Assert.ThrowsAsync<StoreCorruptException>(() => Old.ReadFramesAsync(0, [1], Cancel))).Message, StringComparison.Ordinal);
        }
        await PostgresServer.AskAsync(Place, "UPDATE snapshot SET wake = 5");
        Assert.Contains("snapshot of grain `a`", (await Assert.ThrowsAsync<StoreCorruptException>(() => Old.ReadSnapshotsAsync(0, ["a"], Cancel))).Message, StringComparison.Ordinal);
        await PostgresServer.AskAsync(Place, "UPDATE checkpoint SET sequence = 0 WHERE partition = 0");
        Assert.Contains("checkpoint of partition 0", (await Assert.ThrowsAsync<StoreCorruptException>(() => Old.PartitionsAsync(Cancel))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_grain_twice_in_a_batch_keeps_its_newest_snapshot()
    {
        await AppendAsync(Old, Frame(0, 1, 1));
        await AppendAsync(Old, Frame(0, 1, 2));
        SnapshotWrite Of(long sequence, byte body) => new(0, 1, "a", sequence, 0, false, new[] { body });
        await Old.AppendAsync(new AppendBatch([], [Of(1, 10), Of(2, 20), Of(3, 30)], [new CheckpointWrite(0, 1, 2, Theirs), new CheckpointWrite(0, 1, 1, default)]), Cancel);
        var row = (await Old.ReadSnapshotsAsync(0, ["a"], Cancel))[0];
        Assert.Equal((2L, 20), (row!.Sequence, row.Body[0]));
        Assert.Equal(2, (await Old.PartitionsAsync(Cancel))[0].Checkpoint);
    }

    private static async Task RefusedAsync(string place, string expected)
    {
        await using var store = new PostgresStore(place);
        var refused = await Assert.ThrowsAsync<StoreRefusedException>(() => store.OpenAsync(new StoreCreation(4, "x"), Cancel));
        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
    }
}
