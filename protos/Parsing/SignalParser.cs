using System.Buffers.Binary;
using System.Text;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.V1;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Protos.Parsing;

/// <summary>
/// Reads the message that carries nearly all traffic straight from its bytes: the same object as the generated parser gives, with a third of the objects' number, since names and
/// simple values are shared and lists have the length that is needed. Values of properties must not be changed by whoever gets them.
/// </summary>
/// <remarks>
/// Knows the usual form only. Whatever is unusual, and be it legal (unknown fields, a field twice that would have to be merged, numbers written longer than needed) or broken, is the
/// generated parser's, which also says what is wrong. Any thread.
/// </remarks>
public static class SignalParser
{
    const int LengthDelimited = 2;

    // Apart, so that values, of which there may be many, do not push out names.
    static readonly SharedTexts Names = new();
    static readonly SharedTexts Values = new();
    static readonly SharedValues Simple = new();

    /// <returns>Null if the generated parser has to look at it.</returns>
    public static RecordRequest? TryParse(ReadOnlySpan<byte> body)
    {
        var wire = new Wire(body);
        return wire.TryTag(out var tag) && tag == Tag(RecordRequest.SignalFieldNumber, LengthDelimited) && wire.TryBytes(out var bytes) && wire.IsAtEnd && Signal(bytes) is { } signal
            ? new RecordRequest { Signal = signal }
            : null;
    }

    static Signal? Signal(ReadOnlySpan<byte> body)
    {
        var signal = new Signal();
        var wire = new Wire(body);
        while (!wire.IsAtEnd)
        {
            if (!wire.TryTag(out var tag))
            {
                return null;
            }

            if (tag == Tag(V1.Signal.BackFillFieldNumber, 0))
            {
                if (!wire.TryVarint(out var flag))
                {
                    return null;
                }

                signal.BackFill = flag != 0;
                continue;
            }

            if (!wire.TryBytes(out var bytes) || !TrySet(signal, tag, bytes))
            {
                return null;
            }
        }

        return signal;
    }

    static bool TrySet(Signal signal, uint tag, ReadOnlySpan<byte> bytes)
    {
        switch (tag)
        {
            case V1.Signal.IdFieldNumber << 3 | LengthDelimited:
                signal.Id = Encoding.UTF8.GetString(bytes);
                return true;
            case V1.Signal.TypeFieldNumber << 3 | LengthDelimited:
                signal.Type = Names.Of(bytes);
                return true;
            case V1.Signal.AccountFieldNumber << 3 | LengthDelimited:
                signal.Account = Values.Of(bytes);
                return true;
            case V1.Signal.SourceFieldNumber << 3 | LengthDelimited:
                signal.Source = Names.Of(bytes);
                return true;
            case V1.Signal.AssertedByFieldNumber << 3 | LengthDelimited:
                signal.AssertedBy = Values.Of(bytes);
                return true;
            case V1.Signal.ActionFieldNumber << 3 | LengthDelimited:
                signal.Action = Encoding.UTF8.GetString(bytes);
                return true;
            case V1.Signal.IdentifiersFieldNumber << 3 | LengthDelimited:
                if (Identifier(bytes) is not { } identifier)
                {
                    return false;
                }

                // Nearly always there is one; a list makes room for eight.
                signal.Identifiers.Capacity = Math.Max(signal.Identifiers.Capacity, signal.Identifiers.Count + 1);
                signal.Identifiers.Add(identifier);
                return true;
            case V1.Signal.TimeFieldNumber << 3 | LengthDelimited when signal.Time is null:
                signal.Time = Time(bytes);
                return signal.Time is not null;
            case V1.Signal.PropertiesFieldNumber << 3 | LengthDelimited:
                return TryProperty(signal, bytes);
            default:
                return false;
        }
    }

    static Identifier? Identifier(ReadOnlySpan<byte> body)
    {
        var identifier = new Identifier();
        for (var wire = new Wire(body); !wire.IsAtEnd;)
        {
            if (!wire.TryTag(out var tag) || !wire.TryBytes(out var bytes))
            {
                return null;
            }

            switch (tag)
            {
                case V1.Identifier.KindFieldNumber << 3 | LengthDelimited:
                    identifier.Kind = Names.Of(bytes);
                    break;
                case V1.Identifier.ValueFieldNumber << 3 | LengthDelimited:
                    identifier.Value = Encoding.UTF8.GetString(bytes);
                    break;
                default:
                    return null;
            }
        }

        return identifier;
    }

    static Timestamp? Time(ReadOnlySpan<byte> body)
    {
        var time = new Timestamp();
        for (var wire = new Wire(body); !wire.IsAtEnd;)
        {
            if (!wire.TryTag(out var tag) || !wire.TryVarint(out var value))
            {
                return null;
            }

            switch (tag)
            {
                case Timestamp.SecondsFieldNumber << 3:
                    time.Seconds = unchecked((long)value);
                    break;
                case Timestamp.NanosFieldNumber << 3:
                    time.Nanos = unchecked((int)value);
                    break;
                default:
                    return null;
            }
        }

        return time;
    }

    /// <summary>An entry of the map as everybody writes it: the name, then the value.</summary>
    static bool TryProperty(Signal signal, ReadOnlySpan<byte> body)
    {
        var wire = new Wire(body);
        if (!wire.TryTag(out var tag) || tag != Tag(1, LengthDelimited) || !wire.TryBytes(out var name) ||
            !wire.TryTag(out tag) || tag != Tag(2, LengthDelimited) || !wire.TryBytes(out var bytes) || !wire.IsAtEnd || Known(bytes) is not { } value)
        {
            return false;
        }

        signal.Properties[Names.Of(name)] = value;
        return true;
    }

    static Value? Known(ReadOnlySpan<byte> body)
    {
        if (body.Length > SharedValues.MostBytes)
        {
            return Value(body);
        }

        var hash = SharedTexts.HashOf(body);
        if (Simple.Find(body, hash) is { } known)
        {
            return known;
        }

        var value = Value(body);
        if (value is not null)
        {
            Simple.Learn(body, hash, value);
        }

        return value;
    }

    /// <summary>One simple value; instants, durations and money are seldom.</summary>
    static Value? Value(ReadOnlySpan<byte> body)
    {
        var wire = new Wire(body);
        if (!wire.TryTag(out var tag))
        {
            return null;
        }

        var value = new Value();
        switch (tag)
        {
            case V1.Value.TextFieldNumber << 3 | LengthDelimited when wire.TryBytes(out var text):
                value.Text = Encoding.UTF8.GetString(text);
                break;
            case V1.Value.IntegerFieldNumber << 3 when wire.TryVarint(out var integer):
                value.Integer = unchecked((long)integer);
                break;
            case V1.Value.NumberFieldNumber << 3 | 1 when wire.TryFixed64(out var number):
                value.Number = BitConverter.UInt64BitsToDouble(number);
                break;
            case V1.Value.FlagFieldNumber << 3 when wire.TryVarint(out var flag):
                value.Flag = flag != 0;
                break;
            default:
                return null;
        }

        return wire.IsAtEnd ? value : null;
    }

    static uint Tag(int field, int type) => ((uint)field << 3) | (uint)type;

    /// <summary>Takes from bytes as long as they are as usual.</summary>
    ref struct Wire(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> rest = bytes;

        public readonly bool IsAtEnd => rest.IsEmpty;

        public bool TryTag(out uint tag)
        {
            var read = TryVarint(out var value) && value <= uint.MaxValue;
            tag = unchecked((uint)value);
            return read;
        }

        public bool TryVarint(out ulong value)
        {
            value = 0;
            for (var i = 0; i < rest.Length && i < 10; i++)
            {
                value |= unchecked((ulong)(rest[i] & 0x7F) << (7 * i));
                if (rest[i] < 0x80)
                {
                    // A last byte of zero is a number written longer than needed, a tenth above one does not fit.
                    var usual = (i == 0 || rest[i] != 0) && (i < 9 || rest[i] == 1);
                    rest = rest[(i + 1)..];
                    return usual;
                }
            }

            return false;
        }

        public bool TryFixed64(out ulong value)
        {
            var read = BinaryPrimitives.TryReadUInt64LittleEndian(rest, out value);
            rest = read ? rest[sizeof(ulong)..] : rest;
            return read;
        }

        public bool TryBytes(out ReadOnlySpan<byte> taken)
        {
            taken = default;
            if (!TryVarint(out var length) || length > (ulong)rest.Length)
            {
                return false;
            }

            taken = rest[..(int)length];
            rest = rest[(int)length..];
            return true;
        }
    }
}
