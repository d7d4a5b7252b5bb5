namespace Orchestrator.Silo.Partitions;

/// <summary>Residents in an order, linked by references that they hold themselves: a list with nodes of its own was two objects more for each grain in memory. Lives on the partition's loop.</summary>
/// <typeparam name="TOrder">Which of a resident's two orders.</typeparam>
internal sealed class ResidentChain<TOrder>
    where TOrder : IResidentOrder
{
    public Resident? First { get; private set; }

    public Resident? Last { get; private set; }

    public static Resident? After(Resident resident) => TOrder.Of(resident).After;

    public void AddLast(Resident resident)
    {
        TOrder.Of(resident) = new Neighbours(Last, null);
        if (Last is { } last)
        {
            TOrder.Of(last).After = resident;
        }
        else
        {
            First = resident;
        }

        Last = resident;
    }

    public void AddFirst(Resident resident)
    {
        TOrder.Of(resident) = new Neighbours(null, First);
        if (First is { } first)
        {
            TOrder.Of(first).Before = resident;
        }
        else
        {
            Last = resident;
        }

        First = resident;
    }

    /// <param name="resident">Is in this chain.</param>
    public void Remove(Resident resident)
    {
        var (before, after) = TOrder.Of(resident);
        if (before is null)
        {
            First = after;
        }
        else
        {
            TOrder.Of(before).After = after;
        }

        if (after is null)
        {
            Last = before;
        }
        else
        {
            TOrder.Of(after).Before = before;
        }

        TOrder.Of(resident) = default;
    }
}

/// <summary>Who stands beside a resident in a chain.</summary>
internal record struct Neighbours(Resident? Before, Resident? After);

/// <summary>Where a resident keeps its neighbours of one chain.</summary>
internal interface IResidentOrder
{
    static abstract ref Neighbours Of(Resident resident);
}

/// <summary>All that are in memory, coldest first.</summary>
internal readonly struct ByUse : IResidentOrder
{
    public static ref Neighbours Of(Resident resident) => ref resident.ByUse;
}

/// <summary>Those that no snapshot includes, oldest change first.</summary>
internal readonly struct ByChange : IResidentOrder
{
    public static ref Neighbours Of(Resident resident) => ref resident.ByChange;
}
