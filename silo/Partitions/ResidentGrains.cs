using System.Runtime.InteropServices;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Silo.Partitions;

/// <summary>The grains of a partition that are in memory, coldest first, and those that no snapshot includes, oldest change first. Lives on the partition's loop.</summary>
internal sealed class ResidentGrains(PartitionSettings settings) : IGrains
{
    // What an event adds to its grain, until a snapshot tells its true size.
    private const int EventBytes = 200;

    private readonly Dictionary<GrainKey, Resident> _byKey = [];
    private readonly LinkedList<Resident> _used = new();
    private readonly LinkedList<Resident> _unsaved = new();
    private readonly List<Resident> _asked = [];
    private long _bytes;
    private long _departures;

    public int Count => _byKey.Count;

    /// <summary>What the machine's clock says, UTC ticks; set when a batch begins.</summary>
    public long Now { get; set; }

    /// <summary>When the coldest grain has been idle for long enough to leave, UTC ticks of the machine's clock; null if none may.</summary>
    public long? NextIdle => _used.First is { Value: { IsSaved: true } coldest } ? coldest.UsedAt + settings.IdleAge.Ticks : null;

    /// <summary>In no order.</summary>
    public IEnumerable<Resident> All => _byKey.Values;

    /// <summary>Entries of this partition that no snapshot includes.</summary>
    public int UnsavedEntries { get; private set; }

    /// <summary>The grain whose unsaved changes are oldest; null = all are saved.</summary>
    public Resident? OldestUnsaved => _unsaved.First?.Value;

    /// <summary>Those that no snapshot includes, oldest change first.</summary>
    public LinkedListNode<Resident>? FirstUnsavedNode => _unsaved.First;

    public bool TryGet(GrainKey key, out GrainState? state)
    {
        if (_byKey.TryGetValue(key, out var resident) && resident.Loaded)
        {
            state = resident.State;
            if (resident.OwnsState)
            {
                _asked.Add(resident);
            }

            return true;
        }

        state = null;
        return false;
    }

    public bool KnowsHolders(Account account) =>
        Find(account.Key) is { HeldBy: { } known } resident && resident.HeldAt == _departures && ReferenceEquals(known, ImmutableCollectionsMarshal.AsArray(account.OpenActions));

    public void NoteHolders(Account account)
    {
        if (Find(account.Key) is { } resident)
        {
            (resident.HeldBy, resident.HeldAt) = (ImmutableCollectionsMarshal.AsArray(account.OpenActions), _departures);
        }
    }

    /// <summary>Somebody is not who they were, or not in memory any more: what was found out about the holders of open actions is to be found out again.</summary>
    public void Depart() => _departures++;

    /// <summary>A turn begins: whoever was asked for until now was only looked at.</summary>
    public void BeginTurn() => _asked.Clear();

    /// <summary>The turn may have handed on what it asked for.</summary>
    public void ShareAsked()
    {
        foreach (var resident in _asked)
        {
            resident.OwnsState = false;
        }
    }

    public Resident? Find(GrainKey key) => _byKey.GetValueOrDefault(key);

    /// <summary>The resident of this key, made if need be.</summary>
    public Resident Touch(GrainKey key)
    {
        if (!_byKey.TryGetValue(key, out var resident))
        {
            resident = new Resident(key);
            _byKey.Add(key, resident);
            resident.UsedNode = _used.AddLast(resident);
            _bytes += resident.Bytes;
        }
        else if (resident.UsedNode is { } node && node != _used.Last)
        {
            _used.Remove(node);
            _used.AddLast(node);
        }

        resident.UsedAt = Now;
        return resident;
    }

    /// <summary>Lets a saved grain be the first to leave: it was looked at once and nobody asked for it.</summary>
    public void Cool(Resident resident)
    {
        if (resident is { IsSaved: true, UsedNode: { } node })
        {
            resident.UsedAt = Now - settings.IdleAge.Ticks;
            _used.Remove(node);
            _used.AddFirst(node);
        }
    }

    public void Weigh(Resident resident, int storedBytes)
    {
        _bytes -= resident.Bytes;
        resident.Weigh(storedBytes);
        _bytes += resident.Bytes;
    }

    /// <summary>Notes an entry that no snapshot includes yet.</summary>
    public void Unsave(Resident resident, long sequence, long at, int events)
    {
        if (resident.IsSaved)
        {
            resident.FirstUnsaved = sequence;
            resident.UnsavedSince = at;
            resident.UnsavedNode = _unsaved.AddLast(resident);
        }

        var bytes = events * EventBytes;
        resident.Bytes += bytes;
        _bytes += bytes;
        resident.UnsavedEvents += events;
        resident.UnsavedEntries++;
        UnsavedEntries++;
    }

    /// <summary>Notes that a snapshot includes everything of this grain.</summary>
    public void Save(Resident resident)
    {
        UnsavedEntries -= resident.UnsavedEntries;
        resident.FirstUnsaved = 0;
        resident.UnsavedSince = 0;
        resident.UnsavedEvents = 0;
        resident.UnsavedEntries = 0;
        if (resident.UnsavedNode is { } node)
        {
            _unsaved.Remove(node);
            resident.UnsavedNode = null;
        }
    }

    /// <summary>Whether the coldest grains should leave.</summary>
    public bool IsCrowded => _byKey.Count > settings.ResidentLimit || _bytes > settings.ResidentLimitBytes;

    /// <summary>Lets the coldest saved grains leave, while the bounds do not hold or they are idle; unsaved ones stay until a snapshot includes them.</summary>
    /// <returns>The coldest unsaved grains that stand in the way, at most <paramref name="limit"/>.</returns>
    public List<Resident> Evict(int limit)
    {
        var inTheWay = new List<Resident>();
        var node = _used.First;
        while (node is not null && inTheWay.Count < limit && (IsCrowded || (node.Value.IsSaved && node.Value.UsedAt + settings.IdleAge.Ticks <= Now)))
        {
            var next = node.Next;
            var resident = node.Value;
            if (resident.IsSaved)
            {
                _used.Remove(node);
                _byKey.Remove(resident.Key);
                Depart();
                _bytes -= resident.Bytes;
            }
            else
            {
                inTheWay.Add(resident);
            }

            node = next;
        }

        return inTheWay;
    }
}
