using Npgsql;

namespace Orchestrator.Silo.Journal.Postgres;

/// <summary>The store of a cluster: one schema of a PostgreSQL database, shared by all silos. What keeps two writers apart is <see cref="AppendStatement"/>.</summary>
/// <remarks>
/// Six sessions a silo: one appends, one takes over, four read; upkeep of the journal's days borrows one more now and then. Any exception of an append but those
/// that <see cref="IStore"/> names leaves its outcome open; its session is thrown away, and nothing is tried again here.
/// </remarks>
public sealed class PostgresStore : IStore
{
    private const int ReadSessions = 4;
    private const int PartitionLimit = 4_096;
    private static readonly TimeSpan AppendTime = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan ControlTime = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ReadTime = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan UpkeepTime = TimeSpan.FromMinutes(10);

    // A frozen session of the old owner must not stop its successor for longer; then it is ended.
    private static readonly TimeSpan TakeOverWait = TimeSpan.FromSeconds(2);

    private readonly PostgresSettings _settings;
    private readonly NpgsqlDataSource _appends, _controls, _reads, _upkeep;
    private readonly KeptSession<AppendStatement> _append;
    private readonly KeptSession<ControlStatements> _control;
    private readonly PostgresReader _reader;
    private readonly FrameReader _frames;
    private readonly Segments _segments;
    private volatile Known? _known;
    private int _level;
    private bool _disposed;

    /// <param name="connection">See <see cref="PostgresSettings"/>.</param>
    /// <exception cref="StoreRefusedException">It cannot be understood.</exception>
    public PostgresStore(string connection)
    {
        _settings = new PostgresSettings(connection);
        _appends = NpgsqlDataSource.Create(_settings.For("append", 0, AppendTime));
        _controls = NpgsqlDataSource.Create(_settings.For("control", 0, ControlTime, TakeOverWait));
        _reads = NpgsqlDataSource.Create(_settings.For("read", ReadSessions, ReadTime));
        _upkeep = NpgsqlDataSource.Create(_settings.For("upkeep", 0, UpkeepTime));
        _append = new(async cancel => await AppendStatement.OpenAsync(await SessionAsync(_appends, cancel).ConfigureAwait(false), cancel).ConfigureAwait(false), append => append.IsOpen);
        _control = new(async cancel => new ControlStatements(await SessionAsync(_controls, cancel).ConfigureAwait(false)), control => control.IsOpen);
        _reader = new PostgresReader(_reads);
        _frames = new FrameReader(_reader);
        _segments = new Segments(_upkeep);
    }

    /// <summary>Creates the tables on first use, or brings them up to date, and looks whether this process may use the store.</summary>
    public async Task<StoreDescription> OpenAsync(StoreCreation creation, CancellationToken cancel)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_known is not null)
        {
            throw new InvalidOperationException("the store is already open");
        }
        if (creation.Partitions is < 1 or > PartitionLimit)
        {
            throw new ArgumentOutOfRangeException(nameof(creation), creation.Partitions, $"expected 1 to {PartitionLimit} partitions, got {creation.Partitions}");
        }
        try
        {
            bool created;
            await using (var session = await PostgresSession.OpenAsync(_upkeep, _settings.Place, cancel).ConfigureAwait(false))
            {
                created = await Migrations.ApplyAsync(session.Connection, _settings, creation, cancel).ConfigureAwait(false);
            }
            var (partitions, incarnation, level) = await _reader.StoreAsync(cancel).ConfigureAwait(false);
            RefuseLevel(level, creation.Level);
            _level = creation.Level;
            _known = new Known(_settings.Place, partitions, incarnation);
            return new StoreDescription(partitions, incarnation, created, level);
        }
        catch (Exception e) when (e is PostgresException { SqlState: not null } or NpgsqlException or TimeoutException)
        {
            throw new StoreRefusedException($"the store at {_settings.Place} cannot be opened: {e.Message}", e);
        }
    }

    public async Task<PartitionRow?> TakeOverAsync(int partition, long seenEpoch, string owner, CancellationToken cancel)
    {
        var known = Ready(partition);
        // The row names the session that will append, so that our successor can end it; therefore it must be there first. An append under way is not waited for.
        var append = _append.Current ?? await _append.UseAsync(Task.FromResult, cancel).ConfigureAwait(false);
        var taken = await _control.UseAsync(control => TakeOverAsync(control, partition, seenEpoch, owner, append), cancel).ConfigureAwait(false);
        if (taken is not { } now)
        {
            RefuseLevel((await _reader.StoreAsync(CancellationToken.None).ConfigureAwait(false)).Level, _level);
            return null;
        }
        known.Saw(partition, now.Epoch, now.Next);
        // Read after the epoch is taken, for the old owner may have saved a checkpoint while we waited for its lock.
        var row = (await _reader.PartitionsAsync(partition, partition, CancellationToken.None).ConfigureAwait(false))[0];
        return row with { Epoch = now.Epoch, NextSequence = now.Next, Owner = owner };
    }

    public async Task<IReadOnlyList<PartitionRow>> PartitionsAsync(CancellationToken cancel)
    {
        var known = Ready();
        var before = known.Now();
        var rows = await _reader.PartitionsAsync(0, int.MaxValue, cancel).ConfigureAwait(false);
        rows.ForEach(row => known.Judge(row, before[row.Partition]));
        return rows;
    }

    public async Task<bool[]> AppendAsync(AppendBatch batch, CancellationToken cancel)
    {
        var known = Ready();
        BatchRules.Check(batch, known.Partitions);
        if (batch.Frames.Count + batch.Snapshots.Count + batch.Checkpoints.Count == 0)
        {
            return [];
        }
        try
        {
            var accepted = await _append.UseAsync(append => AppendAsync(append, batch), cancel).ConfigureAwait(false);
            for (var i = 0; i < accepted.Length; i++)
            {
                if (accepted[i])
                {
                    known.Saw(batch.Frames[i].Partition, batch.Frames[i].Epoch, batch.Frames[i].Sequence + 1);
                }
            }
            return accepted;
        }
        catch (PostgresException e) when (e is { SqlState: PostgresErrorCodes.DiskFull, InvariantSeverity: "ERROR" })
        {
            // An ERROR has ended the statement before its commit. A PANIC of the same code has not: there the session broke, and the outcome is unknown.
            throw new StoreFullException($"the server at {_settings.Place} has no space left; nothing of this commit was written", e);
        }
    }

    public IAsyncEnumerable<JournalFrame> ReadFramesAsync(int partition, long from, long to, CancellationToken cancel)
    {
        Ready(partition);
        return _frames.RangeAsync(partition, from, to, cancel);
    }

    public async Task<IReadOnlyList<JournalFrame?>> ReadFramesAsync(int partition, IReadOnlyList<long> sequences, CancellationToken cancel)
    {
        Ready(partition);
        return await _frames.PointsAsync(partition, sequences, cancel).ConfigureAwait(false);
    }

    public async Task<IReadOnlyList<SnapshotRow?>> ReadSnapshotsAsync(int partition, IReadOnlyList<string> grains, CancellationToken cancel)
    {
        Ready(partition);
        return await _reader.SnapshotsAsync(partition, grains, cancel).ConfigureAwait(false);
    }

    public async Task<IReadOnlyList<WakeRow>> ReadWakesAsync(int partition, long until, int limit, long afterWake, string afterGrain, CancellationToken cancel)
    {
        Ready(partition);
        return await _reader.WakesAsync(partition, until, limit, afterWake, afterGrain, cancel).ConfigureAwait(false);
    }

    public async Task<IReadOnlyList<string>> ReadFlaggedAsync(int partition, string after, int limit, CancellationToken cancel)
    {
        Ready(partition);
        return await _reader.FlaggedAsync(partition, after, limit, cancel).ConfigureAwait(false);
    }

    public async Task<IReadOnlyList<SnapshotRow>> ReadAllSnapshotsAsync(int partition, string after, int limit, CancellationToken cancel)
    {
        Ready(partition);
        return await _reader.AllSnapshotsAsync(partition, after, limit, cancel).ConfigureAwait(false);
    }

    public Task<byte[]?> ReadSettingAsync(string name, CancellationToken cancel)
    {
        Ready();
        return _reader.SettingAsync(name, cancel);
    }

    public Task WriteSettingAsync(string name, byte[] value, CancellationToken cancel)
    {
        Ready();
        BatchRules.CheckSetting(name, value);
        return _control.UseAsync(control => control.WriteSettingAsync(name, value), cancel);
    }

    public async Task<byte[]> ReadOrAddSettingAsync(string name, byte[] value, CancellationToken cancel)
    {
        Ready();
        BatchRules.CheckSetting(name, value);
        return await _control.UseAsync(control => control.AddSettingAsync(name, value), cancel).ConfigureAwait(false)
            ? value
            : await ReadSettingAsync(name, cancel).ConfigureAwait(false) ?? throw new StoreCorruptException($"the setting `{name}` was taken away while it was read");
    }

    public Task<long> DropFramesAsync(DateTimeOffset before, CancellationToken cancel)
    {
        Ready();
        return _segments.DropAsync(Segments.Of(before.UtcTicks), cancel);
    }

    public async Task RaiseLevelAsync(int level, CancellationToken cancel)
    {
        Ready();
        BatchRules.CheckLevel(level, _level);
        if (!await _control.UseAsync(control => control.RaiseLevelAsync(level), cancel).ConfigureAwait(false)
            && (await _reader.StoreAsync(cancel).ConfigureAwait(false)).Level < level)
        {
            throw new StoreRefusedException($"a living silo cannot read feature level {level} yet; upgrade all silos first");
        }
    }

    /// <summary>Finishes the calls under way and closes all sessions.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }
        _disposed = true;
        await _append.DisposeAsync().ConfigureAwait(false);
        await _control.DisposeAsync().ConfigureAwait(false);
        foreach (var source in new[] { _appends, _controls, _reads, _upkeep })
        {
            await source.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<bool[]> AppendAsync(AppendStatement append, AppendBatch batch)
    {
        await _segments.EnsureAsync(batch.Frames, CancellationToken.None).ConfigureAwait(false);
        try
        {
            return await append.RunAsync(batch).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e is { SqlState: PostgresErrorCodes.CheckViolation, TableName: "journal", InvariantSeverity: "ERROR" })
        {
            // No table for that day: a clock that runs behind the others. An ERROR is no unknown outcome, so the same statement may run once more.
            await _segments.EnsureOfFencesAsync(batch.Frames, CancellationToken.None).ConfigureAwait(false);
            return await append.RunAsync(batch).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e is { SqlState: PostgresErrorCodes.DeadlockDetected, InvariantSeverity: "ERROR" })
        {
            // Ended by the server before its commit, in favour of who takes rows in another order (a day being given up): no unknown outcome either.
            return await append.RunAsync(batch).ConfigureAwait(false);
        }
    }

    private async Task<(long Epoch, long Next)?> TakeOverAsync(ControlStatements control, int partition, long seenEpoch, string owner, AppendStatement append)
    {
        try
        {
            return await control.TakeOverAsync(partition, seenEpoch, owner, _level, append.Backend, append.BackendStart).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            if (!await control.TerminateOwnerAsync(partition, seenEpoch).ConfigureAwait(false))
            {
                throw;
            }
            return await control.TakeOverAsync(partition, seenEpoch, owner, _level, append.Backend, append.BackendStart).ConfigureAwait(false);
        }
    }

    /// <summary>A session of a store that is still the one that was opened; the server may be another one after a failover.</summary>
    private async Task<PostgresSession> SessionAsync(NpgsqlDataSource source, CancellationToken cancel)
    {
        var session = await PostgresSession.OpenAsync(source, _settings.Place, cancel).ConfigureAwait(false);
        try
        {
            _known?.JudgeIncarnation((await _reader.StoreAsync(cancel).ConfigureAwait(false)).Incarnation);
            return session;
        }
        catch
        {
            await session.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private void RefuseLevel(int level, int mine)
    {
        if (level > mine)
        {
            throw new StoreRefusedException($"the store at {_settings.Place} has feature level {level}, this silo reads up to {mine}: upgrade this silo");
        }
    }

    private Known Ready()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var known = _known ?? throw new InvalidOperationException("the store is not open");
        known.ThrowIfGoneBack();
        return known;
    }

    private Known Ready(int partition)
    {
        var known = Ready();
        BatchRules.CheckPartition(partition, known.Partitions);
        return known;
    }
}
