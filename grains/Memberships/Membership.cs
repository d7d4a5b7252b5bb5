using System.Collections.Immutable;
using System.Diagnostics;
using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Grains.Memberships;

/// <summary>A person's contact in one of several accounts. One of them is the home: there their messages are counted, and there signals go that name no account.</summary>
public sealed record Membership
{
    /// <summary>At most so many other accounts; beyond that nobody joins.</summary>
    public const int MostOthers = 16;

    public static readonly Membership Empty = new();

    /// <summary>The person's contact in the home account; null: this is it, or it is sought.</summary>
    public GrainKey? Home { get; init; }

    /// <summary>The home is being asked for: till it answers nothing goes out to the person from here.</summary>
    public bool Seeks { get; init; }

    /// <summary>Of a home: the person's contacts in other accounts, in the order they joined.</summary>
    public ImmutableArray<GrainKey> Others { get; init; } = [];

    /// <summary>Channels on which the home had no room for them, and until when.</summary>
    public ImmutableArray<HeldChannel> Held { get; init; } = [];

    /// <summary>Messages to the person are counted elsewhere.</summary>
    public bool IsMember => Seeks || Home is not null;

    public static Membership? Evolve(Membership? membership, MembershipEvent @event)
    {
        var now = membership ?? Empty;
        return @event switch
        {
            MembershipEvent.Sought => now with { Seeks = true },
            MembershipEvent.Welcomed e => now with { Seeks = false, Home = e.Home },
            MembershipEvent.Alone => now.Others.IsEmpty ? null : now with { Seeks = false },
            MembershipEvent.Joined e => now with { Others = now.Others.Contains(e.Member) ? now.Others : now.Others.Add(e.Member) },
            MembershipEvent.Parted e => now with { Home = now.Home == e.Member ? null : now.Home, Others = now.Others.Remove(e.Member) },
            MembershipEvent.NoRoom e => now with { Held = [.. now.Held.Where(h => h.Channel != e.Channel), new HeldChannel(e.Channel, e.Until)] },
            // Kept elsewhere: as slots, and as words on consent.
            MembershipEvent.Counted or MembershipEvent.Freed or MembershipEvent.Told => membership,
            _ => throw new UnreachableException(),
        };
    }

    /// <summary>Two contacts turned out to be one person.</summary>
    /// <param name="key">Who stays.</param>
    internal static Membership? Merge(GrainKey key, Membership? one, Membership? other)
    {
        if (other is null && one is null)
        {
            return null;
        }

        var (mine, theirs) = (one ?? Empty, other ?? Empty);
        ImmutableArray<GrainKey> others = [.. mine.Others.Union(theirs.Others).Where(o => o != key).Take(MostOthers)];
        // Who is the home of somebody stays one; otherwise it is where either is at home.
        GrainKey? home = null;
        foreach (var candidate in others.IsEmpty ? new[] { mine.Home, theirs.Home } : [])
        {
            home ??= candidate != key ? candidate : null;
        }

        return home is null && others.IsEmpty && !mine.Seeks ? null : mine with { Home = home, Others = others };
    }

    /// <summary>Until when the home had no room on a channel; null: as far as is known it has.</summary>
    public DateTimeOffset? HeldUntil(string channel)
    {
        foreach (var held in Held)
        {
            if (held.Channel == channel)
            {
                return held.Until;
            }
        }

        return null;
    }
}

/// <param name="Until">Not asked for again before.</param>
public readonly record struct HeldChannel(string Channel, DateTimeOffset Until);
