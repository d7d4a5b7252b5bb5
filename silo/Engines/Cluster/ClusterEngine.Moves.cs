using Microsoft.Extensions.Logging;
using Orchestrator.V1;

namespace Orchestrator.Silo.Engines.Cluster;

// Partitions come and go: claims of what is free, hand-offs of what is not.
public sealed partial class ClusterEngine
{
    /// <summary>Hands everything over and takes nothing any more; still brings errands to their owners. Twice is harmless.</summary>
    /// <returns>When nothing runs here any more, or nobody takes it, or it takes too long.</returns>
    public async Task LeaveAsync()
    {
        if (!_isOpen || Volatile.Read(ref _leaving))
        {
            return;
        }

        Volatile.Write(ref _leaving, true);
        var began = _machine.GetTimestamp();
        await (_renewing ?? Task.CompletedTask);

        // The others must know before they are handed anything, or they would hand it back.
        await RenewAsync();
        while (HasAny() && Placement.CandidatesOf(_view!).Count > 0 && _machine.GetElapsedTime(began) < _settings.LeaveWithin)
        {
            DrainIfTold();
            await (_drain ?? Task.CompletedTask);
            await Task.Delay(TimeSpan.FromMilliseconds(20), _machine);
        }
    }

    public async Task StopAsync()
    {
        if (Volatile.Read(ref _stopping))
        {
            return;
        }

        await LeaveAsync();
        Volatile.Write(ref _stopping, true);
        _over.Cancel();
        _wakeup.Set();
        await _loop;
        if (_isOpen)
        {
            await Task.WhenAll(Enumerable.Range(0, _host!.Partitions).Select(_host.LetGoAsync));
            _router.Close();
            await TellGoneAsync();
        }

        await _link.DisposeAsync();
        _alarm.Dispose();
        _router.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _over.Dispose();
    }

    /// <summary>Has the owner of a partition hand it over, wherever it is: an operator's wish.</summary>
    /// <returns>How long commands waited, or why it did not come to pass.</returns>
    public Task<(TimeSpan? Pause, string Refused)> MoveAsync(int partition, string silo) => _talk.MoveAsync(partition, silo);

    /// <summary>Stops a partition, has the store name the new owner, and tells everybody. Commands wait meanwhile.</summary>
    /// <returns>How long it was stopped here; null if it was not handed over.</returns>
    private async Task<TimeSpan?> GiveAsync(int partition, string to)
    {
        if (!_router.Going(partition))
        {
            return null;
        }

        var began = _machine.GetTimestamp();
        long? epoch = null;
        try
        {
            epoch = await _host!.HandOverAsync(partition, to);
        }
#pragma warning disable CA1031 // Whatever the store's client throws: the next view tells who owns it, and if that is this silo it takes it again.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            LogNotHandedOver(_log, partition, to, fault);
        }

        if (epoch is { } raised)
        {
            Send(to, new LinkMessage { Take = new() { Partition = partition, Epoch = raised } });
            _router.Learn(partition, raised, to);
            var moved = new LinkMessage { Moved = new() { Partition = partition, Epoch = raised, Owner = to } };
            foreach (var other in Others.Where(o => o != to))
            {
                Send(other, moved);
            }
        }
        else
        {
            _missed = true;
        }

        _router.Away(partition);
        _wakeup.Set();
        return epoch is null ? null : _machine.GetElapsedTime(began);
    }

    /// <summary>Takes some of what is this silo's to take: what nobody alive owns, and what was handed to it without its hearing.</summary>
    private void ClaimSome()
    {
        // What is taken while its own lease is over it would have to drop at once.
        if (_view is not { } view || Volatile.Read(ref _stopping) || _failed.Task.IsCompleted || _watch.LeaseIsOver)
        {
            return;
        }

        var owners = _router.Owners();
        var alive = AliveOf(view);
        var me = _settings.Silo;
        var waiting = owners.Where(o => o.Owner == me && _router.PlaceOf(o.Partition) == Place.Away).ToList();
        if (IsDue(_claimNotBefore) && !view.Lapsed)
        {
            var candidates = Placement.CandidatesOf(view);
            var assigned = Placement.Assign(Placement.Settled(owners, candidates), candidates);
            // What was heard since the view may name a silo that had not entered yet when the view was read: missing there, it is new rather than dead.
            waiting.AddRange(owners.Where(o => view.Partitions[o.Partition].Epoch == o.Epoch && !alive.Contains(o.Owner) && assigned[o.Partition] == me && _router.PlaceOf(o.Partition) == Place.Away));
        }

        // Nothing is decided anywhere here before the playbooks are known.
        var catalogs = _settings.Catalogs.Select(c => c.PartitionOf(owners.Length)).ToHashSet();
        foreach (var owner in waiting.Where(o => IsDue(Volatile.Read(ref _notBefore[o.Partition]))).OrderByDescending(o => catalogs.Contains(o.Partition)).Take(_claims.Room))
        {
            if (Begin(owner.Partition))
            {
                _claims.Began(_machine.GetTimestamp());
                Start(() => ClaimInTurnAsync(owner.Partition, owner.Epoch));
            }
        }
    }

    private bool Begin(int partition)
    {
        if (Volatile.Read(ref _stopping) || !_router.Coming(partition))
        {
            return false;
        }

        Volatile.Write(ref _takenUnder[partition], _watch.Doubts);
        return true;
    }

    private async Task ClaimInTurnAsync(int partition, long epoch)
    {
        if (_claims.Ended(await ClaimAsync(partition, epoch)) is ( > 0 and var taken, var since))
        {
            var took = _machine.GetElapsedTime(since).TotalSeconds;
            LogTook(_log, taken, took);
        }

        // There is room for the next.
        _claimNow = true;
        _wakeup.Set();
    }

    /// <returns>False if another silo was faster; null if the store did not do it.</returns>
    private async Task<bool?> ClaimAsync(int partition, long epoch)
    {
        bool? taken = false;
        try
        {
            if (await _host!.TakeAsync(partition, epoch, _over.Token))
            {
                _router.Arrived(partition, epoch + 1);
                if (Volatile.Read(ref _takenUnder[partition]) != _watch.Doubts)
                {
                    // The silo came to doubt itself while this was on its way, so the doubt has not dropped it.
                    await DropAsync(partition);
                    return false;
                }

                Broadcast(new LinkMessage { Moved = new() { Partition = partition, Epoch = epoch + 1, Owner = _settings.Silo } });
                if (_settings.Catalogs.Any(c => c.PartitionOf(_host.Partitions) == partition))
                {
                    _catchUp = true;
                    _wakeup.Set();
                }

                return true;
            }
        }
#pragma warning disable CA1031 // A partition that cannot be taken now is taken later, by this silo or another; the others are not to suffer.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            LogNotTaken(_log, partition, fault);
            await _host!.DropAsync(partition);
            taken = null;
        }

        Volatile.Write(ref _notBefore[partition], After(_settings.ClaimStep));
        _router.Away(partition);
        _missed = true;
        _wakeup.Set();
        return taken;
    }

    /// <summary>Remembers since when the load is uneven. Not while silos of different levels run together: an upgrade moves enough by itself.</summary>
    private void NoteSpread(ClusterView view)
    {
        var candidates = Placement.CandidatesOf(view);
        var uneven = candidates.Select(c => c.Level).Distinct().Count() == 1 && Placement.Spread(Placement.Settled(_router.Owners(), candidates), candidates) > _settings.MostSpread;
        _unevenSince = !uneven ? 0 : _unevenSince == 0 ? Math.Max(1, _machine.GetTimestamp()) : _unevenSince;
    }

    /// <summary>Hands one partition over if the load has been uneven for long and this silo has more than its share.</summary>
    private void Even()
    {
        if (_unevenSince == 0 || _evening || Volatile.Read(ref _leaving) || _machine.GetElapsedTime(_unevenSince) < _settings.SpreadFor || _view is not { } view)
        {
            return;
        }

        var candidates = Placement.CandidatesOf(view);
        var assigned = Placement.Assign(Placement.Settled(_router.Owners(), candidates), candidates);
        for (var partition = 0; partition < assigned.Length; partition++)
        {
            if (_router.PlaceOf(partition) == Place.Here && assigned[partition] is { } target && target != _settings.Silo)
            {
                _evening = true;
                var moved = partition;
                Start(async () =>
                {
                    await GiveAsync(moved, target);
                    _evening = false;
                    _wakeup.Set();
                });
                return;
            }
        }
    }

    private void DrainIfTold()
    {
        if (_view is not { } view || _drain is { IsCompleted: false })
        {
            return;
        }

        var told = Volatile.Read(ref _leaving) || (view.Silos.FirstOrDefault(s => s.Silo == _settings.Silo)?.Marks & SiloMarks.Draining) == SiloMarks.Draining;
        if (told && HasAny())
        {
            _drain = DrainAsync(view);
        }
    }

    private async Task DrainAsync(ClusterView view)
    {
        var candidates = Placement.CandidatesOf(view).Where(c => c.Silo != _settings.Silo).ToList();
        var owners = _router.Owners();
        var assigned = Placement.Assign(Placement.Settled(owners, candidates), candidates);
        var moves = new Queue<(int Partition, string To)>();
        foreach (var owner in owners)
        {
            if (_router.PlaceOf(owner.Partition) == Place.Here && assigned[owner.Partition] is { } target)
            {
                moves.Enqueue((owner.Partition, target));
            }
        }

        if (moves.Count == 0)
        {
            return;
        }

        LogDraining(_log, moves.Count);
        await Task.WhenAll(Enumerable.Range(0, _settings.MovesAtOnce).Select(async _ =>
        {
            while (Next(moves) is var (partition, to))
            {
                await GiveAsync(partition, to);
            }
        }));
    }

    private static (int Partition, string To)? Next(Queue<(int Partition, string To)> moves)
    {
        lock (moves)
        {
            return moves.TryDequeue(out var next) ? next : null;
        }
    }

    private async Task TellGoneAsync()
    {
        try
        {
            using var limit = new CancellationTokenSource(_settings.Lease / 2, _machine);
            await _membership.LeaveAsync(_settings.Silo, limit.Token);
        }
#pragma warning disable CA1031 // The row is swept away later; nobody waits for it longer than the lease.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            LogNotLeft(_log, fault);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "took {Count} partitions in {Seconds:0.00} s")]
    private static partial void LogTook(ILogger log, int count, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "partition {Partition} could not be taken over now")]
    private static partial void LogNotTaken(ILogger log, int partition, Exception fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "it is not known whether partition {Partition} was handed to silo {To}")]
    private static partial void LogNotHandedOver(ILogger log, int partition, string to, Exception fault);

    [LoggerMessage(Level = LogLevel.Information, Message = "handing {Count} partitions over")]
    private static partial void LogDraining(ILogger log, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the silo's row could not be taken away; its lease runs out by itself")]
    private static partial void LogNotLeft(ILogger log, Exception fault);
}
