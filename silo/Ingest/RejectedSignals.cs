using Orchestrator.V1;

namespace Orchestrator.Silo.Ingest;

/// <summary>What was refused since this silo started: counted by type, the latest kept for whoever looks. Bounded, whatever is sent. Any thread.</summary>
public sealed class RejectedSignals(DateTimeOffset since)
{
    /// <summary>A type is a text that anybody may send; beyond so many all others are one.</summary>
    public const int MostTypes = 200;

    public const int MostOfType = 50;

    /// <summary>Under which the types are counted that came too late to be told apart.</summary>
    public const string OtherTypes = "...";

    private const int LargestKept = 4 * 1024;
    private const int LongestType = 200;

    private readonly Lock gate = new();
    private readonly Dictionary<string, OfType> types = new(StringComparer.Ordinal);

    public DateTimeOffset Since => since;

    /// <param name="signal">Null: the message had none.</param>
    public void Add(Signal? signal, string reason, DateTimeOffset at)
    {
        var kept = signal is null ? new Signal() : signal.CalculateSize() <= LargestKept ? signal : Shortened(signal);
        lock (gate)
        {
            if (!types.TryGetValue(kept.Type, out var of))
            {
                var type = types.Count < MostTypes ? kept.Type : OtherTypes;
                if (!types.TryGetValue(type, out of))
                {
                    types.Add(type, of = new OfType());
                }
            }

            of.Count++;
            of.Latest.Enqueue(new Rejected(at, reason, kept));
            if (of.Latest.Count > MostOfType)
            {
                of.Latest.Dequeue();
            }
        }
    }

    /// <summary>By count, most first; of each the latest, newest first.</summary>
    public IReadOnlyList<(string Type, long Count, IReadOnlyList<Rejected> Latest)> Look()
    {
        lock (gate)
        {
            return [.. types.OrderByDescending(t => t.Value.Count).ThenBy(t => t.Key, StringComparer.Ordinal).Select(t => (t.Key, t.Value.Count, (IReadOnlyList<Rejected>)[.. t.Value.Latest.Reverse()]))];
        }
    }

    private static Signal Shortened(Signal signal)
    {
        var kept = new Signal
        {
            Id = Short(signal.Id),
            Type = Short(signal.Type),
            Account = Short(signal.Account),
            Time = signal.Time,
            Source = Short(signal.Source),
            AssertedBy = Short(signal.AssertedBy),
            Action = Short(signal.Action),
            BackFill = signal.BackFill,
        };
        kept.Identifiers.Add(signal.Identifiers.Take(8).Select(i => new Identifier { Kind = Short(i.Kind), Value = Short(i.Value) }));
        return kept;
    }

    private static string Short(string text) => text.Length > LongestType ? text[..LongestType] : text;

    private sealed class OfType
    {
        public long Count { get; set; }

        public Queue<Rejected> Latest { get; } = new();
    }
}

/// <summary>One refused signal.</summary>
public sealed record Rejected(DateTimeOffset At, string Reason, Signal Signal);
