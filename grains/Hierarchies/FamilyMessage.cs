namespace Orchestrator.Grains.Hierarchies;

/// <summary>What accounts of one group of companies tell one another, exactly once and in order.</summary>
public abstract record FamilyMessage
{
    private FamilyMessage()
    {
    }

    /// <summary>Goes from account to account upwards: if it comes to whom it began with, their new parent is below them.</summary>
    /// <param name="Origin">The account that named a parent.</param>
    /// <param name="Mark">Which naming, UTC ticks.</param>
    /// <param name="Height">How many accounts it has passed.</param>
    public sealed record Climb(string Origin, long Mark, int Height) : FamilyMessage;

    /// <summary>The naming stands.</summary>
    public sealed record Confirm(long Mark) : FamilyMessage;

    /// <summary>The naming is not taken.</summary>
    public sealed record Refuse(long Mark, string Reason) : FamilyMessage;

    /// <summary>A part stands so now, with all below it.</summary>
    public sealed record Count(string Child, Branch Branch) : FamilyMessage;

    /// <summary>A part is no longer one.</summary>
    public sealed record Leave(string Child) : FamilyMessage;

    /// <summary>The parent was merged into another account, whose part the receiver is to become.</summary>
    public sealed record Follow(string From, string To) : FamilyMessage;
}
