using System.Collections.Immutable;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Grains.Scores;

/// <summary>
/// How often something that the playbook asks about happened: totals for ever, single occurrences for as long as the longest window that is asked.
/// At most <see cref="MostOccurrences"/> occurrences are kept one by one; beyond that the two oldest become one at the later instant, so
/// totals stay right and a window may count an old occurrence a little too long.
/// </summary>
/// <param name="Name">Canonical: <c>type{property=value}</c> and, for sums, <c>+property</c>.</param>
/// <param name="Count">Occurrences ever.</param>
/// <param name="Sum">Sum of amounts ever (minor units for money).</param>
/// <param name="Last">The latest event time.</param>
/// <param name="Recent">Occurrences within the longest window, by time.</param>
/// <param name="KeepFor">The longest window asked; zero = only totals.</param>
public sealed record Tally(string Name, long Count, double Sum, DateTimeOffset Last, ImmutableArray<Occurrence> Recent, TimeSpan KeepFor)
{
    public const int MostOccurrences = 1024;

    public static Tally Empty(string name) => new(name, 0, 0, DateTimeOffset.MinValue, [], TimeSpan.Zero);

    public Tally Post(in TallyPost post)
    {
        var last = post.At > Last ? post.At : Last;
        return this with
        {
            Count = Count + 1,
            Sum = Sum + post.Amount,
            Last = last,
            KeepFor = post.KeepFor,
            Recent = post.KeepFor <= TimeSpan.Zero ? [] : Keep(Recent, new Occurrence(post.At, post.Amount, 1), Oldest(last, post.KeepFor)),
        };
    }

    public Tally Merge(Tally other)
    {
        var last = Last > other.Last ? Last : other.Last;
        var keep = KeepFor > other.KeepFor ? KeepFor : other.KeepFor;
        var recent = Recent;
        foreach (var occurrence in other.Recent)
        {
            recent = Keep(recent, occurrence, Oldest(last, keep));
        }

        return this with { Count = Count + other.Count, Sum = Sum + other.Sum, Last = last, KeepFor = keep, Recent = recent };
    }

    /// <summary>Occurrences in (now - window, now].</summary>
    public long CountIn(TimeSpan window, DateTimeOffset now)
    {
        var from = now.Back(window);
        long count = 0;
        for (var i = Recent.Length - 1; i >= 0 && Recent[i].At > from; i--)
        {
            count += Recent[i].At <= now ? Recent[i].Times : 0;
        }

        return count;
    }

    /// <summary>Sum of amounts in (now - window, now].</summary>
    public double SumIn(TimeSpan window, DateTimeOffset now)
    {
        var from = now.Back(window);
        double sum = 0;
        for (var i = Recent.Length - 1; i >= 0 && Recent[i].At > from; i--)
        {
            sum += Recent[i].At <= now ? Recent[i].Amount : 0;
        }

        return sum;
    }

    /// <summary>
    /// The earliest instant after <paramref name="now"/> at which an occurrence leaves the window, or enters it (a clock of a sender may run ahead); null if none does.
    /// </summary>
    public DateTimeOffset? NextChange(TimeSpan window, DateTimeOffset now)
    {
        var from = now.Back(window);
        DateTimeOffset? leaves = null;
        foreach (var occurrence in Recent)
        {
            if (occurrence.At > now)
            {
                return leaves < occurrence.At ? leaves : occurrence.At;
            }

            if (leaves is null && occurrence.At > from)
            {
                leaves = occurrence.At.Forth(window);
            }
        }

        return leaves;
    }

    /// <summary>The last event time may lie ahead of the clock, and then the window reaches further back than from there.</summary>
    private static DateTimeOffset Oldest(DateTimeOffset last, TimeSpan keepFor) => last.Back(keepFor + AccountTurn.MostAhead);

    private static ImmutableArray<Occurrence> Keep(ImmutableArray<Occurrence> recent, Occurrence added, DateTimeOffset from)
    {
        var kept = new List<Occurrence>(recent.Length + 1);
        var placed = false;
        foreach (var occurrence in recent)
        {
            if (!placed && added.At < occurrence.At)
            {
                kept.Add(added);
                placed = true;
            }

            kept.Add(occurrence);
        }

        if (!placed)
        {
            kept.Add(added);
        }

        kept.RemoveAll(o => o.At <= from);
        if (kept.Count > MostOccurrences)
        {
            kept[1] = new Occurrence(kept[1].At, kept[0].Amount + kept[1].Amount, kept[0].Times + kept[1].Times);
            kept.RemoveAt(0);
        }

        return [.. kept];
    }
}

/// <summary>One occurrence, or several that were merged.</summary>
public readonly record struct Occurrence(DateTimeOffset At, double Amount, long Times);

/// <summary>One more occurrence: a journaled result.</summary>
public readonly record struct TallyPost(string Tally, DateTimeOffset At, double Amount, TimeSpan KeepFor);
