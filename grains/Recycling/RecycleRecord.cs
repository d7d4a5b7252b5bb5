using System.Collections.Immutable;
using Orchestrator.Grains.Stages;

namespace Orchestrator.Grains.Recycling;

/// <summary>How often an account was recycled, why, and what came of it.</summary>
/// <param name="Attempts">How often it came into the pool.</param>
/// <param name="Returns">How often it was won back: the yield.</param>
/// <param name="Saved">What new leads would have cost instead, minor currency units.</param>
/// <param name="Stays">The latest, oldest first; at most <see cref="MostStays"/>.</param>
public sealed record RecycleRecord(int Attempts, int Returns, long Saved, ImmutableArray<RecycleStay> Stays)
{
    /// <summary>How many stays in the pool are remembered with their cause.</summary>
    public const int MostStays = 16;

    public static readonly RecycleRecord None = new(0, 0, 0, []);

    /// <summary>The latest stay, over or not; null: it was never recycled.</summary>
    public RecycleStay? Last => Stays is [.., var last] ? last : null;

    internal RecycleRecord Enter(JourneyEvent.Recycled e)
    {
        var stays = Stays.Length < MostStays ? Stays : Stays.RemoveAt(0);
        return this with { Attempts = e.Attempt, Stays = stays.Add(new RecycleStay(e.Source, e.Reason, e.At, e.Until, e.Attempt, null, "", null)) };
    }

    internal RecycleRecord Awake(DateTimeOffset at) => WithLast(last => last with { AwokenAt = at });

    internal RecycleRecord Return(JourneyEvent.Returned e) =>
        WithLast(last => last with { ReturnedTo = e.Stage, ReturnedAt = e.At }) with { Returns = Returns + 1, Saved = Saved + e.Saved };

    private RecycleRecord WithLast(Func<RecycleStay, RecycleStay> change) => Last is { } last ? this with { Stays = Stays.SetItem(Stays.Length - 1, change(last)) } : this;
}

/// <summary>One stay in the recycle pool.</summary>
/// <param name="Source">The stage that was left for it.</param>
/// <param name="Reason">The reason code; may be empty.</param>
/// <param name="Until">The end of the cool-down.</param>
/// <param name="Attempt">From 1.</param>
/// <param name="AwokenAt">When it was opened for transitions; null: not yet.</param>
/// <param name="ReturnedTo">The stage in which it counted as won back; empty: not (yet).</param>
public sealed record RecycleStay(
    string Source, string Reason, DateTimeOffset At, DateTimeOffset Until, int Attempt, DateTimeOffset? AwokenAt, string ReturnedTo, DateTimeOffset? ReturnedAt);
