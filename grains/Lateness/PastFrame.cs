using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.WhatIf;

namespace Orchestrator.Grains.Lateness;

/// <summary>What one frame of the journal has of an account and its people.</summary>
/// <param name="Turns">Of this account, in the order they were decided; at least one.</param>
/// <param name="Wake">When the account wanted to be woken after it.</param>
public sealed record PastFrame(DateTimeOffset At, IReadOnlyList<RecordedTurn> Turns, DateTimeOffset? Wake)
{
    /// <summary>The part of a frame that is about one account; null: there is none.</summary>
    public static PastFrame? Of(RecordedFrame frame, GrainKey account)
    {
        List<RecordedTurn> turns = [.. frame.Turns.Where(t => t.Account == account)];
        var wake = frame.Accounts.Where(a => a.Account == account).Select(a => a.Wake).FirstOrDefault();
        return turns.Count == 0 && frame.Accounts.All(a => a.Account != account) ? null : new PastFrame(frame.At, turns, wake);
    }
}
