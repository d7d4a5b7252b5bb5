using System.Diagnostics.CodeAnalysis;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Silo.Journal;
using Orchestrator.V1;

namespace Orchestrator.Silo.Partitions;

/// <summary>
/// What a partition knows of its owners' deaths, and which grains are in quarantine (decisions/0001-quarantine.md). Part of the journaled state: changes only by folding frames.
/// Lives on the partition's loop.
/// </summary>
internal sealed class PartitionCare
{
    private readonly Dictionary<GrainKey, StoredQuarantine> _quarantined = [];
    private readonly List<StoredCommand> _parked = [];
    private StoredLeave? _leave;
    private long _asOf;

    /// <summary>Take-overs from owners that did not leave in order, since all was well.</summary>
    public int Crashes { get; private set; }

    /// <summary>What the last owner was about to decide, if it died before it could say that it had.</summary>
    public StoredIntent? Intent { get; private set; }

    public bool HasQuarantine => _quarantined.Count > 0;

    /// <summary>The grain that a command is judged by: an account stands for its contacts.</summary>
    public static GrainKey SubjectOf(GrainKey key) => key.Kind == GrainKind.Contact ? GrainKey.Account(key.Tenant, key.Affinity) : key;

    public bool IsQuarantined(GrainKey key, [NotNullWhen(true)] out StoredQuarantine? quarantine)
    {
        quarantine = null;
        return _quarantined.Count > 0 && _quarantined.TryGetValue(SubjectOf(key), out quarantine);
    }

    /// <summary>Messages that wait for this grain's release, in order.</summary>
    public IEnumerable<StoredCommand> ParkedFor(GrainKey key) => _parked.Where(c => SubjectOf(KeyForm.Read(c.Target)) == SubjectOf(key));

    /// <summary>Whether whoever had the partition before this row's epoch was taken had left in order, or nobody ever had it.</summary>
    public bool WasLeftInOrder(PartitionRow row) => _leave is { } leave
        ? leave.Epoch + (leave.HandedOver ? 2 : 1) >= row.Epoch
        : row is { Epoch: 1, NextSequence: 1 };

    /// <summary>Starts from what was saved with a checkpoint.</summary>
    public void Load(StoredCare saved)
    {
        (Crashes, Intent, _leave, _asOf) = (saved.Crashes, saved.Intent, saved.Leave, saved.AsOf);
        Add(saved);
    }

    /// <summary>Folds a frame that is durable; one that is included already changes nothing.</summary>
    /// <param name="care">As in the frame; null in nearly all.</param>
    public void Fold(long sequence, StoredCare? care)
    {
        if (sequence <= _asOf)
        {
            return;
        }

        (Intent, _leave, _asOf) = (care?.Intent, care?.Leave, sequence);
        if (care is not null)
        {
            Crashes = care.Crashes;
            foreach (var released in care.Released)
            {
                var key = SubjectOf(KeyForm.Read(released));
                _quarantined.Remove(key);
                _parked.RemoveAll(c => SubjectOf(KeyForm.Read(c.Target)) == key);
            }

            Add(care);
        }
    }

    /// <summary>For a checkpoint; null if there is nothing to say.</summary>
    public StoredCare? Save()
    {
        if (Crashes == 0 && Intent is null && _leave is null && _quarantined.Count == 0)
        {
            return null;
        }

        var saved = new StoredCare { Crashes = Crashes, Intent = Intent, Leave = _leave, AsOf = _asOf };
        saved.Quarantined.AddRange(_quarantined.Values);
        saved.Parked.AddRange(_parked);
        return saved;
    }

    private void Add(StoredCare care)
    {
        foreach (var quarantine in care.Quarantined)
        {
            _quarantined[SubjectOf(KeyForm.Read(quarantine.Grain))] = quarantine;
        }

        _parked.AddRange(care.Parked);
    }
}
