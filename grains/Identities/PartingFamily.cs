using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Standings;
using Orchestrator.V1;

namespace Orchestrator.Grains.Identities;

/// <summary>What accounts of their groups of companies said since two accounts became one, dealt out to the two.</summary>
/// <remarks>
/// A part of the other followed it here: what it amounts to is the other's. Of a part that came since only the part itself knows whose it is, so it is asked. That a parent was
/// confirmed holds for the side that named it; that one was refused may have been so only because both were one, so that is asked anew.
/// </remarks>
internal sealed class PartingFamily
{
    private readonly PartingWorld theirs;
    private readonly PartingWorld ours;
    private readonly string source;
    private readonly HashSet<string> children;
    private readonly SortedSet<string> doubtful = new(StringComparer.Ordinal);

    public PartingFamily(PartingWorld theirs, PartingWorld ours)
    {
        (this.theirs, this.ours, source) = (theirs, ours, theirs.Account.Key.Affinity);
        children = [.. ChildrenOf(theirs)];
        foreach (var early in children.Intersect(ChildrenOf(ours)).ToList())
        {
            // Nobody is a part of two: it followed here before anybody else came.
            ours.Lose(early);
        }
    }

    public IEnumerable<string> Doubtful => doubtful;

    /// <summary>Whether the fact is to be folded to the account that carried on. What is the other's is noted here.</summary>
    public bool IsOurs(StoredAccountEvent stored)
    {
        if (stored.Standing is not { } fact)
        {
            return true;
        }

        if (fact.BranchCounted is { } counted)
        {
            if (!children.Contains(counted.Child) && !ChildrenOf(ours).Contains(counted.Child))
            {
                doubtful.Add(counted.Child);
            }

            return !children.Contains(counted.Child) && !doubtful.Contains(counted.Child);
        }

        if (fact.BranchLeft is { } left)
        {
            doubtful.Remove(left.Child);
            if (children.Remove(left.Child))
            {
                theirs.Lose(left.Child);
            }

            return ChildrenOf(ours).Contains(left.Child);
        }

        var family = ours.Account.Standing?.Family;
        return fact switch
        {
            { ParentConfirmed: { } confirmed } => family is { Confirmed: false } && family.Parent == confirmed.Parent,
            { ParentRefused: not null } => false,
            // Its parent became part of itself.
            { ParentNamed: not null } => family?.Parent != source,
            _ => true,
        };
    }

    private static IEnumerable<string> ChildrenOf(PartingWorld side) => side.Account.Standing?.Family?.Children.Keys ?? [];
}
