using Orchestrator.Grains.Partitioning;
using Signal = Orchestrator.V1.Signal;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Grains.Accounts;

/// <summary>Tells whether two signals with one id say the same.</summary>
public static class SignalContent
{
    /// <summary>32 bits over type, person, time and properties; the order of properties does not matter.</summary>
    public static uint HashOf(Signal signal)
    {
        var hash = StableHash.Of(signal.Type, signal.Action);
        for (var i = 0; i < signal.Identifiers.Count; i++)
        {
            hash = StableHash.Of(hash, StableHash.Of(signal.Identifiers[i].Kind, signal.Identifiers[i].Value));
        }

        ulong properties = 0;
        foreach (var (name, value) in signal.Properties)
        {
            properties ^= StableHash.Of(StableHash.Of(name), HashOf(value));
        }

        var time = signal.Time is null ? 0 : unchecked((ulong)((signal.Time.Seconds * 1_000_000_000) + signal.Time.Nanos));
        return unchecked((uint)StableHash.Of(hash, properties, time));
    }

    private static ulong HashOf(Value value) => value.KindCase switch
    {
        Value.KindOneofCase.None => 0,
        Value.KindOneofCase.Text => StableHash.Of(value.Text),
        Value.KindOneofCase.Integer => StableHash.Of(1, unchecked((ulong)value.Integer)),
        Value.KindOneofCase.Number => StableHash.Of(2, BitConverter.DoubleToUInt64Bits(value.Number)),
        Value.KindOneofCase.Flag => value.Flag ? 3UL : 4UL,
        Value.KindOneofCase.Instant => StableHash.Of(5, unchecked((ulong)value.Instant.Seconds), unchecked((ulong)value.Instant.Nanos)),
        Value.KindOneofCase.Duration => StableHash.Of(6, unchecked((ulong)value.Duration.Seconds), unchecked((ulong)value.Duration.Nanos)),
        Value.KindOneofCase.Money => StableHash.Of(7, unchecked((ulong)value.Money.MinorUnits), StableHash.Of(value.Money.Currency)),
    };
}
