namespace Orchestrator.Client;

/// <summary>Remembers what a source threw, to tell its faults from the transport's.</summary>
sealed class Watched<T>(IAsyncEnumerator<T> source) : IAsyncEnumerator<T>
{
    public Exception? Fault { get; private set; }

    public T Current => source.Current;

    public ValueTask DisposeAsync() => source.DisposeAsync();

    public ValueTask<bool> MoveNextAsync()
    {
        var move = source.MoveNextAsync();
        return move.IsCompletedSuccessfully ? move : WatchAsync(move);
    }

    async ValueTask<bool> WatchAsync(ValueTask<bool> move)
    {
        try
        {
            return await move.ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            Fault = fault;
            throw;
        }
    }
}
