using System.Globalization;
using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Simulation.Machine;

/// <summary>What a run did, as one number to compare and as the last events to read. Every choice, store call, message and release goes in.</summary>
internal sealed class Trace(TextWriter? whole = null)
{
    private const int Kept = 60;
    private readonly (long At, string What, long A, long B, long C, string? Text)[] _last = new (long, string, long, long, long, string?)[Kept];
    private long _count;

    /// <summary>Two runs of one seed must agree on it.</summary>
    public ulong Hash { get; private set; } = 14695981039346656037;

    public long Count => _count;

    /// <summary>A choice of the scheduler: too many to keep, so it only goes into the number.</summary>
    public void Choice(long now, int process, int index) => Mix(unchecked((ulong)((now << 12) ^ (process << 6) ^ index)));

    /// <param name="what">A literal: the kind of event.</param>
    public void Note(long now, string what, long a = 0, long b = 0, long c = 0, string? text = null)
    {
        Mix(StableHash.Of(what));
        Mix(unchecked((ulong)now));
        Mix(unchecked((ulong)((a * 1_000_003) + (b * 10_007) + c)));
        if (text is not null)
        {
            Mix(StableHash.Of(text));
        }

        _last[_count % Kept] = (now, what, a, b, c, text);
        _count++;
        whole?.WriteLine(Line(now, what, a, b, c, text));
    }

    /// <summary>The last events, oldest first.</summary>
    public IEnumerable<string> Last()
    {
        for (var i = Math.Max(0, _count - Kept); i < _count; i++)
        {
            var (now, what, a, b, c, text) = _last[i % Kept];
            yield return Line(now, what, a, b, c, text);
        }
    }

    private static string Line(long now, string what, long a, long b, long c, string? text) =>
        string.Create(CultureInfo.InvariantCulture, $"{TimeSpan.FromTicks(now).TotalMilliseconds,12:0.000} ms  {what} {a} {b} {c} {text}");

    private void Mix(ulong value) => Hash = unchecked((ulong.RotateLeft(Hash, 5) ^ value) * 1099511628211);
}
