using NodaTime;
using NodaTime.TimeZones;

namespace Orchestrator.Grains.Conditions;

/// <summary>Local time in a zone, and when it next turns.</summary>
internal static partial class CelTime
{
    /// <summary>Finds an IANA zone, `UTC` or an offset such as `+09:00`.</summary>
    internal static bool TryZone(string id, out DateTimeZone zone)
    {
        var signed = id.StartsWith('+') || id.StartsWith('-') ? id : "+" + id;
        zone = DateTimeZoneProviders.Tzdb.GetZoneOrNull(id)
            ?? (signed.Length == 6 && TryOffset(signed, out var offset) ? DateTimeZone.ForOffset(Offset.FromTimeSpan(offset)) : null!);
        return zone is not null;
    }

    /// <summary>Whether east of Greenwich the local date may be past the last that a calendar has.</summary>
    internal static bool IsLastDay(DateTimeOffset timestamp) => timestamp.UtcTicks >= DateTime.MaxValue.Ticks - TimeSpan.TicksPerDay;

    internal static LocalDateTime Local(DateTimeOffset timestamp, DateTimeZone zone)
    {
        var instant = Instant.FromDateTimeOffset(timestamp);
        return instant.InZone(zone).LocalDateTime;
    }

    /// <summary>The instant of the next local midnight, hour, minute or second in a zone: when a calendar field may next change.</summary>
    internal static DateTimeOffset? NextBoundary(DateTimeOffset timestamp, DateTimeZone zone, CelCalendarUnit unit)
    {
        if (timestamp.UtcTicks >= DateTime.MaxValue.Ticks - (3 * TimeSpan.TicksPerDay))
        {
            return null;
        }

        var instant = Instant.FromDateTimeOffset(timestamp);
        var local = instant.InZone(zone).LocalDateTime;
        var next = unit switch
        {
            CelCalendarUnit.Day => local.Date.PlusDays(1).AtMidnight(),
            CelCalendarUnit.Hour => local.Date.At(new LocalTime(local.Hour, 0)).PlusHours(1),
            CelCalendarUnit.Minute => local.Date.At(new LocalTime(local.Hour, local.Minute)).PlusMinutes(1),
            CelCalendarUnit.Second => local.With(TimeAdjusters.TruncateToSecond).PlusSeconds(1),
        };
        var boundary = zone.ResolveLocal(next, Resolvers.LenientResolver).ToInstant();
        // A change of the zone's offset moves the fields too, and may lie before the boundary.
        var interval = zone.GetZoneInterval(instant);
        if (interval.HasEnd && interval.End < boundary)
        {
            boundary = interval.End;
        }

        return (boundary > instant ? boundary : instant + NodaTime.Duration.FromSeconds(1)).ToDateTimeOffset();
    }
}

/// <summary>How finely a calendar field divides time.</summary>
internal enum CelCalendarUnit
{
    Day,
    Hour,
    Minute,
    Second,
}
