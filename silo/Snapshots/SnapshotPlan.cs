using System.Buffers;
using Google.Protobuf;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Partitions;

namespace Orchestrator.Silo.Snapshots;

/// <summary>
/// Which grains of a partition are saved when, so that the journal behind its checkpoint stays short: those with many unsaved events, those whose oldest
/// unsaved change is oldest, and those that stand in the way of memory. Lives on the partition's loop; writes only what is committed.
/// </summary>
internal sealed class SnapshotPlan(PartitionSettings settings, ResidentGrains grains, int partition, long checkpoint)
{
    // Checkpoints cost a row update: not worth it for a few frames.
    private const int CheckpointStep = 32;

    // Above this multiple of its limit the tail matters more than the share of bytes.
    private const int TailTolerance = 8;

    // A state as large as the events behind it is better folded for longer: what is saved again every 256 events of some 200 bytes shall be an eighth of them at most. By that many bytes more of it,
    // it waits for that many events more. Snapshots of busy accounts were a sixth of all that PostgreSQL logged at full load.
    private const int BytesPerPatience = 6_400;
    private const int MostPatience = 8;
    private const long MostCreditBytes = 4 * 1024 * 1024;

    // One for each thread, not for each of hundreds of partitions: a large state makes it large.
    [ThreadStatic]
    private static FormBuffer? s_buffer;

    private readonly HashSet<Resident> _heavy = [];
    private readonly List<Resident> _chosen = [];
    private readonly HashSet<Resident> _chosenSet = [];
    private readonly List<Resident> _written = [];
    private readonly List<byte[]> _rented = [];
    private List<Resident> _inTheWay = [];
    private double _creditBytes;
    private long _checkpointWritten;
    private long _now;

    /// <summary>Every grain's snapshot includes all frames up to this one.</summary>
    public long Checkpoint { get; private set; } = checkpoint;

    /// <summary>When the oldest unsaved change must be saved, UTC ticks; null = all is saved.</summary>
    public long? Due => grains.OldestUnsaved is { } oldest ? oldest.UnsavedSince + settings.TailAge.Ticks : null;

    /// <summary>When the last frames, all of whose grains are saved, must have a checkpoint, UTC ticks; null = they have one, or grains must be saved first.</summary>
    public long? IdleDue(PartitionMemory memory) =>
        grains.OldestUnsaved is null && Checkpoint < memory.NextSequence - 1 ? memory.LastAt + settings.CheckpointAge.Ticks : null;

    /// <summary>Chooses the grains to save with the next frame; those that are not loaded must be, before <see cref="Write"/>.</summary>
    public IReadOnlyList<Resident> Choose(long now)
    {
        _now = now;
        _chosen.Clear();
        _chosenSet.Clear();
        foreach (var resident in _heavy)
        {
            Choose(resident);
        }

        foreach (var resident in _inTheWay)
        {
            Choose(resident);
        }

        _inTheWay.Clear();

        var entries = grains.UnsavedEntries;
        var over = entries - settings.TailLimit;
        var affordable = _creditBytes > 0 || entries > settings.TailLimit * TailTolerance;
        for (var resident = grains.OldestUnsaved; resident is not null && _chosen.Count < settings.SnapshotsPerFrame; resident = ResidentChain<ByChange>.After(resident))
        {
            if (resident.UnsavedSince + settings.TailAge.Ticks > now && !(over > 0 && affordable))
            {
                break;
            }

            over -= resident.UnsavedEntries;
            Choose(resident);
        }

        return _chosen;
    }

    /// <summary>Adds the chosen grains, and a checkpoint where it is worth it, to what is written next. Everything in memory must be committed.</summary>
    public void Write(PartitionMemory memory, CommitRequest request)
    {
        _written.Clear();
        _rented.Clear();
        foreach (var resident in _chosen)
        {
            if (!resident.IsSaved)
            {
                var state = resident.State ?? throw new InvalidOperationException($"`{resident.Key}` has entries in the journal and no state");
                var body = BytesOf(state, resident.LastEntry);
                request.Snapshots.Add(new SnapshotWrite(partition, memory.Epoch, resident.Name, resident.LastEntry, Ticks.Of(state.Wake), state.IsFlagged, body));
                request.Bytes += body.Length;
                _creditBytes -= body.Length;
                grains.Weigh(resident, body.Length);
                _written.Add(resident);
            }
        }

        _chosen.Clear();
        _checkpointWritten = (grains.OldestUnsaved?.FirstUnsaved ?? memory.NextSequence) - 1;
        if (_checkpointWritten >= Checkpoint + CheckpointStep || IdleDue(memory) <= _now)
        {
            request.Checkpoint = new CheckpointWrite(partition, memory.Epoch, _checkpointWritten, memory.Save().ToByteArray());
        }
    }

    /// <summary>What <see cref="Write"/> added is durable. Call before the frame's own entries are noted.</summary>
    public void Written(CommitRequest request, CommitResult result)
    {
        foreach (var resident in _written)
        {
            grains.Save(resident);
            _heavy.Remove(resident);
        }

        _written.Clear();
        if (result == CommitResult.Written)
        {
            // After an unknown outcome the store may still look at them.
            foreach (var body in _rented)
            {
                ArrayPool<byte>.Shared.Return(body);
            }
        }

        _rented.Clear();
        if (request.Checkpoint is not null)
        {
            Checkpoint = _checkpointWritten;
        }

        if (request.Frame is { } frame)
        {
            _creditBytes = Math.Min(MostCreditBytes, _creditBytes + (frame.Body.Length * settings.SnapshotShare / (1 - settings.SnapshotShare)));
        }
    }

    /// <summary>Looks whether a changed grain has become long to fold.</summary>
    public void Note(Resident resident)
    {
        if (resident.UnsavedEvents > settings.SnapshotEvents * Math.Clamp(resident.StoredBytes / BytesPerPatience, 1, MostPatience))
        {
            _heavy.Add(resident);
        }
    }

    /// <summary>Lets cold grains leave memory, between batches only; unsaved ones that stand in the way are saved first, with the next frame.</summary>
    public void MakeRoom()
    {
        if (grains.IsCrowded || grains.NextIdle <= grains.Now)
        {
            _inTheWay = grains.Evict(settings.SnapshotsPerFrame);
        }
    }

    /// <summary>A state as bytes, in room that is used again once they are durable.</summary>
    private ReadOnlyMemory<byte> BytesOf(GrainState state, long lastEntry)
    {
        var buffer = s_buffer ??= new FormBuffer();
        buffer.Clear();
        StateBytes.Write(state, lastEntry, buffer);
        var body = ArrayPool<byte>.Shared.Rent(buffer.Length);
        buffer.Written.CopyTo(body);
        _rented.Add(body);
        return body.AsMemory(0, buffer.Length);
    }

    private void Choose(Resident resident)
    {
        if (_chosen.Count < settings.SnapshotsPerFrame && !resident.IsSaved && _chosenSet.Add(resident))
        {
            _chosen.Add(resident);
        }
    }
}
