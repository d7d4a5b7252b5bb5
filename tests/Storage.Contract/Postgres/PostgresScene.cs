using Npgsql;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Journal.Postgres;
using Xunit;

namespace Orchestrator.Storage.Contract.Tests.Postgres;

/// <summary>Two silos on one schema, and sessions of a third party that holds rows as long as the test likes.</summary>
public abstract class PostgresScene(PostgresServer server) : IAsyncLifetime
{
    protected static readonly byte[] Theirs = [1, 2, 3];

    private readonly List<IAsyncDisposable> _opened = [];

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected PostgresServer Server => server;

    protected string Place { get; } = server.NewPlace();

    /// <summary>Owns partitions 0 to 3 under epoch 1.</summary>
    protected PostgresStore Old { get; private set; } = null!;

    /// <summary>Owns nothing yet.</summary>
    protected PostgresStore Successor { get; private set; } = null!;

    public virtual async ValueTask InitializeAsync()
    {
        Old = await OpenAsync(Place);
        Successor = await OpenAsync(Place);
        for (var partition = 0; partition < 4; partition++)
        {
            Assert.NotNull(await Old.TakeOverAsync(partition, 0, "old", Cancel));
        }
    }

    public virtual async ValueTask DisposeAsync()
    {
        foreach (var opened in Enumerable.Reverse(_opened))
        {
            await opened.DisposeAsync();
        }
        GC.SuppressFinalize(this);
    }

    protected async Task<PostgresStore> OpenAsync(string place)
    {
        var store = Kept(new PostgresStore(place));
        await store.OpenAsync(new StoreCreation(4, "scene"), Cancel);
        return store;
    }

    protected T Kept<T>(T opened) where T : IAsyncDisposable
    {
        _opened.Add(opened);
        return opened;
    }

    protected async Task<Session> SessionAsync() => Kept(new Session(await PostgresServer.SessionAsync(Place)));

    protected static JournalAppend Frame(int partition, long epoch, long sequence, byte[]? body = null) => new(partition, epoch, sequence, At: 7, body ?? Theirs);

    protected static Task<bool[]> AppendAsync(PostgresStore store, params JournalAppend[] frames) => store.AppendAsync(new AppendBatch(frames, [], []), CancellationToken.None);

    protected static bool[] Answers(params bool[] accepted) => accepted;

    /// <summary>All frames of a partition as they lie in the tables, whatever the store says of them.</summary>
    protected async Task<List<(long Sequence, long Epoch, byte[] Body)>> LyingAsync(int partition)
    {
        await using var session = await PostgresServer.SessionAsync(Place);
        using var command = new NpgsqlCommand("SELECT sequence, epoch, body FROM journal WHERE partition = $1 ORDER BY sequence", session) { Parameters = { new() { Value = partition } } };
        await using var rows = await command.ExecuteReaderAsync(Cancel);
        var frames = new List<(long, long, byte[])>();
        while (await rows.ReadAsync(Cancel))
        {
            frames.Add((rows.GetInt64(0), rows.GetInt64(1), rows.GetFieldValue<byte[]>(2)));
        }
        return frames;
    }

    protected async Task<List<JournalFrame>> TailAsync(IStore store, int partition)
    {
        var frames = new List<JournalFrame>();
        await foreach (var frame in store.ReadFramesAsync(partition, 1, long.MaxValue, Cancel))
        {
            frames.Add(frame);
        }
        return frames;
    }

    /// <summary>Finds out under the next epoch what became of an append, the way a partition does: as often as it takes, and never by sending it again.</summary>
    protected static async Task<PartitionRow> ResolveAsync(PostgresStore store, int partition, long epoch, string owner)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                if (await store.TakeOverAsync(partition, epoch, owner, Cancel) is { } row)
                {
                    return row;
                }
                var now = (await store.PartitionsAsync(Cancel))[partition];
                Assert.Equal(owner, now.Owner);
                epoch = now.Epoch;
            }
            catch (Exception e) when (attempt < 1_000 && e is NpgsqlException or TimeoutException)
            {
                await Task.Yield();
            }
        }
    }

    /// <summary>Waits until the session that appends for the old owner waits for a row.</summary>
    protected Task UntilTheAppendWaitsAsync() => UntilAsync(
        "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid IN (SELECT backend FROM fence) AND wait_event_type = 'Lock')");

    protected async Task UntilAsync(string sql)
    {
        var patience = DateTime.UtcNow.AddSeconds(60);
        while (await PostgresServer.AskAsync(Place, sql) is not true)
        {
            Assert.True(DateTime.UtcNow < patience, $"still not so after a minute: {sql}");
        }
    }

    /// <summary>A session of a test, statement by statement.</summary>
    protected sealed class Session(NpgsqlConnection connection) : IAsyncDisposable
    {
        public async Task<int> DoAsync(string sql)
        {
            using var command = new NpgsqlCommand(sql, connection);
            return await command.ExecuteNonQueryAsync(Cancel);
        }

        public async Task<object?> AskAsync(string sql)
        {
            using var command = new NpgsqlCommand(sql, connection);
            return await command.ExecuteScalarAsync(Cancel);
        }

        public ValueTask DisposeAsync() => connection.DisposeAsync();
    }
}
