using System.Collections.Immutable;
using System.Diagnostics;
using Orchestrator.Grains.Standings;

namespace Orchestrator.Grains.Hierarchies;

/// <summary>An account's place among accounts: what it is a part of, and what its parts amount to.</summary>
public sealed record Family
{
    public static readonly Family None = new();

    /// <summary>The account that this one is a part of; empty = none.</summary>
    public string Parent { get; init; } = "";

    /// <summary>When it was named, which also tells one naming from the next; <see cref="DateTimeOffset.MinValue"/> = never.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>Known to be no circle: the account counts at its parent.</summary>
    public bool Confirmed { get; init; }

    /// <summary>Why the parent named last was not taken; empty = it was, or none was named.</summary>
    public string Refused { get; init; } = "";

    /// <summary>By account id.</summary>
    public ImmutableSortedDictionary<string, Branch> Children { get; init; } = AccountStanding.Of<Branch>();

    public static Family Evolve(Family family, StandingEvent @event) => @event switch
    {
        StandingEvent.ParentNamed e => family with { Parent = e.Parent, Since = e.At, Confirmed = false, Refused = "" },
        StandingEvent.ParentConfirmed => family with { Confirmed = true },
        StandingEvent.ParentRefused e => family with { Parent = "", Confirmed = false, Refused = e.Reason },
        StandingEvent.BranchCounted e => family with { Children = family.Children.SetItem(e.Child, e.Branch) },
        StandingEvent.BranchLeft e => family with { Children = family.Children.Remove(e.Child) },
        _ => throw new UnreachableException(),
    };
}
