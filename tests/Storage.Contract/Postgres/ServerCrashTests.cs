using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Journal.Postgres;
using Xunit;

namespace Orchestrator.Storage.Contract.Tests.Postgres;

/// <summary>The server itself ends without a word while silos append, and starts again on what it has.</summary>
public sealed class ServerCrashTests : IDisposable
{
    private const int Partitions = 8;
    private const int Crashes = 4;
    private const int AppendsBetween = 40;

    private readonly PostgresServer _server = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task What_was_acknowledged_is_there_once_however_often_the_server_is_stopped_under_way()
    {
        var place = _server.Place("crashes");
        await using var store = new PostgresStore(place);
        await store.OpenAsync(new StoreCreation(Partitions, "crash"), Cancel);
        var owners = Enumerable.Range(0, Partitions).Select(partition => new Owner(partition)).ToArray();
        foreach (var owner in owners)
        {
            await owner.ResolveAsync(store);
        }
        var unknown = 0;
        for (var crash = 0; crash < Crashes; crash++)
        {
            var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var appending = Task.Run(() => AppendUntilItFailsAsync(store, owners, enough));
            await enough.Task;
            _server.StopImmediately();
            unknown += await appending;
            _server.StartAgain();
            foreach (var owner in owners)
            {
                await owner.ResolveAsync(store);
            }
        }
        Assert.Equal(Crashes, unknown);
        await using var reader = new PostgresStore(place);
        await reader.OpenAsync(new StoreCreation(Partitions, "reader"), Cancel);
        foreach (var owner in owners)
        {
            Assert.True(owner.Acknowledged.Count >= Crashes * AppendsBetween, "too little was written to mean anything");
            var stored = new List<byte[]>();
            await foreach (var frame in reader.ReadFramesAsync(owner.Partition, 1, long.MaxValue, Cancel))
            {
                Assert.Equal(stored.Count + 1, frame.Sequence);
                stored.Add(frame.Body);
            }
            Assert.Equal(owner.Acknowledged, stored);
        }
    }

    private static async Task<int> AppendUntilItFailsAsync(PostgresStore store, Owner[] owners, TaskCompletionSource enough)
    {
        for (var round = 0; ; round++)
        {
            try
            {
                var accepted = await store.AppendAsync(new AppendBatch([.. owners.Select(owner => owner.Next())], [], []), CancellationToken.None);
                Assert.All(accepted, Assert.True);
            }
            catch (Exception e) when (e is Npgsql.NpgsqlException or TimeoutException)
            {
                enough.TrySetResult();
                return 1;
            }
            foreach (var owner in owners)
            {
                owner.Acknowledge();
            }
            if (round == AppendsBetween)
            {
                enough.TrySetResult();
            }
        }
    }

    /// <summary>A partition's writer, reduced to what it must remember.</summary>
    private sealed class Owner(int partition)
    {
        private long _epoch;
        private JournalAppend? _underWay;

        public int Partition => partition;

        public List<byte[]> Acknowledged { get; } = [];

        public JournalAppend Next()
        {
            var body = new byte[100 + (Acknowledged.Count % 300)];
            new Random((partition * 100_000) + Acknowledged.Count).NextBytes(body);
            return (_underWay = new JournalAppend(partition, _epoch, Acknowledged.Count + 1, 7, body)).Value;
        }

        public void Acknowledge()
        {
            Acknowledged.Add(_underWay!.Value.Body.ToArray());
            _underWay = null;
        }

        /// <summary>Takes the next epoch and sees what became of the frame that was under way.</summary>
        public async Task ResolveAsync(PostgresStore store)
        {
            while (true)
            {
                try
                {
                    if (await store.TakeOverAsync(partition, _epoch, "crash", Cancel) is not { } row)
                    {
                        _epoch = (await store.PartitionsAsync(Cancel))[partition].Epoch;
                        continue;
                    }
                    _epoch = row.Epoch;
                    if (row.NextSequence == Acknowledged.Count + 2)
                    {
                        Acknowledge();
                    }
                    _underWay = null;
                    Assert.Equal(Acknowledged.Count + 1, row.NextSequence);
                    return;
                }
                catch (Exception e) when (e is Npgsql.NpgsqlException or TimeoutException)
                {
                    await Task.Yield();
                }
            }
        }
    }
}
