namespace Orchestrator.Silo.Delivery;

/// <summary>Something that is due at an instant. It knows its place in the heap, so that it can leave or move in O(log n).</summary>
internal abstract class Due
{
    /// <summary>Ticks of the clock that the heap belongs to.</summary>
    public long DueAt { get; internal set; }

    /// <summary>Index in the heap, or -1.</summary>
    public int Slot { get; internal set; } = -1;
}

/// <summary>
/// A binary heap of due things, earliest first. Unlike a queue with lazy deletion it holds nothing that is over: most actions are settled days before
/// their validity ends, and their tombstones would outnumber the living. Not thread-safe.
/// </summary>
internal sealed class DueHeap
{
    private readonly List<Due> items = [];

    public int Count => items.Count;

    public Due? First => items.Count == 0 ? null : items[0];

    /// <summary>Adds the item or moves it.</summary>
    public void Set(Due item, long dueAt)
    {
        if (item.Slot < 0)
        {
            item.DueAt = dueAt;
            item.Slot = items.Count;
            items.Add(item);
            Up(item.Slot);
            return;
        }

        var earlier = dueAt < item.DueAt;
        item.DueAt = dueAt;
        if (earlier)
        {
            Up(item.Slot);
        }
        else
        {
            Down(item.Slot);
        }
    }

    /// <summary>Takes the item out, if it is in.</summary>
    public void Remove(Due item)
    {
        var slot = item.Slot;
        if (slot < 0)
        {
            return;
        }

        var last = items[^1];
        items.RemoveAt(items.Count - 1);
        item.Slot = -1;
        if (!ReferenceEquals(last, item))
        {
            Place(last, slot);
            Up(slot);
            Down(last.Slot);
        }
    }

    private void Up(int slot)
    {
        var item = items[slot];
        while (slot > 0 && items[(slot - 1) / 2].DueAt > item.DueAt)
        {
            Place(items[(slot - 1) / 2], slot);
            slot = (slot - 1) / 2;
        }

        Place(item, slot);
    }

    private void Down(int slot)
    {
        var item = items[slot];
        while (true)
        {
            var child = (2 * slot) + 1;
            if (child >= items.Count)
            {
                break;
            }

            if (child + 1 < items.Count && items[child + 1].DueAt < items[child].DueAt)
            {
                child++;
            }

            if (items[child].DueAt >= item.DueAt)
            {
                break;
            }

            Place(items[child], slot);
            slot = child;
        }

        Place(item, slot);
    }

    private void Place(Due item, int slot)
    {
        items[slot] = item;
        item.Slot = slot;
    }
}
