using System.Runtime.CompilerServices;
using Google.Protobuf;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Journal.Packing;
using Orchestrator.Silo.Partitions;
using Orchestrator.Simulation.Machine;
using Orchestrator.Simulation.Store;
using Orchestrator.Simulation.Worlds;
using Orchestrator.V1;

namespace Orchestrator.Simulation.Planting;

/// <summary>A client of the store with a bug in it, or without.</summary>
internal sealed class PlantedStore(PlantedBug planted, StoreServer server, Process process, Func<int> page)
    : SimulatedStore(server.Model, server.For(process), page)
{
    private readonly Dictionary<int, List<StoredWatermark>> _received = [];
    private int _read;

    public static SimulatedStore Over(World world, Process process) =>
        new PlantedStore(world.Planted, world.Server, process, () => world.Simulation.Random.Between(1, 32));

    public override async Task<StoreDescription> OpenAsync(StoreCreation creation, CancellationToken cancel) =>
        await base.OpenAsync(creation, cancel) is var store && planted == PlantedBug.LevelIgnored ? store with { Level = creation.Level } : store;

    public override async Task<PartitionRow?> TakeOverAsync(int partition, long seenEpoch, string owner, CancellationToken cancel)
    {
        if (planted == PlantedBug.TailReadBeforeBump)
        {
            var before = (await base.PartitionsAsync(cancel))[partition];
            return await base.TakeOverAsync(partition, seenEpoch, owner, cancel) is { } taken ? before with { Epoch = taken.Epoch, Owner = taken.Owner } : null;
        }

        return await base.TakeOverAsync(partition, seenEpoch, owner, cancel) is { } row ? Shown(row) : null;
    }

    public override async Task<IReadOnlyList<PartitionRow>> PartitionsAsync(CancellationToken cancel) => [.. (await base.PartitionsAsync(cancel)).Select(Shown)];

    public override async Task<bool[]> AppendAsync(AppendBatch batch, CancellationToken cancel)
    {
        switch (planted)
        {
            case PlantedBug.ReleasedBeforeCommit:
                _ = Quietly(base.AppendAsync(batch, cancel));
                return [.. batch.Frames.Select(static _ => true)];
            case PlantedBug.WatermarkOutsideFrame:
                return await base.AppendAsync(batch with { Frames = [.. batch.Frames.Select(f => Rewritten(f, DelayReceived))] }, cancel);
            case PlantedBug.MessagesSwapped:
                return await base.AppendAsync(batch with { Frames = [.. batch.Frames.Select(f => Rewritten(f, static (_, stored) => Swap(stored)))] }, cancel);
        }

        try
        {
            return await base.AppendAsync(batch, cancel);
        }
        catch (Exception e) when (e is IOException or TimeoutException && planted is PlantedBug.UnknownTakenForWritten)
        {
            return [.. batch.Frames.Select(static _ => true)];
        }
        catch (Exception e) when (e is IOException or TimeoutException && planted is PlantedBug.RetryAfterUnknown)
        {
            var rows = await base.PartitionsAsync(cancel);
            return await base.AppendAsync(batch with { Frames = [.. batch.Frames.Select(f => f with { Sequence = rows[f.Partition].NextSequence })] }, cancel);
        }
    }

    public override async IAsyncEnumerable<JournalFrame> ReadFramesAsync(int partition, long from, long to, [EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var frame in base.ReadFramesAsync(partition, from, to, cancel))
        {
            yield return planted == PlantedBug.NowUnclamped ? frame with { At = 0 } : frame;
        }
    }

    public override async Task<IReadOnlyList<JournalFrame?>> ReadFramesAsync(int partition, IReadOnlyList<long> sequences, CancellationToken cancel)
    {
        var frames = await base.ReadFramesAsync(partition, sequences, cancel);
        return planted == PlantedBug.FrameAppliedTwice && ++_read % 8 == 0 ? [.. frames.Select(static frame => frame is null ? null : frame with { Body = Doubled(frame.Body) })] : frames;
    }

    public override async Task<IReadOnlyList<SnapshotRow?>> ReadSnapshotsAsync(int partition, IReadOnlyList<string> grains, CancellationToken cancel)
    {
        var rows = await base.ReadSnapshotsAsync(partition, grains, cancel);
        return planted == PlantedBug.IdWindowForgotten ? [.. rows.Select(WithoutWindow)] : rows;
    }

    private static async Task Quietly(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception e) when (e is IOException or TimeoutException or StoreFullException or StoreFailedException)
        {
            // Nobody waits for it: that is the bug.
        }
    }

    private static JournalAppend Rewritten(in JournalAppend frame, Action<int, StoredFrame> rewrite)
    {
        var stored = FrameForm.Read(PackedBody.Expand(frame.Body.ToArray()));
        rewrite(frame.Partition, stored);
        return frame with { Body = stored.ToByteArray() };
    }

    private static byte[] Doubled(byte[] body)
    {
        var stored = FrameForm.Read(PackedBody.Expand(body));
        foreach (var entry in stored.Entries)
        {
            entry.Events.AddRange(entry.Events.ToList());
        }

        return stored.ToByteArray();
    }

    private void DelayReceived(int partition, StoredFrame stored)
    {
        List<StoredWatermark> now = [.. stored.Received];
        stored.Received.Clear();
        stored.Received.AddRange((_received.GetValueOrDefault(partition) ?? []).Where(late => now.TrueForAll(mark => mark.Partition != late.Partition)));
        _received[partition] = now;
    }

    private static void Swap(StoredFrame stored)
    {
        for (var i = 1; i < stored.Outbox.Count; i++)
        {
            var (one, other) = (stored.Outbox[i - 1], stored.Outbox[i]);
            if (one.Destination == other.Destination)
            {
                (one.Command, other.Command) = (other.Command, one.Command);
                return;
            }
        }
    }

    private static SnapshotRow? WithoutWindow(SnapshotRow? row)
    {
        if (row is null || StoredState.Parser.ParseFrom(PackedBody.Expand(row.Body)) is not { Account: { } account } state)
        {
            return row;
        }

        account.Seen = null;
        return row with { Body = state.ToByteArray() };
    }

    private PartitionRow Shown(PartitionRow row)
    {
        if (planted != PlantedBug.NowUnclamped || row.Watermarks.Length == 0)
        {
            return row;
        }

        var marks = StoredWatermarks.Parser.ParseFrom(PackedBody.Expand(row.Watermarks));
        marks.LastAt = 0;
        return row with { Watermarks = marks.ToByteArray() };
    }
}
