namespace Orchestrator.Grains.Handoffs;

/// <summary>
/// A handoff that came back. Its transition is not gone through again until its criterion has not held for once, or the giver offers it again: otherwise a criterion
/// that still holds would hand over the same account for ever.
/// </summary>
/// <param name="Transition">Id.</param>
/// <param name="StageSince">When the account came back to the stage; entering any stage later ends this.</param>
/// <param name="Reason">Why it came back.</param>
/// <param name="By">Who rejected it; empty: nobody accepted it in time.</param>
/// <param name="Keeper">The department that handed over: it stays accountable until the account moves on.</param>
public sealed record ReturnedHandoff(string Transition, DateTimeOffset StageSince, string Reason, string By, string Keeper)
{
    /// <summary>It may be made again.</summary>
    public bool IsReady { get; init; }
}

/// <summary>A note that a signal carried, such as that of a meeting.</summary>
public sealed record Note(string Signal, string Text, string By, DateTimeOffset At);
