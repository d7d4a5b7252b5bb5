using System.Diagnostics;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Standings;

namespace Orchestrator.Grains.Hierarchies;

/// <summary>How accounts become parts of one another and roll up what they amount to.</summary>
/// <remarks>
/// A named parent counts only after a message has climbed from it to the top without meeting the account that named it. Links that are not confirmed yet are
/// climbed as well: of the links of a circle one is named last, and its message finds all the others, so that no circle is ever confirmed.
/// </remarks>
internal static class FamilyTurn
{
    /// <summary>Most accounts one above the other.</summary>
    public const int MostHeight = 32;

    /// <summary>Most parts of one account.</summary>
    public const int MostChildren = 1_000;

    /// <summary>The account is a part of that one from now on; of none if it is empty.</summary>
    public static void Name(TurnBuilder turn, string parent)
    {
        var family = turn.Account.Standing?.Family ?? Family.None;
        if (parent == family.Parent && (parent.Length == 0 || family.Refused.Length == 0))
        {
            return;
        }

        if (family.Parent.Length > 0)
        {
            Send(turn, family.Parent, new FamilyMessage.Leave(turn.Account.Key.Affinity));
        }

        // Later than any naming before, so that the answer to an earlier one is not taken for the answer to this one.
        var mark = turn.Now > family.Since ? turn.Now : family.Since.AddTicks(1);
        Add(turn, new StandingEvent.ParentNamed(parent, mark));
        if (parent == turn.Account.Key.Affinity)
        {
            Add(turn, new StandingEvent.ParentRefused(parent, "an account is no part of itself"));
        }
        else if (parent.Length > 0)
        {
            Send(turn, parent, new FamilyMessage.Climb(turn.Account.Key.Affinity, mark.UtcTicks, 0));
        }
    }

    /// <summary>What another account of the group says.</summary>
    public static void Hear(TurnBuilder turn, FamilyMessage message)
    {
        var family = turn.Account.Standing?.Family ?? Family.None;
        switch (message)
        {
            case FamilyMessage.Climb m:
                Climb(turn, family, m);
                break;
            case FamilyMessage.Confirm m when m.Mark == family.Since.UtcTicks && family is { Parent.Length: > 0, Confirmed: false }:
                Add(turn, new StandingEvent.ParentConfirmed(family.Parent));
                break;
            case FamilyMessage.Refuse m when m.Mark == family.Since.UtcTicks && family.Parent.Length > 0:
                Add(turn, new StandingEvent.ParentRefused(family.Parent, m.Reason));
                break;
            case FamilyMessage.Count m when m.Child == turn.Account.Key.Affinity:
                // An account that was part of this one while it was part of itself: it hears when it is one of its own again.
                break;
            case FamilyMessage.Count m when !family.Children.TryGetValue(m.Child, out var known) || !known.Equals(m.Branch):
                Add(turn, new StandingEvent.BranchCounted(m.Child, m.Branch));
                break;
            case FamilyMessage.Leave m when family.Children.ContainsKey(m.Child):
                Add(turn, new StandingEvent.BranchLeft(m.Child));
                break;
            case FamilyMessage.Follow m:
                Follow(turn, family, m);
                break;
            case FamilyMessage.Confirm or FamilyMessage.Refuse or FamilyMessage.Count or FamilyMessage.Leave:
                // Overtaken by a later naming, or nothing new.
                break;
            default:
                throw new UnreachableException();
        }
    }

    /// <summary>The account is merged into another: it is no part any more, and its parts follow, each by a naming of its own, which no circle survives.</summary>
    public static void Merge(TurnBuilder turn, string into)
    {
        if (turn.Account.Standing?.Family is not { } family)
        {
            return;
        }

        Name(turn, "");
        foreach (var child in family.Children.Keys)
        {
            Send(turn, child, new FamilyMessage.Follow(turn.Account.Key.Affinity, into));
        }
    }

    /// <summary>
    /// The account is what it would be without a merge: its parent hears of it, its parts follow it back, and whoever may be a part of it is asked. What was a part of
    /// another meanwhile may have changed, so no parent is taken for granted: each naming climbs anew, under its own mark.
    /// </summary>
    /// <param name="was">As it stood until now.</param>
    /// <param name="other">The account with which it was one.</param>
    /// <param name="parted">An account that is not back yet, and calls its parts itself; empty = none.</param>
    /// <param name="doubtful">Accounts that became parts of the two while they were one.</param>
    public static void Resume(TurnBuilder turn, Family? was, string other, string parted, IReadOnlyList<string> doubtful)
    {
        var (family, own) = (turn.Account.Standing?.Family ?? Family.None, turn.Account.Key.Affinity);
        if (was is { Parent.Length: > 0 } && was.Parent != family.Parent)
        {
            Send(turn, was.Parent, new FamilyMessage.Leave(own));
        }

        if (family.Parent.Length > 0 && family.Parent != parted && (!family.Confirmed || was?.Parent != family.Parent || was.Since != family.Since))
        {
            Climb(turn, family);
        }

        foreach (var child in parted.Length > 0 ? [] : family.Children.Keys)
        {
            Send(turn, child, new FamilyMessage.Follow(other, own));
        }

        foreach (var child in doubtful)
        {
            Send(turn, child, new FamilyMessage.Follow(own, own));
        }
    }

    /// <summary>At the end of a turn: the parent hears what changed.</summary>
    /// <param name="before">The account before the turn.</param>
    public static void RollUp(TurnBuilder turn, Account? before)
    {
        if (turn.Account.Standing?.Family is not { Confirmed: true, Parent.Length: > 0 } family)
        {
            return;
        }

        var branch = Branch.Of(turn.Account);
        var wasCounted = before?.Standing?.Family is { Confirmed: true } was && was.Parent == family.Parent && was.Since == family.Since;
        if (!wasCounted || !branch.Equals(Branch.Of(before!)))
        {
            Send(turn, family.Parent, new FamilyMessage.Count(turn.Account.Key.Affinity, branch));
        }
    }

    /// <summary>
    /// The parent is another account now. It is the same naming as long as nobody waits for word on it, and nobody is told of the leave: who was the parent is part of another, or
    /// without its parts already.
    /// </summary>
    private static void Follow(TurnBuilder turn, Family family, FamilyMessage.Follow follow)
    {
        if (family.Parent == follow.To && family is { Parent.Length: > 0, Confirmed: true })
        {
            Send(turn, follow.To, new FamilyMessage.Count(turn.Account.Key.Affinity, Branch.Of(turn.Account)));
        }
        else if (family.Parent == follow.To && family.Parent.Length > 0)
        {
            Climb(turn, family);
        }
        else if (family.Parent != follow.From)
        {
            Send(turn, follow.To, new FamilyMessage.Leave(turn.Account.Key.Affinity));
        }
        else if (follow.To == turn.Account.Key.Affinity)
        {
            Name(turn, follow.To);
        }
        else
        {
            Climb(turn, family with { Parent = follow.To, Since = family.Confirmed ? family.Since : turn.Now > family.Since ? turn.Now : family.Since.AddTicks(1) });
        }
    }

    /// <summary>Asks all above whether the parent may be one.</summary>
    private static void Climb(TurnBuilder turn, Family family)
    {
        Add(turn, new StandingEvent.ParentNamed(family.Parent, family.Since));
        Send(turn, family.Parent, new FamilyMessage.Climb(turn.Account.Key.Affinity, family.Since.UtcTicks, 0));
    }

    private static void Climb(TurnBuilder turn, Family family, FamilyMessage.Climb climb)
    {
        if (climb.Origin == turn.Account.Key.Affinity)
        {
            Hear(turn, new FamilyMessage.Refuse(climb.Mark, $"`{family.Parent}` is a part of this account"));
        }
        else if (climb.Height >= MostHeight)
        {
            Send(turn, climb.Origin, new FamilyMessage.Refuse(climb.Mark, $"more than {MostHeight} accounts would be one above the other"));
        }
        else if (climb.Height == 0 && family.Children.Count >= MostChildren)
        {
            Send(turn, climb.Origin, new FamilyMessage.Refuse(climb.Mark, $"`{turn.Account.Key.Affinity}` has {MostChildren} parts already"));
        }
        else if (family.Parent.Length > 0)
        {
            Send(turn, family.Parent, climb with { Height = climb.Height + 1 });
        }
        else
        {
            Send(turn, climb.Origin, new FamilyMessage.Confirm(climb.Mark));
        }
    }

    private static void Add(TurnBuilder turn, StandingEvent @event) => turn.Add(new AccountEvent.OfStanding(@event));

    private static void Send(TurnBuilder turn, string account, FamilyMessage message) =>
        turn.Add(new Effect.Send(new AccountCommand.OfFamily(GrainKey.Account(turn.Account.Key.Tenant, account), message)));
}
