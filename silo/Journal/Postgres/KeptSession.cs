using Npgsql;

namespace Orchestrator.Silo.Journal.Postgres;

/// <summary>
/// A session that is used by one call at a time, opened when it is first needed and thrown away after any failure that may have left a statement under way.
/// Nothing is ever tried again here: only the caller knows how to ask what became of a statement.
/// </summary>
/// <remarks>Members may be called from any thread.</remarks>
/// <param name="isOpen">The client's own idea of it: some errors of the server (no space, no memory) make it close a session too.</param>
internal sealed class KeptSession<T>(Func<CancellationToken, Task<T>> open, Func<T, bool> isOpen) : IAsyncDisposable
    where T : class, IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private volatile T? _session;
    private bool _closed;

    /// <summary>The session as it is now, if there is one; somebody may be using it.</summary>
    public T? Current => _session;

    /// <param name="work">Must not be cancelled once it has begun.</param>
    /// <param name="cancel">Ends the wait for the session, not the work.</param>
    public async Task<TResult> UseAsync<TResult>(Func<T, Task<TResult>> work, CancellationToken cancel)
    {
        await _gate.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            _session ??= await open(cancel).ConfigureAwait(false);
            cancel.ThrowIfCancellationRequested();
            return await work(_session).ConfigureAwait(false);
        }
        catch (Exception e) when (_session is { } used && !(IsAnswered(e) && isOpen(used)))
        {
            await DropAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Waits for the call under way and closes the session for good.</summary>
    public async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync().ConfigureAwait(false);
        _closed = true;
        await DropAsync().ConfigureAwait(false);
        _gate.Release();
    }

    /// <summary>The server has ended the statement itself and the session goes on; or the caller gave up before it began.</summary>
    private static bool IsAnswered(Exception e) => e is PostgresException { InvariantSeverity: "ERROR" } or OperationCanceledException;

    private async Task DropAsync()
    {
        if (_session is { } session)
        {
            _session = null;
            await session.DisposeAsync().ConfigureAwait(false);
        }
    }
}
