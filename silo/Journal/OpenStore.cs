namespace Orchestrator.Silo.Journal;

/// <summary>The parts of a store while it is open: put together here in order, and taken apart in the right one.</summary>
internal sealed record OpenStore(
    StoreLock Lock, FrameRuns Runs, WriterThread Thread, StoreWriter Writer, ReaderPool Readers, WalCheckpointer Checkpointer, StoreDescription Description)
{
    private const int ReaderCount = 4;
    private const int WriterCacheKilobytes = 65_536;
    private const int ReaderCacheKilobytes = 8_192;

    /// <param name="path">The file, links resolved.</param>
    /// <param name="creation">For a new store; the owner for the lock.</param>
    /// <param name="now">The instant of creation, UTC ticks.</param>
    /// <param name="failed">Told when a copy of the WAL failed, from another thread.</param>
    /// <exception cref="StoreRefusedException">This process may not use it.</exception>
    public static OpenStore Open(string path, StoreCreation creation, long now, Action<SqliteFailure> failed)
    {
        if (MountTable.NetworkTypeOf(path) is { } type)
        {
            throw new StoreRefusedException(
                $"the store `{path}` is on a network file system (`{type}`), where locks and shared memory cannot be relied on and committed data may be lost; use a local disk or PostgreSQL");
        }
        var held = StoreLock.Take(path, creation.Owner);
        var opened = new Stack<IDisposable>([held]);
        try
        {
            CreateFile(path);
            var connection = Opened(new SqliteConnection(path, WriterCacheKilobytes));
            var description = StoreSchema.Ensure(connection, path, creation, now);
            var epochs = connection.Scalar("SELECT sum(epoch) FROM fence")!.Value;
            RefuseOlderCopy(path, held, description.Incarnation, epochs);
            var runs = new FrameRuns(description.Partitions);
            var (lastRow, markedRow) = RunLoader.Load(connection, runs);
            var writer = new StoreWriter(connection, runs, path, lastRow, markedRow);
            var readers = Opened(new ReaderPool(ReaderCount, () => new StoreReader(new SqliteConnection(path, ReaderCacheKilobytes), runs)));
            var thread = Opened(new WriterThread());
            var checkpointer = new WalCheckpointer(new SqliteConnection(path, ReaderCacheKilobytes), () => Finish(thread, connection, failed), failed);
            held.Note(description.Incarnation, epochs);
            return new OpenStore(held, runs, thread, writer, readers, checkpointer, description);
        }
        catch (SqliteFailure e)
        {
            CloseAll();
            throw e switch
            {
                { IsCorrupt: true } => new StoreCorruptException($"the store `{path}` cannot be read: {e.Message}"),
                { IsFull: true } => new StoreFullException($"no space is left to open the store `{path}`", e),
                _ => new StoreRefusedException($"the store `{path}` cannot be opened: {e.Message}", e),
            };
        }
        catch
        {
            CloseAll();
            throw;
        }

        T Opened<T>(T part) where T : IDisposable
        {
            opened.Push(part);
            return part;
        }

        void CloseAll()
        {
            while (opened.TryPop(out var part))
            {
                part.Dispose();
            }
        }
    }

    /// <summary>Finishes writes and reads under way and closes everything.</summary>
    /// <param name="keepWal">After a failure, when the disk's answers cannot be believed: copy nothing any more.</param>
    public void Close(bool keepWal)
    {
        // Appends under way still tell the checkpointer what they wrote, so the writer's thread ends first.
        Thread.Dispose();
        Checkpointer.Dispose();
        Readers.Dispose();
        if (keepWal)
        {
            Writer.Connection.KeepWalOnClose();
        }
        // The last connection to close copies the WAL and removes it.
        Writer.Dispose();
        Lock.Dispose();
    }

    // It holds people's data: for this user only. SQLite gives the files beside it the same rights.
    public static void CreateFile(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }
        try
        {
            new FileStream(path, options).Dispose();
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StoreRefusedException($"the store `{path}` cannot be opened for reading and writing: {e.Message}", e);
        }
    }

    private static void RefuseOlderCopy(string path, StoreLock held, long incarnation, long epochs)
    {
        if (incarnation < held.LastIncarnation || (incarnation == held.LastIncarnation && epochs < held.LastEpochs))
        {
            throw new StoreRefusedException(
                $"the store `{path}` is an older copy (incarnation {incarnation}, epochs {epochs}) than the one last used here (incarnation {held.LastIncarnation}, epochs {held.LastEpochs}); " +
                "a restored backup needs a higher incarnation, or its numbers would be taken for duplicates");
        }
    }

    private static void Finish(WriterThread thread, SqliteConnection connection, Action<SqliteFailure> failed)
    {
        try
        {
            _ = thread.Do(Copy, CancellationToken.None);
        }
        catch (ObjectDisposedException)
        {
            // The store closes, which copies everything.
        }

        bool Copy()
        {
            try
            {
                return connection.CheckpointPassive().Complete;
            }
            catch (SqliteFailure e)
            {
                // On a full disk the WAL keeps all that was committed; the next round tries again.
                if (!e.IsFull)
                {
                    failed(e);
                }
                return false;
            }
        }
    }
}
