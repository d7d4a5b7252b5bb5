using NodaTime;

namespace Orchestrator.Grains.Conditions;

/// <summary>Calendar fields of timestamps, in UTC or a named zone, and parts of durations.</summary>
internal static class CelCalendar
{
    /// <summary>Fields with how finely each divides time; getMilliseconds is absent as nothing may follow it with the clock.</summary>
    internal static readonly Dictionary<string, (CelCalendarUnit Unit, Func<LocalDateTime, long> Read)> Fields = new(StringComparer.Ordinal)
    {
        [".getFullYear"] = (CelCalendarUnit.Day, local => local.Year),
        [".getMonth"] = (CelCalendarUnit.Day, local => local.Month - 1),
        [".getDate"] = (CelCalendarUnit.Day, local => local.Day),
        [".getDayOfMonth"] = (CelCalendarUnit.Day, local => local.Day - 1),
        [".getDayOfWeek"] = (CelCalendarUnit.Day, local => (int)local.DayOfWeek % 7),
        [".getDayOfYear"] = (CelCalendarUnit.Day, local => local.DayOfYear - 1),
        [".getHours"] = (CelCalendarUnit.Hour, local => local.Hour),
        [".getMinutes"] = (CelCalendarUnit.Minute, local => local.Minute),
        [".getSeconds"] = (CelCalendarUnit.Second, local => local.Second),
    };

    public static IEnumerable<CelOverload> Overloads { get; } =
    [
        .. Fields.SelectMany(field => InZones(field.Key, field.Value.Read)),
        .. InZones(".getMilliseconds", local => local.Millisecond),
        CelOverload.Of(".getHours", CelType.Int, CelType.Duration, (TimeSpan a, ref CelFault _) => a.Ticks / TimeSpan.TicksPerHour),
        CelOverload.Of(".getMinutes", CelType.Int, CelType.Duration, (TimeSpan a, ref CelFault _) => a.Ticks / TimeSpan.TicksPerMinute),
        CelOverload.Of(".getSeconds", CelType.Int, CelType.Duration, (TimeSpan a, ref CelFault _) => a.Ticks / TimeSpan.TicksPerSecond),
        CelOverload.Of(".getMilliseconds", CelType.Int, CelType.Duration, (TimeSpan a, ref CelFault _) => (long)a.Milliseconds),
    ];

    private static IEnumerable<CelOverload> InZones(string name, Func<LocalDateTime, long> read)
    {
        yield return CelOverload.Of(name, CelType.Int, CelType.Timestamp, (DateTimeOffset a, ref CelFault _) => read(CelTime.Local(a, DateTimeZone.Utc)));
        yield return CelOverload.Of(name, CelType.Int, CelType.Timestamp, CelType.String, (DateTimeOffset a, string id, ref CelFault fault) =>
        {
            if (!CelTime.TryZone(id, out var zone))
            {
                fault.Set(CelFaultKind.Conversion, "text to time zone");
                return 0;
            }

            if (CelTime.IsLastDay(a))
            {
                fault.Set(CelFaultKind.Overflow, "local time");
                return 0;
            }

            return read(CelTime.Local(a, zone));
        });
    }
}
