using System.Globalization;

namespace Orchestrator.Grains.Conditions;

/// <summary>Texts of timestamps and durations. The resolution is 100 ns.</summary>
internal static partial class CelTime
{
    // 64 bits of nanoseconds, as in the other implementations of CEL: about 292 years.
    private const long MaxTicks = long.MaxValue / 100;

    private static readonly (string Unit, Int128 Nanoseconds)[] Units =
    [
        ("ns", 1), ("us", 1_000), ("µs", 1_000), ("μs", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000),
        ("m", 60_000_000_000), ("h", 3_600_000_000_000), ("d", 86_400_000_000_000), ("w", 604_800_000_000_000),
    ];

    internal static bool InRange(TimeSpan duration) => duration.Ticks is >= -MaxTicks and <= MaxTicks;

    /// <summary>Reads `90d`, `2w`, `1h30m`, `-1.5s`: numbers with units w, d, h, m, s, ms, us, ns.</summary>
    internal static bool TryDuration(string text, out TimeSpan duration)
    {
        duration = default;
        var rest = text.AsSpan();
        var negative = rest.StartsWith("-");
        rest = negative || rest.StartsWith("+") ? rest[1..] : rest;
        if (rest is "0")
        {
            return true;
        }

        Int128 total = 0;
        if (rest.IsEmpty || rest.Length > 100)
        {
            return false;
        }

        while (!rest.IsEmpty)
        {
            if (!TryPart(ref rest, out var nanoseconds))
            {
                return false;
            }

            total += nanoseconds;
        }

        total = negative ? -total : total;
        if (total % 100 != 0 || total / 100 > MaxTicks || total / 100 < -MaxTicks)
        {
            return false;
        }

        duration = new TimeSpan((long)(total / 100));
        return InRange(duration);
    }

    /// <summary>Reads RFC 3339, such as `2026-11-22T09:00:00Z`.</summary>
    internal static bool TryTimestamp(string text, out DateTimeOffset timestamp)
    {
        timestamp = default;
        var s = text.AsSpan();
        if (s.Length < 20 || s[4] != '-' || s[7] != '-' || s[10] is not ('T' or 't') || s[13] != ':' || s[16] != ':'
            || !Digits(s[..4], out var year) || !Digits(s[5..7], out var month) || !Digits(s[8..10], out var day)
            || !Digits(s[11..13], out var hour) || !Digits(s[14..16], out var minute) || !Digits(s[17..19], out var second)
            || year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 59)
        {
            return false;
        }

        s = s[19..];
        long ticks = 0;
        if (s[0] == '.')
        {
            var length = 1;
            for (var unit = TimeSpan.TicksPerSecond / 10; length < s.Length && char.IsAsciiDigit(s[length]); length++, unit /= 10)
            {
                if (unit == 0 && s[length] != '0')
                {
                    return false;
                }

                ticks += unit * (s[length] - '0');
            }

            s = s[length..];
            if (length is 1 or > 10)
            {
                return false;
            }
        }

        if (!TryOffset(s, out var offset))
        {
            return false;
        }

        var local = new DateTime(year, month, day, hour, minute, second, DateTimeKind.Utc).Ticks + ticks - offset.Ticks;
        if (local < DateTime.MinValue.Ticks || local > DateTime.MaxValue.Ticks)
        {
            return false;
        }

        timestamp = new DateTimeOffset(local, TimeSpan.Zero);
        return true;
    }

    internal static string Format(DateTimeOffset timestamp) =>
        timestamp.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);

    internal static string Format(TimeSpan duration)
    {
        var seconds = duration.Ticks / TimeSpan.TicksPerSecond;
        var fraction = Math.Abs(duration.Ticks % TimeSpan.TicksPerSecond);
        var sign = duration.Ticks < 0 ? "-" : "";
        var text = $"{sign}{Math.Abs(seconds).ToString(CultureInfo.InvariantCulture)}";
        return fraction == 0 ? text + "s" : $"{text}.{fraction.ToString("D7", CultureInfo.InvariantCulture).TrimEnd('0')}s";
    }

    private static bool TryPart(ref ReadOnlySpan<char> rest, out Int128 nanoseconds)
    {
        nanoseconds = 0;
        Int128 whole = 0;
        Int128 fraction = 0;
        Int128 scale = 1;
        var at = 0;
        var digits = 0;
        for (; at < rest.Length && char.IsAsciiDigit(rest[at]); at++, digits++)
        {
            whole = (whole * 10) + (rest[at] - '0');
            if (whole > long.MaxValue)
            {
                return false;
            }
        }

        if (at < rest.Length && rest[at] == '.')
        {
            for (at++; at < rest.Length && char.IsAsciiDigit(rest[at]); at++, digits++)
            {
                if (scale < 1_000_000_000_000_000)
                {
                    fraction = (fraction * 10) + (rest[at] - '0');
                    scale *= 10;
                }
            }
        }

        if (digits == 0)
        {
            return false;
        }

        var end = at;
        while (end < rest.Length && !char.IsAsciiDigit(rest[end]) && rest[end] != '.')
        {
            end++;
        }

        foreach (var (unit, size) in Units)
        {
            if (rest[at..end].SequenceEqual(unit))
            {
                nanoseconds = (whole * size) + (fraction * size / scale);
                rest = rest[end..];
                return true;
            }
        }

        return false;
    }

    private static bool TryOffset(ReadOnlySpan<char> s, out TimeSpan offset)
    {
        offset = default;
        if (s is "Z" or "z")
        {
            return true;
        }

        if (s.Length != 6 || s[0] is not ('+' or '-') || s[3] != ':' || !Digits(s[1..3], out var hours) || !Digits(s[4..], out var minutes) || hours > 18 || minutes > 59)
        {
            return false;
        }

        offset = new TimeSpan(hours, minutes, 0);
        offset = s[0] == '-' ? -offset : offset;
        return true;
    }

    private static bool Digits(ReadOnlySpan<char> s, out int value)
    {
        value = 0;
        foreach (var c in s)
        {
            if (!char.IsAsciiDigit(c))
            {
                return false;
            }

            value = (value * 10) + (c - '0');
        }

        return true;
    }
}
