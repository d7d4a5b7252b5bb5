using System.Collections.Concurrent;

namespace Orchestrator.Silo.Journal;

/// <summary>A few reading connections, so that reads run beside the writer and beside each other. A read runs on its caller's thread.</summary>
internal sealed class ReaderPool : IDisposable
{
    private readonly ConcurrentBag<StoreReader> _idle = [];
    private readonly SemaphoreSlim _free;
    private readonly int _size;

    public ReaderPool(int size, Func<StoreReader> open)
    {
        _size = size;
        _free = new SemaphoreSlim(size);
        for (var i = 0; i < size; i++)
        {
            _idle.Add(open());
        }
    }

    public async Task<T> ReadAsync<T>(Func<StoreReader, T> read, CancellationToken cancel)
    {
        await _free.WaitAsync(cancel).ConfigureAwait(false);
        StoreReader? reader = null;
        try
        {
            return _idle.TryTake(out reader) ? read(reader) : throw new ObjectDisposedException(nameof(SqliteStore), "the store is closed");
        }
        catch (SqliteFailure e) when (e.IsCorrupt)
        {
            throw new StoreCorruptException($"the store's pages are damaged: {e.Message}");
        }
        catch (SqliteFailure e)
        {
            throw new IOException($"the store could not be read: {e.Message}", e);
        }
        finally
        {
            if (reader is not null)
            {
                _idle.Add(reader);
            }
            _free.Release();
        }
    }

    /// <summary>Waits for the reads that are under way and closes the connections.</summary>
    public void Dispose()
    {
        for (var i = 0; i < _size; i++)
        {
            _free.Wait();
        }
        while (_idle.TryTake(out var reader))
        {
            reader.Dispose();
        }
        _free.Release(_size);
    }
}
