using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Silo.Partitions;

/// <summary>The grains of a partition that are in memory, coldest first as nearly as it is worth knowing, and those that no snapshot includes, oldest change first. Lives on the partition's loop.</summary>
internal sealed class ResidentGrains(PartitionSettings settings) : IGrains
{
    // A grain that is used again keeps its place in the chain while at most this part of all has come behind it since, and it is not this part of the idle age since.
    private const int HotShare = 8;
    private const int IdleShare = 16;

    private readonly Dictionary<GrainKey, Resident> _byKey = [];
    private readonly ResidentChain<ByUse> _used = new();
    private readonly ResidentChain<ByChange> _unsaved = new();
    private readonly List<Resident> _asked = [];
    private long _bytes;
    private long _departures;
    private int _moves;
    private Resident? _recent;
    private Resident? _recentContact;

    public int Count => _byKey.Count;

    /// <summary>What the machine's clock says, UTC ticks; set when a batch begins.</summary>
    public long Now { get; set; }

    /// <summary>When the coldest grain has been idle for long enough to leave, UTC ticks of the machine's clock; null if none may.</summary>
    public long? NextIdle => _used.First is { IsSaved: true } coldest ? coldest.UsedAt + settings.IdleAge.Ticks : null;

    /// <summary>In no order.</summary>
    public IEnumerable<Resident> All => _byKey.Values;

    /// <summary>Entries of this partition that no snapshot includes.</summary>
    public int UnsavedEntries { get; private set; }

    /// <summary>The grain whose unsaved changes are oldest; null = all are saved.</summary>
    public Resident? OldestUnsaved => _unsaved.First;

    public bool TryGet(GrainKey key, out GrainState? state)
    {
        if (Find(key) is { Loaded: true } resident)
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

    /// <summary>
    /// After a turn of an account whose holders of open actions were all found: they still are, if those of what it opened are. Else they are to be found out again, one by one, and each of them is
    /// in nobody's cache.
    /// </summary>
    /// <param name="before">Its open actions until then.</param>
    public void CarryHolders(Resident account, ImmutableArray<OpenAction> before)
    {
        var known = ImmutableCollectionsMarshal.AsArray(before);
        if (account.State is not Account { OpenActions: var after } || after == before || account.HeldBy is null || !ReferenceEquals(account.HeldBy, known) || account.HeldAt != _departures)
        {
            return;
        }

        // Those that stay are in the order they were in, and what was opened is behind them.
        var at = 0;
        foreach (var action in after)
        {
            while (at < known!.Length && !ReferenceEquals(known[at], action))
            {
                at++;
            }

            if (at++ >= known.Length && action.Contact.Length > 0
                && Find(GrainKey.Contact(account.Key.Tenant, account.Key.Affinity, action.Contact)) is not { Loaded: true, State: not Contact { MovedTo: not null } })
            {
                account.HeldBy = null;
                return;
            }
        }

        account.HeldBy = ImmutableCollectionsMarshal.AsArray(after);
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

    public Resident? Find(GrainKey key)
    {
        // A turn asks a dozen times for its account and for the person at hand.
        ref var recent = ref key.Kind == GrainKind.Contact ? ref _recentContact : ref _recent;
        if (recent is { } known && known.Key == key)
        {
            return known;
        }

        return _byKey.TryGetValue(key, out var found) ? recent = found : null;
    }

    /// <summary>The resident of this key, made if need be.</summary>
    public Resident Touch(GrainKey key)
    {
        var resident = Find(key);
        if (resident is null)
        {
            resident = new Resident(key);
            _byKey.Add(key, resident);
            _bytes += resident.Bytes;
            AddLast(resident);
        }
        else if (resident == _used.Last)
        {
            resident.UsedAt = Now;
        }
        else if (!IsNearTheEnd(resident))
        {
            _used.Remove(resident);
            AddLast(resident);
        }

        return resident;
    }

    private void AddLast(Resident resident)
    {
        _used.AddLast(resident);
        resident.Move = unchecked(++_moves);
        resident.UsedAt = Now;
    }

    /// <summary>Near enough: moving it would read and write three others that are in nobody's cache.</summary>
    private bool IsNearTheEnd(Resident resident) =>
        unchecked(_moves - resident.Move) <= _byKey.Count / HotShare && Now - resident.UsedAt <= settings.IdleAge.Ticks / IdleShare;

    /// <summary>Lets a saved grain be the first to leave: it was looked at once and nobody asked for it.</summary>
    public void Cool(Resident resident)
    {
        if (resident.IsSaved && Find(resident.Key) == resident)
        {
            resident.UsedAt = Now - settings.IdleAge.Ticks;
            _used.Remove(resident);
            _used.AddFirst(resident);
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
            _unsaved.AddLast(resident);
        }

        var bytes = events * Resident.EventBytes;
        resident.Bytes += bytes;
        _bytes += bytes;
        resident.UnsavedEvents += events;
        resident.UnsavedEntries++;
        UnsavedEntries++;
    }

    /// <summary>Notes that a snapshot includes everything of this grain.</summary>
    public void Save(Resident resident)
    {
        if (!resident.IsSaved)
        {
            _unsaved.Remove(resident);
        }

        UnsavedEntries -= resident.UnsavedEntries;
        resident.FirstUnsaved = 0;
        resident.UnsavedSince = 0;
        resident.UnsavedEvents = 0;
        resident.UnsavedEntries = 0;
    }

    /// <summary>Whether the coldest grains should leave.</summary>
    public bool IsCrowded => _byKey.Count > settings.ResidentLimit || _bytes > settings.ResidentLimitBytes;

    /// <summary>Lets the coldest saved grains leave, while the bounds do not hold or they are idle; unsaved ones stay until a snapshot includes them.</summary>
    /// <returns>The coldest unsaved grains that stand in the way, at most <paramref name="limit"/>.</returns>
    public List<Resident> Evict(int limit)
    {
        var inTheWay = new List<Resident>();
        var resident = _used.First;
        while (resident is not null && inTheWay.Count < limit && (IsCrowded || (resident.IsSaved && resident.UsedAt + settings.IdleAge.Ticks <= Now)))
        {
            var next = ResidentChain<ByUse>.After(resident);
            if (resident.IsSaved)
            {
                _used.Remove(resident);
                _byKey.Remove(resident.Key);
                (_recent, _recentContact) = (null, null);
                Depart();
                _bytes -= resident.Bytes;
            }
            else
            {
                inTheWay.Add(resident);
            }

            resident = next;
        }

        return inTheWay;
    }
}
