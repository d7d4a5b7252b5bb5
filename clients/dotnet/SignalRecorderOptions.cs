namespace Orchestrator.Client;

/// <summary>Settings of a <see cref="SignalRecorder"/>.</summary>
public sealed record SignalRecorderOptions
{
    /// <summary>Signals without a verdict at most; adding more waits.</summary>
    public int MaxUnanswered { get; init; } = 10_000;

    /// <summary>Verdicts kept for the next flush at most; adding more is refused, since memory would grow without bound.</summary>
    public int MaxUnflushed { get; init; } = 1_000_000;

    /// <summary>Waits between attempts to connect; its number of attempts is not used, the recorder goes on until it is disposed.</summary>
    public RetryPolicy Reconnect { get; init; } = new();

    /// <summary>Clock of the waits.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
