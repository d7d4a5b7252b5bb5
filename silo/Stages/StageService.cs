using System.Runtime.CompilerServices;
using Google.Protobuf;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;

namespace Orchestrator.Silo.Stages;

/// <summary>
/// Serves <c>orchestrator.v1.StageService</c>. Each who follows reads the journal behind those who write it, of all partitions whoever runs them, so that nothing is told that is
/// not durable, and nothing is lost with a silo. A commit of this silo wakes them at once; for those of others they look every <see cref="Glance"/>.
/// </summary>
/// <remarks>The live path knows nothing of it but one call per transaction. Any thread.</remarks>
/// <param name="alone">No other silo writes to the store.</param>
/// <param name="machine">Times pauses.</param>
/// <param name="stopping">Fires when the silo stops.</param>
public sealed class StageService(SiloRuntime runtime, IStore store, PlaybookShelf shelf, bool alone, TimeProvider machine, CancellationToken stopping)
{
    /// <summary>So many may follow at one silo: each reads the whole journal.</summary>
    public const int MostFollowers = 64;

    private const int FramesAtOnce = 64;

    /// <summary>How often one looks for what other silos wrote.</summary>
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(100);

    /// <summary>What is written within this time is read at once: thousands of transactions a second must not be thousands of looks.</summary>
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(5);

    /// <summary>So often the position is told though nothing changed that is wanted.</summary>
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(10);

    private int followers;

    public async IAsyncEnumerable<WatchStagesResponse> WatchStages(WatchStagesRequest request, CallContext call)
    {
        var filter = new StageFilter(request, shelf.Current.Current(Tenants.Default));
        var asked = PositionOf(request);
        if (Interlocked.Increment(ref followers) > MostFollowers)
        {
            Interlocked.Decrement(ref followers);
            throw new RpcException(StatusCode.ResourceExhausted, $"{MostFollowers} follow stage changes at this silo, the most there may be: ask another silo, or later");
        }

        try
        {
            using var ends = CancellationTokenSource.CreateLinkedTokenSource(call.CancellationToken, stopping);
            await using var responses = FollowAsync(asked, request.FromOldest, filter, ends.Token).GetAsyncEnumerator(CancellationToken.None);
            while (true)
            {
                try
                {
                    if (!await responses.MoveNextAsync())
                    {
                        yield break;
                    }
                }
                catch (OperationCanceledException) when (stopping.IsCancellationRequested)
                {
                    throw new RpcException(StatusCode.Unavailable, "the silo stops; go on at another with the last position");
                }
                catch (FramesDroppedException dropped)
                {
                    throw Dropped(dropped.Partition, dropped.Next, dropped.Oldest);
                }
                catch (Exception failed) when (failed is StoreFailedException or ObjectDisposedException)
                {
                    throw new RpcException(StatusCode.Unavailable, "the silo's store is not there any more; go on at another with the last position");
                }

                yield return responses.Current;
            }
        }
        finally
        {
            Interlocked.Decrement(ref followers);
        }
    }

    private long[]? PositionOf(WatchStagesRequest request) =>
        request.Position.IsEmpty ? null
        : request.FromOldest ? throw new RpcException(StatusCode.InvalidArgument, "both `position` and `from_oldest` are set: one of them must say where to begin")
        : StagePosition.TryRead(request.Position, runtime.Incarnation, runtime.Partitions, out var next) ? next
        : throw new RpcException(StatusCode.InvalidArgument, "`position` is none of this store: give back the bytes of the last message, or none to begin with what happens from now on");

    private async IAsyncEnumerable<WatchStagesResponse> FollowAsync(long[]? asked, bool fromOldest, StageFilter filter, [EnumeratorCancellation] CancellationToken cancel)
    {
        var rows = await store.PartitionsAsync(cancel);
        var next = asked ?? [.. rows.OrderBy(r => r.Partition).Select(r => fromOldest ? 1 : r.NextSequence)];
        var mayMiss = asked is not null;
        foreach (var row in rows)
        {
            if (next[row.Partition] > row.NextSequence)
            {
                throw new RpcException(StatusCode.InvalidArgument, $"`position` is none of this store: it is at {next[row.Partition]} of partition {row.Partition}, which has come to {row.NextSequence}");
            }
        }

        yield return Response([], next);
        var said = machine.GetTimestamp();
        while (true)
        {
            // Taken before looking, so that nothing written meanwhile is slept over.
            var committed = runtime.NextCommit;
            foreach (var row in await store.PartitionsAsync(cancel))
            {
                while (next[row.Partition] < row.NextSequence)
                {
                    var until = Math.Min(row.NextSequence - 1, next[row.Partition] + FramesAtOnce - 1);
                    List<StageChange> changes = [];
                    var expected = next[row.Partition];
                    await foreach (var frame in store.ReadFramesAsync(row.Partition, expected, until, cancel))
                    {
                        if (mayMiss && frame.Sequence != expected)
                        {
                            throw Dropped(row.Partition, expected, frame.Sequence);
                        }

                        expected = frame.Sequence + 1;
                        changes.AddRange(StageChanges.Of(row.Partition, frame.Sequence, FrameForm.Read(frame.Body), Tenants.Default, shelf).Where(filter.Wants));
                    }

                    if (mayMiss && expected != until + 1)
                    {
                        throw Dropped(row.Partition, expected, until + 1);
                    }

                    next[row.Partition] = until + 1;
                    if (changes.Count > 0)
                    {
                        yield return Response(changes, next);
                        said = machine.GetTimestamp();
                    }
                }
            }

            // From here on everything is read as it is written.
            mayMiss = true;
            await SleepAsync(committed, cancel);
            if (machine.GetElapsedTime(said) >= Idle)
            {
                yield return Response([], next);
                said = machine.GetTimestamp();
            }
        }
    }

    private async Task SleepAsync(Task committed, CancellationToken cancel)
    {
        await Task.Delay(Gather, machine, cancel);
        if (committed.IsCompleted)
        {
            return;
        }

        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        await Task.WhenAny(committed, Task.Delay(alone ? Idle : Glance, machine, over.Token));
        await over.CancelAsync();
        cancel.ThrowIfCancellationRequested();
    }

    private WatchStagesResponse Response(List<StageChange> changes, long[] next) => new() { Changes = { changes }, Position = StagePosition.Write(runtime.Incarnation, next) };

    private static RpcException Dropped(int partition, long wanted, long found) => new(
        StatusCode.OutOfRange, $"retention has dropped what came behind the position: of partition {partition} {wanted} was wanted, {found} is the oldest there is; begin anew without a position and read the accounts");
}
