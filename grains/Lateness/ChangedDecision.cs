namespace Orchestrator.Grains.Lateness;

/// <summary>A decision that would have been another one, had everything come in the order in which it happened.</summary>
/// <param name="Action">The action's id; empty for one that was missed.</param>
/// <param name="Contact">Whom it was for; empty: the account as a whole.</param>
/// <param name="At">When it was made, or would have been.</param>
/// <param name="Why">The clause that would have kept it back, in plain words; for a missed one, why it would have been made.</param>
public sealed record ChangedDecision(ChangeKind Kind, string Action, string Play, string Treatment, string Channel, string Contact, DateTimeOffset At, string Why);

/// <summary>What became of a changed decision. Stored: never renumber.</summary>
public enum ChangeKind
{
    /// <summary>It was open still and was taken back.</summary>
    Revoked = 1,

    /// <summary>It was done, and would not have been: nothing can undo that.</summary>
    Done = 2,

    /// <summary>It would not have been made, and came to nothing anyhow: expired, declined, rejected or taken back.</summary>
    Ended = 3,

    /// <summary>It would have been made and was not. It is not made up for: what is best now is decided for now.</summary>
    Missed = 4,
}
