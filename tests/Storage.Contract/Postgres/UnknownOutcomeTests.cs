using System.Globalization;
using Npgsql;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Journal.Postgres;
using Xunit;

namespace Orchestrator.Storage.Contract.Tests.Postgres;

/// <summary>A session that dies with a commit under way: what is left is either all or nothing, the store never says which by itself, and the next epoch finds out.</summary>
public sealed class UnknownOutcomeTests(PostgresServer server) : PostgresScene(server)
{
    private CuttingProxy _proxy = null!;
    private PostgresStore _far = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _proxy = Kept(new CuttingProxy(Server.Port));
        _far = await OpenAsync(Place.Replace($"Port={Server.Port}", string.Create(CultureInfo.InvariantCulture, $"Port={_proxy.Port}"), StringComparison.Ordinal));
        for (var partition = 0; partition < 4; partition++)
        {
            Assert.NotNull(await _far.TakeOverAsync(partition, 1, "far", Cancel));
        }
        Assert.Equal(Answers(true, true), await AppendAsync(_far, Frame(0, 2, 1), Frame(1, 2, 1)));
    }

    [Theory]
    [InlineData(CuttingProxy.Cut.BeforeTheRequest, false)]
    [InlineData(CuttingProxy.Cut.BeforeTheAnswer, true)]
    public async Task An_append_that_is_cut_off_is_unknown_and_the_next_epoch_tells_what_became_of_it(CuttingProxy.Cut where, bool written)
    {
        _proxy.Arm(where);
        await UnknownAsync(AppendAsync(_far, Frame(0, 2, 2, [42]), Frame(1, 2, 2, [43])));
        foreach (var (partition, body) in new[] { (0, 42), (1, 43) })
        {
            var row = await ResolveAsync(_far, partition, 2, "far");
            Assert.Equal(written ? 3 : 2, row.NextSequence);
            var there = (await _far.ReadFramesAsync(partition, [2], Cancel))[0];
            Assert.Equal(written ? [(byte)body] : null, there?.Body);
            Assert.Equal(Answers(true), await AppendAsync(_far, Frame(partition, row.Epoch, row.NextSequence)));
        }
    }

    [Fact]
    public async Task Planted_a_retry_that_takes_the_next_sequence_doubles_what_a_lost_answer_had_committed()
    {
        var silo = await SessionAsync();
        await silo.DoAsync("UPDATE fence SET epoch = 1, next_sequence = 2 WHERE partition = 0; CREATE TABLE journal_0x PARTITION OF journal FOR VALUES FROM (-9) TO (0)");
        var planted = PlantedChecks.WithoutSequence.Replace("segment = 0", "segment = -1", StringComparison.Ordinal).Replace("7, 0, 0, 0,", "7, 0, -1, 0,", StringComparison.Ordinal);
        // Committed; the answer is lost; the silo does it again.
        await silo.DoAsync(planted);
        await silo.DoAsync(planted);
        Assert.Equal(2, (await LyingAsync(0)).Count(frame => frame.Sequence > 1 && frame.Body.AsSpan().SequenceEqual(Theirs)));
    }

    [Fact]
    public async Task Planted_a_blind_retry_hears_refused_of_a_frame_that_is_durable()
    {
        _proxy.Arm(CuttingProxy.Cut.BeforeTheAnswer);
        await UnknownAsync(AppendAsync(_far, Frame(0, 2, 2, [42])));
        // Whoever believes this answer tells its caller that nothing happened.
        Assert.Equal(Answers(false), await AppendAsync(_far, Frame(0, 2, 2, [42])));
        Assert.Equal([42], (await LyingAsync(0)).Single(frame => frame.Sequence == 2).Body);
    }

    [Fact]
    public async Task A_retry_of_the_same_frames_is_never_written_twice()
    {
        _proxy.Arm(CuttingProxy.Cut.BeforeTheAnswer);
        await UnknownAsync(AppendAsync(_far, Frame(0, 2, 2), Frame(1, 2, 2)));
        Assert.Equal(Answers(false, false), await AppendAsync(_far, Frame(0, 2, 2), Frame(1, 2, 2)));
        Assert.Equal(2, (await LyingAsync(0)).Count);
    }

    [Fact]
    public async Task A_statement_that_outlives_its_client_is_stopped_by_the_next_epoch_or_seen_by_it()
    {
        var holding = await SessionAsync();
        await holding.DoAsync("BEGIN; SELECT 1 FROM fence WHERE partition = 0 FOR UPDATE");
        var appending = AppendAsync(_far, Frame(0, 2, 2, [42]));
        await UntilTheAppendWaitsAsync();
        _proxy.CutNow();
        await UnknownAsync(appending);
        var taking = Successor.TakeOverAsync(0, 2, "successor", Cancel);
        await holding.DoAsync("COMMIT");
        // Either the orphan was first in the line and its frame is below our first sequence, or it finds the new epoch. It cannot come later.
        var row = (await taking)!;
        await UntilAsync("SELECT NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid IN (SELECT backend FROM fence) AND wait_event_type = 'Lock')");
        Assert.Equal(row.NextSequence - 1, (await LyingAsync(0)).Count);
        Assert.Equal(Answers(true), await AppendAsync(Successor, Frame(0, row.Epoch, row.NextSequence, [77])));
        Assert.Equal(row.NextSequence, (await LyingAsync(0)).Count);
    }

    [Fact]
    public async Task A_backend_that_is_ended_before_its_commit_has_written_nothing()
    {
        var holding = await SessionAsync();
        await holding.DoAsync("BEGIN; SELECT 1 FROM fence WHERE partition = 1 FOR UPDATE");
        var appending = AppendAsync(_far, Frame(0, 2, 2), Frame(1, 2, 2));
        await UntilTheAppendWaitsAsync();
        Assert.Equal(true, await holding.AskAsync("SELECT pg_terminate_backend(backend) FROM fence WHERE partition = 0"));
        await UnknownAsync(appending);
        await holding.DoAsync("COMMIT");
        foreach (var partition in new[] { 0, 1 })
        {
            Assert.Equal(2, (await ResolveAsync(_far, partition, 2, "far")).NextSequence);
            Assert.Single(await LyingAsync(partition));
        }
    }

    [Fact]
    public async Task A_successor_ends_the_session_of_an_owner_that_sits_on_its_row()
    {
        var holding = await SessionAsync();
        await holding.DoAsync("BEGIN; SELECT 1 FROM fence WHERE partition = 3 FOR UPDATE");
        // It has the row of partition 0 and will wait for that of 3 until somebody helps.
        var stuck = AppendAsync(_far, Frame(0, 2, 2), Frame(3, 2, 1));
        await UntilTheAppendWaitsAsync();
        var row = await Successor.TakeOverAsync(0, 2, "successor", Cancel);
        Assert.Equal((3L, 2L), (row!.Epoch, row.NextSequence));
        await UnknownAsync(stuck);
        Assert.Single(await LyingAsync(0));
        await holding.DoAsync("COMMIT");
        Assert.Empty(await LyingAsync(3));
    }

    [Fact]
    public async Task A_session_that_only_has_the_number_of_the_owners_is_left_alone()
    {
        var bystander = await SessionAsync();
        await bystander.DoAsync("UPDATE fence SET backend = pg_backend_pid(), backend_start = clock_timestamp() - interval '1 day' WHERE partition = 0; BEGIN; SELECT 1 FROM fence WHERE partition = 0 FOR UPDATE");
        await Assert.ThrowsAsync<PostgresException>(() => Successor.TakeOverAsync(0, 2, "successor", Cancel));
        await bystander.DoAsync("COMMIT");
        Assert.Equal(3, (await Successor.TakeOverAsync(0, 2, "successor", Cancel))!.Epoch);
    }

    [Fact]
    public async Task A_commit_that_the_server_warns_about_is_unknown_not_acknowledged()
    {
        var meddling = await SessionAsync();
        await meddling.DoAsync(
            """
            CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING 'canceling wait for synchronous replication'; RETURN NEW; END $$;
            CREATE TRIGGER warn BEFORE INSERT ON journal FOR EACH ROW EXECUTE FUNCTION warn()
            """);
        var unknown = await Assert.ThrowsAsync<TimeoutException>(() => AppendAsync(_far, Frame(0, 2, 2)));
        Assert.Contains("canceling wait for synchronous replication", unknown.Message, StringComparison.Ordinal);
        Assert.Equal(3, (await ResolveAsync(_far, 0, 2, "far")).NextSequence);
    }

    private static async Task UnknownAsync(Task<bool[]> appending)
    {
        var unknown = await Assert.ThrowsAnyAsync<Exception>(() => appending);
        Assert.False(unknown is ArgumentException or StoreFullException or StoreFailedException or OperationCanceledException, unknown.ToString());
    }
}
