using System.Buffers.Binary;
using System.Text;
using Google.Protobuf;

namespace Orchestrator.Grains.StoredForms;

/// <summary>Stored forms as bytes, one after the other in one array that is used again and again. One owner at a time.</summary>
/// <remarks>
/// Writes protobuf's wire format as generated code does, field by field in the order of their numbers, defaults left out, so that nobody can tell the bytes apart;
/// the detour over a message made only to be written is what it saves.
/// </remarks>
public sealed class FormBuffer
{
    private const int Smallest = 4096;

    /// <summary>After so many uses it is known how much room is used.</summary>
    private const int UsesBetweenLooks = 256;

    private byte[] bytes = new byte[Smallest];
    private int uses;
    private int most;

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>What is written; valid until more is, or <see cref="Clear"/>.</summary>
    public ReadOnlySpan<byte> Written => bytes.AsSpan(0, Length);

    /// <summary>The same, for whoever must wait in between.</summary>
    public ReadOnlyMemory<byte> Memory => bytes.AsMemory(0, Length);

    /// <summary>Begins anew. Room that has not been needed for long is given back: each of hundreds of partitions has buffers, and one flood fills them all.</summary>
    public void Clear()
    {
        most = Math.Max(most, Length);
        Length = 0;
        if (++uses < UsesBetweenLooks)
        {
            return;
        }

        if (bytes.Length > Smallest && most < bytes.Length / 4)
        {
            bytes = new byte[Math.Max(Smallest, most * 2)];
        }

        (uses, most) = (0, 0);
    }

    /// <summary>Appends a message's own fields, without a tag and a length.</summary>
    public void Append(IMessage message) => Append(message, message.CalculateSize());

    public void Message(int field, IMessage message)
    {
        var size = message.CalculateSize();
        Tag(field, WireFormat.WireType.LengthDelimited);
        Varint((ulong)size);
        Append(message, size);
    }

    /// <summary>Begins a field that is a message of its own.</summary>
    /// <returns>For <see cref="End"/>.</returns>
    public int Begin(int field)
    {
        Tag(field, WireFormat.WireType.LengthDelimited);
        Reserve(1);
        return ++Length;
    }

    /// <summary>Ends the field: only now is its length known. One byte was left for it; a longer length moves the content.</summary>
    public void End(int begun)
    {
        var size = Length - begun;
        var more = CodedOutputStream.ComputeLengthSize(size) - 1;
        if (more > 0)
        {
            Reserve(more);
            bytes.AsSpan(begun, size).CopyTo(bytes.AsSpan(begun + more));
        }

        Length = begun - 1;
        Varint((ulong)size);
        Length += size;
    }

    public void Text(int field, string text)
    {
        if (text.Length == 0)
        {
            return;
        }

        var begun = Begin(field);
        Reserve(Encoding.UTF8.GetMaxByteCount(text.Length));
        Length += Encoding.UTF8.GetBytes(text, bytes.AsSpan(Length));
        End(begun);
    }

    /// <remarks>Of any kind of varint that is not zigzag.</remarks>
    public void Whole(int field, long value)
    {
        if (value != 0)
        {
            Tag(field, WireFormat.WireType.Varint);
            Varint(unchecked((ulong)value));
        }
    }

    /// <summary>A message that is there as bytes already.</summary>
    public void Bytes(int field, ReadOnlySpan<byte> message)
    {
        Tag(field, WireFormat.WireType.LengthDelimited);
        Varint((ulong)message.Length);
        Reserve(message.Length);
        message.CopyTo(bytes.AsSpan(Length));
        Length += message.Length;
    }

    public void Flag(int field, bool value) => Whole(field, value ? 1 : 0);

    /// <remarks>As in generated code only the bits of +0 are left out, so -0 is written.</remarks>
    public void Number(int field, double value)
    {
        if (BitConverter.DoubleToUInt64Bits(value) != 0)
        {
            Tag(field, WireFormat.WireType.Fixed64);
            Fixed(BitConverter.DoubleToUInt64Bits(value));
        }
    }

    public void Fixed64(int field, ulong value)
    {
        if (value != 0)
        {
            Tag(field, WireFormat.WireType.Fixed64);
            Fixed(value);
        }
    }

    public void Fixed32(int field, uint value)
    {
        if (value != 0)
        {
            Tag(field, WireFormat.WireType.Fixed32);
            Fixed(value);
        }
    }

    /// <summary>Fields that are there as bytes already, without a tag and a length.</summary>
    public void Raw(ReadOnlySpan<byte> fields)
    {
        Reserve(fields.Length);
        fields.CopyTo(bytes.AsSpan(Length));
        Length += fields.Length;
    }

    /// <summary>One more of a packed list of varints, between <see cref="Begin"/> and <see cref="End"/>; defaults are written.</summary>
    public void VarintItem(long value) => Varint(unchecked((ulong)value));

    /// <summary>The same for a list of fixed64.</summary>
    public void Fixed64Item(ulong value) => Fixed(value);

    /// <summary>The same for a list of doubles.</summary>
    public void NumberItem(double value) => Fixed(BitConverter.DoubleToUInt64Bits(value));

    /// <summary>The same for a list of fixed32.</summary>
    public void Fixed32Item(uint value) => Fixed(value);

    private void Append(IMessage message, int size)
    {
        Reserve(size);
        message.WriteTo(bytes.AsSpan(Length, size));
        Length += size;
    }

    private void Tag(int field, WireFormat.WireType type) => Varint(WireFormat.MakeTag(field, type));

    private void Varint(ulong value)
    {
        const int longest = 10;
        Reserve(longest);
        var at = Length;
        for (; value > 0x7F; value >>= 7)
        {
            bytes[at++] = unchecked((byte)(value | 0x80));
        }

        bytes[at] = (byte)value;
        Length = at + 1;
    }

    private void Fixed(ulong value)
    {
        Reserve(sizeof(ulong));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(Length), value);
        Length += sizeof(ulong);
    }

    private void Fixed(uint value)
    {
        Reserve(sizeof(uint));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(Length), value);
        Length += sizeof(uint);
    }

    private void Reserve(int more)
    {
        if (bytes.Length - Length < more)
        {
            Array.Resize(ref bytes, Math.Max(Length + more, bytes.Length * 2));
        }
    }
}
