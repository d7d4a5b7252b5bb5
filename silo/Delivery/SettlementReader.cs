using System.Diagnostics.CodeAnalysis;
using System.Text;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Accounts;
using VerdictCase = Orchestrator.V1.Settlement.VerdictOneofCase;

namespace Orchestrator.Silo.Delivery;

/// <summary>Checks settlements and leases as the contract bounds them.</summary>
internal static class SettlementReader
{
    /// <param name="why">When false: which field, what it was and what was expected.</param>
    public static bool TryRead(V1.Settlement sent, [NotNullWhen(true)] out Settlement? settlement, [NotNullWhen(false)] out string? why)
    {
        why = null;
        settlement = null;
        switch (sent.VerdictCase)
        {
            case VerdictCase.Done:
                why = TooLong("outcome", sent.Done.Outcome, Limits.OutcomeBytes) ?? TooLong("note", sent.Done.Note, Limits.NoteBytes);
                settlement = new Settlement.Done(sent.Done.Outcome.Length == 0 ? "done" : sent.Done.Outcome, sent.Done.Note);
                break;
            case VerdictCase.Retry:
                why = OutOfRange("delay", sent.Retry.Delay, TimeSpan.Zero, Limits.LongestRetryDelay, TimeSpan.Zero, out var delay);
                settlement = new Settlement.Retry(delay, 0, "given back");
                break;
            case VerdictCase.Reject:
                why = TooLong("reason", sent.Reject.Reason, Limits.ReasonBytes);
                settlement = new Settlement.Reject(sent.Reject.Reason);
                break;
            case VerdictCase.Declined:
                why = TooLong("reason", sent.Declined.Reason, Limits.ReasonBytes)
                    ?? OutOfRange("snooze", sent.Declined.Snooze, TimeSpan.Zero, Limits.LongestSnooze, TimeSpan.Zero, out _);
                settlement = new Settlement.Declined(sent.Declined.Reason, why is null && sent.Declined.Snooze is { } snooze ? snooze.ToTimeSpan() : null);
                break;
            case VerdictCase.None:
                why = "settlement has no verdict; expected one of done, retry, reject, declined";
                break;
        }

        why ??= TooLong("by", sent.By, Limits.ByBytes);
        settlement = settlement is null ? null : settlement with { By = sent.By };
        return why is null;
    }

    /// <summary>A lease, or the default when absent.</summary>
    public static bool TryReadLease(Duration? sent, out TimeSpan lease, [NotNullWhen(false)] out string? why)
    {
        why = OutOfRange("lease", sent, Limits.ShortestLease, Limits.LongestLease, Limits.DefaultLease, out lease);
        return why is null;
    }

    public static string? OutOfRange(string name, Duration? sent, TimeSpan least, TimeSpan most, TimeSpan absent, out TimeSpan value)
    {
        value = absent;
        if (sent is null)
        {
            return null;
        }

        // Not ToTimeSpan: a duration from the wire may be denormal or far beyond what a time span holds.
        var inBounds = sent.Nanos is > -1_000_000_000 and < 1_000_000_000 && Math.Abs((double)sent.Seconds) < 1e11;
        if (inBounds)
        {
            value = TimeSpan.FromTicks((sent.Seconds * TimeSpan.TicksPerSecond) + (sent.Nanos / 100));
        }

        return inBounds && value >= least && value <= most ? null : $"{name} is {sent.Seconds}.{Math.Abs((long)sent.Nanos):d9} s, expected {least.TotalSeconds:0} to {most.TotalSeconds:0} s";
    }

    private static string? TooLong(string name, string text, int mostBytes)
    {
        var bytes = Encoding.UTF8.GetByteCount(text);
        return bytes <= mostBytes ? null : $"{name} has {bytes} bytes, at most {mostBytes} are taken";
    }
}
