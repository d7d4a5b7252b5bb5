using Orchestrator.Silo.Journal;

namespace Orchestrator.Simulation.Store;

/// <summary>
/// One statement of a client. It looks and decides under its row locks (<see cref="Check"/>), and what it decided is there for everybody when it commits
/// (<see cref="Apply"/>), with its locks held in between: that is all that the fence needs of a database.
/// </summary>
/// <param name="Kind">For the trace.</param>
/// <param name="Partitions">Rows that it locks, ascending; none for a read.</param>
/// <param name="Check">What it decides.</param>
/// <param name="Apply">What it does, and what it answers.</param>
internal sealed record StoreCall<T>(string Kind, int[] Partitions, Action Check, Func<T> Apply)
{
    /// <summary>What it will answer, known before it commits; null if it is not.</summary>
    public Func<T>? Early { get; init; }

    public bool Writes => Kind is "append" or "take-over" or "setting" or "renew";
}

/// <summary>How a statement gets from a client to the store and its answer back.</summary>
internal interface IStoreTransport
{
    Task<T> CallAsync<T>(StoreCall<T> call);
}

/// <summary>At once and without faults: for the contract suite, whose clients are real threads.</summary>
internal sealed class DirectTransport(StoreModel model) : IStoreTransport
{
    public Task<T> CallAsync<T>(StoreCall<T> call)
    {
        lock (model)
        {
            try
            {
                call.Check();
                return Task.FromResult(call.Apply());
            }
            catch (Exception e) when (e is StoreRefusedException or StoreCorruptException or ArgumentException)
            {
                return Task.FromException<T>(e);
            }
        }
    }
}
