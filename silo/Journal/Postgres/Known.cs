namespace Orchestrator.Silo.Journal.Postgres;

/// <summary>
/// How far this process has seen the store come. One that stands behind that was restored, or a standby took over that had not got everything: what was
/// acknowledged is gone and its numbers would be given out again, so the silo must stop.
/// </summary>
/// <remarks>All members may be called from any thread. A read is judged by what was known before it began.</remarks>
internal sealed class Known(string place, int partitions, long incarnation)
{
    private readonly Lock _gate = new();
    private readonly long[] _epochs = new long[partitions];
    private readonly long[] _next = new long[partitions];
    private StoreFailedException? _failure;

    /// <summary>Number of partitions of the store.</summary>
    public int Partitions => _epochs.Length;

    /// <exception cref="StoreFailedException">It was seen to have gone back.</exception>
    public void ThrowIfGoneBack()
    {
        if (_failure is { } failure)
        {
            throw new StoreFailedException(failure.Message, failure);
        }
    }

    /// <summary>What is known now, to judge the answer of a read that begins now.</summary>
    public (long Epoch, long Next)[] Now()
    {
        lock (_gate)
        {
            return [.. _epochs.Zip(_next)];
        }
    }

    public void Saw(int partition, long epoch, long next)
    {
        lock (_gate)
        {
            _epochs[partition] = Math.Max(_epochs[partition], epoch);
            _next[partition] = Math.Max(_next[partition], next);
        }
    }

    /// <exception cref="StoreFailedException">The row is behind what was known before it was read.</exception>
    public void Judge(PartitionRow row, (long Epoch, long Next) before)
    {
        if (row.Epoch < before.Epoch || row.NextSequence < before.Next)
        {
            Fail($"partition {row.Partition} of the store at {place} is at epoch {row.Epoch}, sequence {row.NextSequence}, and was at epoch {before.Epoch}, sequence {before.Next}");
        }
        Saw(row.Partition, row.Epoch, row.NextSequence);
    }

    /// <exception cref="StoreFailedException">The incarnation is another one than when the store was opened.</exception>
    public void JudgeIncarnation(long now)
    {
        if (now != incarnation)
        {
            Fail($"the store at {place} has the incarnation {now} and had {incarnation}: it was restored from a backup");
        }
    }

    private void Fail(string what)
    {
        _failure ??= new StoreFailedException($"{what}; what this silo remembers is not what is stored any more, so it must stop");
        throw _failure;
    }
}
