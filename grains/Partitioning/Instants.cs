namespace Orchestrator.Grains.Partitioning;

/// <summary>Arithmetic with instants that stops at the ends of time: a signal may be about any instant, the first and the last included.</summary>
internal static class Instants
{
    public static DateTimeOffset Back(this DateTimeOffset instant, TimeSpan by) =>
        instant.UtcTicks - DateTimeOffset.MinValue.UtcTicks > by.Ticks ? instant - by : DateTimeOffset.MinValue;

    public static DateTimeOffset Forth(this DateTimeOffset instant, TimeSpan by) =>
        DateTimeOffset.MaxValue.UtcTicks - instant.UtcTicks > by.Ticks ? instant + by : DateTimeOffset.MaxValue;
}
