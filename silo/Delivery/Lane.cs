using System.Runtime.CompilerServices;
using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Silo.Delivery;

/// <summary>
/// The open actions of one account, in the order decided; never empty while the hub knows it. Guarded by the hub's lock. Its due time (business clock) is
/// not later than any of its actions', and may be earlier: then whoever looks finds nothing and sets it right.
/// </summary>
/// <remarks>
/// Actions come and go with every third signal and most outlive a collection of young objects. Each table that names one is written then, and read once more by the
/// collector; so an action stands here and in its route, and nowhere else.
/// </remarks>
internal sealed class Lane(GrainKey account) : Due
{
    private Place[] places = new Place[1];

    public GrainKey Account { get; } = account;

    public int Count { get; private set; }

    /// <summary>Valid until an action comes or goes.</summary>
    public ReadOnlySpan<Place> Actions => places.AsSpan(0, Count);

    /// <summary>Null if it is not here.</summary>
    public TrackedAction? Find(string id)
    {
        var hash = HashOf(id);
        foreach (ref readonly var place in Actions)
        {
            if (place.Hash == hash && place.Action.Id == id)
            {
                return place.Action;
            }
        }

        return null;
    }

    /// <summary>Puts it behind all that were decided before or with it: offers come in the order decided, except after a move between silos.</summary>
    public void Add(TrackedAction action)
    {
        if (Count == places.Length)
        {
            Array.Resize(ref places, Count < 4 ? Count * 2 : Count + (Count / 2));
        }

        var at = Count;
        while (at > 0 && places[at - 1].Action.Action.DecidedAt > action.Action.DecidedAt)
        {
            at--;
        }

        Array.Copy(places, at, places, at + 1, Count - at);
        places[at] = new(HashOf(action.Id), action);
        Count++;
    }

    public void Remove(TrackedAction action)
    {
        var at = 0;
        while (!ReferenceEquals(places[at].Action, action))
        {
            at++;
        }

        Count--;
        Array.Copy(places, at + 1, places, at, Count - at);
        places[Count] = default;
    }

    /// <summary>Whether one of them takes one of these ways.</summary>
    public bool Has(HashSet<Route> routes)
    {
        foreach (ref readonly var place in Actions)
        {
            if (routes.Contains(place.Action.Route))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>When the first of them is due, or <see cref="TrackedAction.Never"/>.</summary>
    public long FirstDueAt()
    {
        var first = TrackedAction.Never;
        foreach (ref readonly var place in Actions)
        {
            first = Math.Min(first, place.Action.DueAt);
        }

        return first;
    }

    private static int HashOf(string id) => StringComparer.Ordinal.GetHashCode(id);

    /// <param name="Hash">Of the action's id, so that looking for one reads no other.</param>
    public readonly record struct Place(int Hash, TrackedAction Action);
}
