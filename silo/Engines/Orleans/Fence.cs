using Npgsql;
using Orchestrator.Silo.Journal.Postgres;

namespace Orchestrator.Silo.Engines.Orleans;

/// <summary>
/// The epochs of partitions as the store has them now. Orleans keeps no lease that a silo could trust by its own clock, so a read of memory is only answered once the store has said, after the
/// memory was read, that the epoch is still the same: nobody can have written in between.
/// </summary>
/// <remarks>Members may be called from any thread. Those who ask while a question is under way share the next one, so that reads cost the database one statement at a time however many they are.</remarks>
internal sealed class Fence(string connection) : IAsyncDisposable
{
    private static readonly TimeSpan CallTime = TimeSpan.FromSeconds(4);

    private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(new PostgresSettings(connection).For("reads", 1, CallTime));
    private readonly Lock _gate = new();
    private TaskCompletionSource<Dictionary<int, Ownership>>? _next;
    private HashSet<int> _wanted = [];
    private bool _asking;

    /// <summary>The partition's epoch and its owner at some moment after this call.</summary>
    public async Task<Ownership> AskAsync(int partition, CancellationToken cancel)
    {
        Task<Dictionary<int, Ownership>> answer;
        lock (_gate)
        {
            _next ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            _wanted.Add(partition);
            answer = _next.Task;
            if (!_asking)
            {
                _asking = true;
                _ = Task.Run(AnswerAsync, CancellationToken.None);
            }
        }

        return (await answer.WaitAsync(cancel)).TryGetValue(partition, out var row) ? row : throw new InvalidOperationException($"the store has no partition {partition}");
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private async Task AnswerAsync()
    {
        while (true)
        {
            TaskCompletionSource<Dictionary<int, Ownership>> asked;
            int[] wanted;
            lock (_gate)
            {
                if (_next is null)
                {
                    _asking = false;
                    return;
                }

                (asked, _next) = (_next, null);
                (wanted, _wanted) = ([.. _wanted], []);
            }

            try
            {
                asked.SetResult(await RowsAsync(wanted));
            }
#pragma warning disable CA1031 // Whatever the store's client throws is the answer of those who asked.
            catch (Exception fault)
#pragma warning restore CA1031
            {
                asked.SetException(fault);
            }
        }
    }

    private async Task<Dictionary<int, Ownership>> RowsAsync(int[] partitions)
    {
        await using var command = _source.CreateCommand("SELECT partition, epoch, owner FROM fence WHERE partition = ANY($1)");
        command.Parameters.Add(new NpgsqlParameter { Value = partitions });
        await using var rows = await command.ExecuteReaderAsync();
        var found = new Dictionary<int, Ownership>(partitions.Length);
        while (await rows.ReadAsync())
        {
            found[rows.GetInt32(0)] = new Ownership(rows.GetInt32(0), rows.GetInt64(1), rows.GetString(2));
        }

        return found;
    }
}
