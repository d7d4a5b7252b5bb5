using System.Collections.Immutable;

namespace Orchestrator.Grains.Customers;

/// <summary>How it went with something that customers can do by themselves.</summary>
/// <param name="LastTriedAt">When it was over last: they did it, or let it pass.</param>
/// <param name="Tries">How often it was offered to the end.</param>
/// <param name="Solved">How often they did it.</param>
/// <param name="Saved">Working time of ours that was not needed.</param>
/// <param name="Credited">Whether the latest try is counted among those solved.</param>
public sealed record SelfServiceUse(string Play, DateTimeOffset LastTriedAt, long Tries, long Solved, TimeSpan Saved, bool Credited)
{
    public SelfServiceUse Tried(DateTimeOffset at) => this with { LastTriedAt = at, Tries = Tries + 1, Credited = false };

    public SelfServiceUse SolvedAt(DateTimeOffset at, bool tried, TimeSpan saved) =>
        this with { LastTriedAt = at, Tries = Tries + (tried ? 1 : 0), Solved = Solved + 1, Saved = Saved + saved, Credited = true };

    public SelfServiceUse Merge(SelfServiceUse other) => (LastTriedAt >= other.LastTriedAt ? this : other) with
    {
        Tries = Tries + other.Tries,
        Solved = Solved + other.Solved,
        Saved = Saved + other.Saved,
    };

    /// <summary>The use of a play; null = it was never tried.</summary>
    public static SelfServiceUse? Find(ImmutableArray<SelfServiceUse> uses, string play)
    {
        foreach (var use in uses)
        {
            if (use.Play == play)
            {
                return use;
            }
        }

        return null;
    }

    internal static ImmutableArray<SelfServiceUse> Change(ImmutableArray<SelfServiceUse> uses, string play, Func<SelfServiceUse, SelfServiceUse> change)
    {
        var at = 0;
        for (; at < uses.Length && string.CompareOrdinal(uses[at].Play, play) <= 0; at++)
        {
            if (uses[at].Play == play)
            {
                return uses.SetItem(at, change(uses[at]));
            }
        }

        return uses.Insert(at, change(new SelfServiceUse(play, DateTimeOffset.MinValue, 0, 0, TimeSpan.Zero, Credited: false)));
    }
}
