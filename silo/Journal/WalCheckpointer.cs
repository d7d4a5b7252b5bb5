namespace Orchestrator.Silo.Journal;

/// <summary>
/// Copies the WAL into the main file on a thread of its own, so that no commit pays for it. Because the writer goes on meanwhile, a copy never catches up;
/// once the WAL is large, the writer itself copies the small rest between two commits, after which the WAL starts again from its beginning.
/// </summary>
internal sealed class WalCheckpointer : IDisposable
{
    /// <summary>Copy after so many new pages of 4 KiB (4 MiB). Larger copies write a little less but their fsync holds up commits: decisions/0001-journal-layout.md.</summary>
    private const int PagesBetweenCopies = 1_024;

    /// <summary>Let the writer finish the copy when the WAL has so many pages (64 MiB).</summary>
    private const int PagesBeforeRestart = 16_384;

    private readonly SqliteConnection _connection;
    private readonly Action _finishOnWriter;
    private readonly Action<SqliteFailure> _failed;
    private readonly AutoResetEvent _due = new(false);
    private readonly Thread _thread;
    private volatile bool _closing;
    private int _pages;

    /// <param name="connection">Owned; used on this type's thread only.</param>
    /// <param name="finishOnWriter">Has the writer copy the rest.</param>
    /// <param name="failed">Told of an error other than a full disk.</param>
    public WalCheckpointer(SqliteConnection connection, Action finishOnWriter, Action<SqliteFailure> failed)
    {
        (_connection, _finishOnWriter, _failed) = (connection, finishOnWriter, failed);
        _thread = new Thread(Loop) { Name = "store checkpoint", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Called by the writer after a commit.</summary>
    public void Wrote(int pages)
    {
        _pages += pages;
        if (_pages >= PagesBetweenCopies)
        {
            _pages = 0;
            _due.Set();
        }
    }

    public void Dispose()
    {
        _closing = true;
        _due.Set();
        _thread.Join();
        _connection.Dispose();
        _due.Dispose();
    }

    private void Loop()
    {
        while (_due.WaitOne() && !_closing)
        {
            try
            {
                if (_connection.CheckpointPassive().WalPages >= PagesBeforeRestart)
                {
                    // What was committed during the first copy is most of the rest: once more here, so that the writer has little left.
                    _connection.CheckpointPassive();
                    _finishOnWriter();
                }
            }
            catch (SqliteFailure e) when (e.IsFull)
            {
                // The WAL keeps all that was committed; the next round tries again.
            }
            catch (SqliteFailure e)
            {
                _failed(e);
                return;
            }
        }
    }
}
