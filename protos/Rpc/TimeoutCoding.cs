using System.Globalization;

namespace Orchestrator.Protos.Rpc;

/// <summary>The coding of <c>grpc-timeout</c>: one to eight digits and a unit of H, M, S, m, u or n.</summary>
public static class TimeoutCoding
{
    /// <summary>Longer timeouts are cut to this. 99999999H is legal and overflows both a date and a timer, whose own limit is 49 days.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(45);

    /// <summary>Reads a timeout, at most <see cref="Longest"/>. False when it is malformed; then the call has no deadline.</summary>
    public static bool TryParse(ReadOnlySpan<char> coded, out TimeSpan timeout)
    {
        timeout = default;
        if (coded.Length is < 2 or > 9 || !uint.TryParse(coded[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var amount))
        {
            return false;
        }

        double ticks = coded[^1] switch
        {
            'H' => amount * (double)TimeSpan.TicksPerHour,
            'M' => amount * (double)TimeSpan.TicksPerMinute,
            'S' => amount * (double)TimeSpan.TicksPerSecond,
            'm' => amount * (double)TimeSpan.TicksPerMillisecond,
            'u' => amount * (double)TimeSpan.TicksPerMicrosecond,
            'n' => Math.Ceiling(amount / 100.0),
            _ => -1,
        };
        if (ticks < 0)
        {
            return false;
        }

        timeout = ticks >= Longest.Ticks ? Longest : TimeSpan.FromTicks((long)ticks);
        return true;
    }

    /// <summary>Writes a timeout in the finest unit that fits eight digits, rounded up; one that is not positive becomes one nanosecond.</summary>
    public static string Format(TimeSpan timeout)
    {
        if (timeout <= TimeSpan.Zero)
        {
            return "1n";
        }

        ReadOnlySpan<(long Ticks, char Unit)> units =
        [
            (TimeSpan.TicksPerMicrosecond, 'u'), (TimeSpan.TicksPerMillisecond, 'm'), (TimeSpan.TicksPerSecond, 'S'),
            (TimeSpan.TicksPerMinute, 'M'), (TimeSpan.TicksPerHour, 'H'),
        ];
        foreach (var (ticks, unit) in units)
        {
            var amount = (timeout.Ticks / ticks) + (timeout.Ticks % ticks == 0 ? 0 : 1);
            if (amount <= 99_999_999)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{amount}{unit}");
            }
        }

        return "99999999H";
    }
}
