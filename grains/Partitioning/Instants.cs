namespace Orchestrator.Grains.Partitioning;

/// <summary>Arithmetic with instants that stops at the ends of time: a signal may be about any instant, the first and the last included.</summary>
internal static class Instants
{
    /// <summary>The instant of these UTC ticks.</summary>
    public static DateTimeOffset At(long ticks) => new(ticks, TimeSpan.Zero);

    /// <summary>The earlier of two; null is never.</summary>
    public static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) => one is null || other < one ? other : one;

    public static DateTimeOffset Back(this DateTimeOffset instant, TimeSpan by) =>
        instant.UtcTicks - DateTimeOffset.MinValue.UtcTicks > by.Ticks ? instant - by : DateTimeOffset.MinValue;

    /// <summary>The same in UTC ticks.</summary>
    public static long Back(long instant, TimeSpan by) => instant > by.Ticks ? instant - by.Ticks : 0;

    /// <summary>The same in UTC ticks.</summary>
    public static long Forth(long instant, TimeSpan by) => DateTimeOffset.MaxValue.UtcTicks - instant > by.Ticks ? instant + by.Ticks : DateTimeOffset.MaxValue.UtcTicks;

    public static DateTimeOffset Forth(this DateTimeOffset instant, TimeSpan by) =>
        DateTimeOffset.MaxValue.UtcTicks - instant.UtcTicks > by.Ticks ? instant + by : DateTimeOffset.MaxValue;
}
