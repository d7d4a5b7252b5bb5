using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Grains.Scores;

/// <summary>How often something that the playbook asks about happened: totals for ever, single occurrences for as long as the longest window that is asked.</summary>
/// <param name="Name">Canonical: <c>type{property=value}</c> and, for sums, <c>+property</c>.</param>
/// <param name="Count">Occurrences ever.</param>
/// <param name="Sum">Sum of amounts ever (minor units for money).</param>
/// <param name="Last">The latest event time.</param>
/// <param name="Recent">Occurrences within the longest window.</param>
/// <param name="KeepFor">The longest window asked; zero = only totals.</param>
public sealed record Tally(string Name, long Count, double Sum, DateTimeOffset Last, Occurrences Recent, TimeSpan KeepFor)
{
    // Written by Rewrite only.
    private string name = Name;
    private long count = Count;
    private double sum = Sum;
    private DateTimeOffset last = Last;
    private Occurrences recent = Recent;
    private TimeSpan keepFor = KeepFor;

    public string Name
    {
        get => name;
        init => name = value;
    }

    public long Count
    {
        get => count;
        init => count = value;
    }

    public double Sum
    {
        get => sum;
        init => sum = value;
    }

    public DateTimeOffset Last
    {
        get => last;
        init => last = value;
    }

    public Occurrences Recent
    {
        get => recent;
        init => recent = value;
    }

    /// <summary>The same where it lies: a copy of it is seven words.</summary>
    internal ref readonly Occurrences RecentInPlace => ref recent;

    public TimeSpan KeepFor
    {
        get => keepFor;
        init => keepFor = value;
    }

    public static Tally Empty(string name) => new(name, 0, 0, DateTimeOffset.MinValue, Occurrences.None, TimeSpan.Zero);

    public Tally Post(in TallyPost post)
    {
        var last = post.At > Last ? post.At : Last;
        var recent = post.KeepFor <= TimeSpan.Zero ? Occurrences.None : Recent.Add(new Occurrence(post.At.UtcTicks, post.Amount, 1), Oldest(last, post.KeepFor));
        // The playbook's own text for the name, so that it is found by reference.
        return new Tally(post.Tally, Count + 1, Sum + post.Amount, last, recent, post.KeepFor);
    }

    /// <summary>With these occurrences; sorted by name before and after.</summary>
    internal static ImmutableArray<Tally> Post(ImmutableArray<Tally> tallies, IReadOnlyList<TallyPost> posts)
    {
        Tally[]? posted = null;
        for (var i = 0; i < posts.Count; i++)
        {
            var post = posts[i];
            var at = IndexOf(posted ?? tallies.AsSpan(), post.Tally);
            if (at >= 0)
            {
                // One copy for all of them.
                posted ??= [.. tallies];
                posted[at] = posted[at].Post(post);
            }
            else
            {
                var before = posted ?? tallies.AsSpan();
                posted = [.. before[..~at], Empty(post.Tally).Post(post), .. before[~at..]];
            }
        }

        return posted is null ? tallies : ImmutableCollectionsMarshal.AsImmutableArray(posted);
    }

    /// <summary>What a holder of <paramref name="held"/> goes on with; see <see cref="Rewriting"/>.</summary>
    internal static ImmutableArray<Tally> Rewrite(ImmutableArray<Tally> held, ImmutableArray<Tally> next)
    {
        if (held == next || held.Length != next.Length)
        {
            // A tally that is new, or gone: those that both have stay the same objects, unless they were posted to in the same turn.
            return next;
        }

        for (var i = 0; i < held.Length; i++)
        {
            if (!ReferenceEquals(held[i], next[i]))
            {
                held[i].Become(next[i]);
            }
        }

        return held;
    }

    /// <summary>The same in objects of their own.</summary>
    internal static ImmutableArray<Tally> Apart(ImmutableArray<Tally> tallies)
    {
        if (tallies.IsEmpty)
        {
            return tallies;
        }

        var apart = new Tally[tallies.Length];
        for (var i = 0; i < apart.Length; i++)
        {
            apart[i] = tallies[i] with { };
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(apart);
    }

    private void Become(Tally next) => (name, count, sum, last, recent, keepFor) = (next.name, next.count, next.sum, next.last, next.recent, next.keepFor);

    /// <summary>Where the tally of this name is, or the complement of where it belongs.</summary>
    private static int IndexOf(ReadOnlySpan<Tally> tallies, string name)
    {
        var at = 0;
        for (; at < tallies.Length; at++)
        {
            var order = string.CompareOrdinal(tallies[at].Name, name);
            if (order >= 0)
            {
                return order == 0 ? at : ~at;
            }
        }

        return ~at;
    }

    public Tally Merge(Tally other)
    {
        var last = Last > other.Last ? Last : other.Last;
        var keep = KeepFor > other.KeepFor ? KeepFor : other.KeepFor;
        var recent = Recent;
        foreach (var occurrence in other.Recent.All)
        {
            recent = recent.Add(occurrence, Oldest(last, keep));
        }

        return new Tally(Name, Count + other.Count, Sum + other.Sum, last, recent, keep);
    }

    /// <summary>Occurrences in (now - window, now].</summary>
    public long CountIn(TimeSpan window, DateTimeOffset now) => recent.CountAfter(Instants.Back(now.UtcTicks, window)) - recent.CountAfter(now.UtcTicks);

    /// <summary>Sum of amounts in (now - window, now].</summary>
    public double SumIn(TimeSpan window, DateTimeOffset now) => recent.SumIn(Instants.Back(now.UtcTicks, window), now.UtcTicks);

    /// <summary>
    /// The earliest instant after <paramref name="now"/> at which an occurrence leaves the window, or enters it (a clock of a sender may run ahead); null if none does.
    /// </summary>
    public DateTimeOffset? NextChange(TimeSpan window, DateTimeOffset now) =>
        NextChange(window, now.UtcTicks) is var next && next < long.MaxValue ? new DateTimeOffset(next, TimeSpan.Zero) : null;

    /// <summary>The same in UTC ticks; <see cref="long.MaxValue"/> = none does.</summary>
    internal long NextChange(TimeSpan window, long now)
    {
        var first = Recent.FirstAfter(Instants.Back(now, window));
        var leaves = first <= now ? Instants.Forth(first, window) : long.MaxValue;
        return Last.UtcTicks > now ? Math.Min(leaves, Recent.FirstAfter(now)) : leaves;
    }

    /// <summary>The latest one may lie ahead of the clock, so a little more than the window is kept.</summary>
    private static DateTimeOffset Oldest(DateTimeOffset last, TimeSpan keepFor) => last.Back(keepFor + AccountTurn.MostAhead);
}

/// <summary>One more occurrence: a journaled result.</summary>
public readonly record struct TallyPost(string Tally, DateTimeOffset At, double Amount, TimeSpan KeepFor);
