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
    private const int MostSuspects = 16;

    private readonly Dictionary<GrainKey, StoredQuarantine> _quarantined = [];
    private readonly List<StoredCommand> _parked = [];
    private readonly List<StoredSuspect> _suspects = [];
    private StoredLeave? _leave;
    private long _asOf;

    /// <summary>Take-overs from owners that did not leave in order, since all was well.</summary>
    public int Crashes { get; private set; }

    /// <summary>What the last owner was about to decide, if it died before it could say that it had.</summary>
    public StoredIntent? Intent { get; private set; }

    /// <summary>Whether a command of some grain was open at a death, and none of its commands has been survived since.</summary>
    public bool HasSuspect => _suspects.Count > 0;

    /// <summary>What a frame repeats that says something else about care.</summary>
    public StoredCare Said()
    {
        var said = new StoredCare { Crashes = Crashes };
        said.Suspects.AddRange(_suspects);
        return said;
    }

    /// <summary>What the first frame after an owner's death says: one death more, and one against the grain whose command was open.</summary>
    /// <param name="quarantineAfter">Deaths in succession with a command of the same grain open, after which it is given none any more.</param>
    /// <param name="now">UTC ticks.</param>
    public StoredCare AfterDeath(int quarantineAfter, long now)
    {
        var said = Said();
        said.Crashes++;
        if (Intent is not { } intent)
        {
            return said;
        }

        var grain = KeyForm.Write(SubjectOf(KeyForm.Read(intent.Grain)));
        var deaths = 1 + (_suspects.Find(s => s.Grain.Equals(grain))?.Deaths ?? 0);
        foreach (var known in _suspects.FindAll(s => s.Grain.Equals(grain)))
        {
            said.Suspects.Remove(known);
        }

        if (deaths >= quarantineAfter)
        {
            said.Quarantined.Add(new StoredQuarantine { Grain = grain, At = now, Command = intent.Command, Crashes = said.Crashes });
            return said;
        }

        said.Suspects.Add(new StoredSuspect { Grain = grain, Deaths = deaths });
        while (said.Suspects.Count > MostSuspects)
        {
            said.Suspects.RemoveAt(0);
        }

        return said;
    }

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
        _suspects.AddRange(saved.Suspects);
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

        var (survived, crashes) = (Intent, Crashes);
        (Intent, _leave, _asOf) = (care?.Intent, care?.Leave, sequence);
        if (care is not null)
        {
            Crashes = care.Crashes;
            _suspects.Clear();
            _suspects.AddRange(care.Suspects);
            foreach (var released in care.Released)
            {
                var key = SubjectOf(KeyForm.Read(released));
                _quarantined.Remove(key);
                _parked.RemoveAll(c => SubjectOf(KeyForm.Read(c.Target)) == key);
            }

            Add(care);
        }

        if (survived is not null && Crashes <= crashes)
        {
            var grain = KeyForm.Write(SubjectOf(KeyForm.Read(survived.Grain)));
            _suspects.RemoveAll(s => s.Grain.Equals(grain));
        }
    }

    /// <summary>For a checkpoint; null if there is nothing to say.</summary>
    public StoredCare? Save()
    {
        if (Crashes == 0 && Intent is null && _leave is null && _quarantined.Count == 0)
        {
            return null;
        }

        var saved = Said();
        (saved.Intent, saved.Leave, saved.AsOf) = (Intent, _leave, _asOf);
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
