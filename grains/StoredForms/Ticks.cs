namespace Orchestrator.Grains.StoredForms;

/// <summary>Instants and spans as stored: UTC ticks of 100 ns.</summary>
public static class Ticks
{
    public static long Of(DateTimeOffset instant) => instant.UtcTicks;

    /// <summary>0 stands for none.</summary>
    public static long Of(DateTimeOffset? instant) => instant?.UtcTicks ?? 0;

    public static DateTimeOffset Instant(long ticks) => new(ticks, TimeSpan.Zero);

    public static DateTimeOffset? InstantOrNone(long ticks) => ticks == 0 ? null : Instant(ticks);
}
