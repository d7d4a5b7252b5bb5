using Microsoft.Extensions.Logging;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Outbox;

namespace Orchestrator.Silo.Partitions;

// How a partition comes to its memory and loses it: take-over, recovery, failed and unknown commits.
internal sealed partial class Partition
{
    private long _epoch;
    private bool _deciding;

    /// <summary>Raises the epoch first; only then reads. The other way round the old owner's last frame would be missed.</summary>
    private async Task<bool> TakeOverAsync(long? seenEpoch)
    {
        var seen = seenEpoch ?? (await RowAsync()).Epoch;
        if (await _world.Store.TakeOverAsync(_number, seen, _world.Owner, CancellationToken.None) is not { } row)
        {
            return false;
        }

        _epoch = row.Epoch;
        await RecoverAsync(row);
        _uncounted = !_memory!.Care.WasLeftInOrder(row);
        return true;
    }

    private async Task RecoverAsync(PartitionRow row)
    {
        var memory = await PartitionRecovery.ReadAsync(_world.Store, row, _settings, CancellationToken.None);
        var catalogs = await PartitionRecovery.CatalogsAsync(_world.Store, _number, memory, CancellationToken.None);
        await PartitionRecovery.LoadAsync(_world.Store, _number, memory, catalogs, CancellationToken.None);
        foreach (var key in catalogs)
        {
            foreach (var version in (memory.Grains.Find(key)?.State as Catalog)?.Versions ?? [])
            {
                _world.Publish(key.Tenant, version);
            }
        }

        _sender = new OutboxSender(memory.Outbox, _world.Engine, _number, _world.Incarnation);
        // Messages of before are sent again at the first step.
        _resendAt = memory.Outbox.Waiting > 0 ? 1 : 0;
        _memory = memory;
    }

    private void BeginStep()
    {
        _request.Clear();
        _deciding = true;
        _world.Committer.BeginDeciding();
    }

    /// <summary>The store could not be read, so nothing of this batch was written.</summary>
    private void Fail(Exception e)
    {
        LogFailed(_world.Log, _number, e);
        Discard($"the batch failed: {e.Message}");
    }

    private void EndDeciding()
    {
        if (_deciding)
        {
            _deciding = false;
            _world.Committer.EndDeciding();
        }
    }

    /// <summary>Whether the frame is durable; if not, memory is gone and everybody who waits has been told.</summary>
    private async ValueTask<bool> IsWrittenAsync(PartitionMemory memory, CommitResult result)
    {
        switch (result)
        {
            case CommitResult.Written:
                return true;
            case CommitResult.Refused:
                Discard("another silo owns the partition now");
                Lose("another silo owns the partition now");
                _world.Engine.Lost(_number);
                return false;
            case CommitResult.Full:
                Discard("the disk is full: nothing was written; it goes on when there is space");
                return false;
            case CommitResult.Unknown:
                return await ResolveAsync(memory);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>
    /// An unknown outcome: nothing is released; our own next epoch makes sure that a late statement cannot land any more; then the store says what is there.
    /// </summary>
    private async Task<bool> ResolveAsync(PartitionMemory memory)
    {
        while (!_stopping)
        {
            try
            {
                var row = await _world.Store.TakeOverAsync(_number, _epoch, _world.Owner, CancellationToken.None);
                if (row is null)
                {
                    var now = await RowAsync();
                    if (now.Owner != _world.Owner || now.Epoch != _epoch + 1)
                    {
                        // More than one epoch on, somebody else had it in between, though it was given back to us since.
                        break;
                    }

                    // An earlier attempt of ours got through without our hearing of it.
                    _epoch = now.Epoch;
                    continue;
                }

                _epoch = memory.Epoch = row.Epoch;
                if (await IsThereAsync(row))
                {
                    return true;
                }

                Discard("it could not be written; send it again");
                return false;
            }
            catch (Exception e) when (e is not (StoreCorruptException or StoreFailedException))
            {
                LogUnresolved(_world.Log, _number, e);
                await Task.Delay(_settings.FailurePause, _machine);
            }
        }

        Discard("the outcome is not known; send it again");
        Lose(_stopping ? "the silo is stopping" : "another silo owns the partition now");
        _world.Engine.Lost(_number);
        return false;
    }

    private async Task<bool> IsThereAsync(PartitionRow row)
    {
        if (_request.Frame is not { } ours || row.NextSequence == ours.Sequence)
        {
            return false;
        }

        var there = (await _world.Store.ReadFramesAsync(_number, [ours.Sequence], CancellationToken.None))[0];
        return there is not null && there.Epoch == ours.Epoch && there.Body.AsSpan().SequenceEqual(ours.Body.Span)
            ? true
            : throw new StoreCorruptException($"frame {ours.Sequence} of partition {_number} is not the one that epoch {ours.Epoch} wrote, though no other epoch was given out");
    }

    /// <summary>Forgets everything: what followed from an unwritten frame must be seen by nobody. Whoever waits is told.</summary>
    private void Discard(string reason)
    {
        _memory = null;
        var unavailable = new Outcome.Unavailable(reason);
        for (var i = _firstLetter; i < _letters.Count; i++)
        {
            _letters[i].To?.Answered(_letters[i].State, unavailable);
        }

        _turnedAway.Clear();
        _letters.Clear();
        _firstLetter = _nextLetter = 0;
        Refuse(_reads, reason);
        _reads = [];
        _offers = [];
        // Their senders send them again.
        _arrivals.Clear();
        _arrived.Clear();
        _toAcknowledge.Clear();
        _askedFrom.Clear();
    }

    /// <summary>Reads the partition again under the epoch that it still has.</summary>
    private async Task RecoverAgainAsync()
    {
        await Task.Delay(_settings.FailurePause, _machine);
        try
        {
            var row = await RowAsync();
            if (row.Epoch != _epoch)
            {
                Lose("another silo owns the partition now");
                _world.Engine.Lost(_number);
                return;
            }

            await RecoverAsync(row);
        }
        catch (Exception e) when (e is not (StoreCorruptException or StoreFailedException) && !_stopping)
        {
            LogFailed(_world.Log, _number, e);
        }
    }

    /// <summary>Stops for good: whoever waits, now or later, is told why.</summary>
    private void Lose(string reason)
    {
        if (_stopped is not null)
        {
            return;
        }

        Volatile.Write(ref _stopped, $"partition {_number} does not run here: {reason}");
        Volatile.Write(ref _nextWake, long.MaxValue);
        _mailbox.Close();
        Discard(_stopped);
        var unavailable = new Outcome.Unavailable(_stopped);
        var left = new List<Letter>();
        while (_mailbox.Count > 0)
        {
            left.Clear();
            _mailbox.Take(left);
            foreach (var letter in left)
            {
                letter.To?.Answered(letter.State, unavailable);
            }
        }

        Refuse(_mailbox.TakeReads(), _stopped);
    }

    private static void Refuse(IReadOnlyList<ReadRequest> reads, string reason)
    {
        foreach (var read in reads)
        {
            read.Result.TrySetException(new PartitionUnavailableException(reason));
        }
    }

    private async Task<PartitionRow> RowAsync() => (await _world.Store.PartitionsAsync(CancellationToken.None))[_number];

    [LoggerMessage(Level = LogLevel.Error, Message = "a batch of partition {Partition} failed; it reads the store again")]
    private static partial void LogFailed(ILogger log, int partition, Exception e);

    [LoggerMessage(Level = LogLevel.Warning, Message = "partition {Partition} cannot find out yet whether its last frame was written")]
    private static partial void LogUnresolved(ILogger log, int partition, Exception e);
}
