using System.Buffers.Binary;
using System.Text;
using Google.Protobuf;

namespace Orchestrator.Grains.StoredForms;

/// <summary>The one object for a text that many states have, such as the name of a stage.</summary>
/// <param name="text">Never empty.</param>
public delegate string TextSharing(ReadOnlySpan<char> text);

/// <summary>Takes fields from stored bytes, the counterpart of <see cref="FormBuffer"/>; leaves nothing behind but what is asked for.</summary>
/// <remarks>
/// Knows the usual form only: what <see cref="FormBuffer"/> and generated code write. Whatever is not so, broken or only unusual, is an <see cref="InvalidDataException"/>, and whoever
/// reads leaves it to the generated parser, which also says what is wrong.
/// </remarks>
internal ref struct FormReader(ReadOnlySpan<byte> bytes)
{
    // Texts that are shared are names; longer ones are somebody's words.
    private const int LongestShared = 256;
    private ReadOnlySpan<byte> rest = bytes;

    public readonly bool IsAtEnd => rest.IsEmpty;

    public static InvalidDataException Unusual() => new("a stored form is not as usual");

    /// <summary>The next field's tag; 0 at the end.</summary>
    public uint Tag()
    {
        if (rest.IsEmpty)
        {
            return 0;
        }

        // Nearly all fields have a number below 16.
        if (rest[0] is > 0 and < 0x80 and var tag)
        {
            rest = rest[1..];
            return tag;
        }

        return Varint() is > 0 and <= uint.MaxValue and var longer ? (uint)longer : throw Unusual();
    }

    public ulong Varint()
    {
        ulong value = 0;
        for (var i = 0; i < rest.Length && i < 10; i++)
        {
            value |= unchecked((ulong)(rest[i] & 0x7F) << (7 * i));
            if (rest[i] < 0x80)
            {
                rest = rest[(i + 1)..];
                return value;
            }
        }

        throw Unusual();
    }

    public long Whole() => unchecked((long)Varint());

    public bool Flag() => Varint() != 0;

    public double Number() => BitConverter.UInt64BitsToDouble(Fixed64());

    public ulong Fixed64()
    {
        var value = rest.Length >= sizeof(ulong) ? BinaryPrimitives.ReadUInt64LittleEndian(rest) : throw Unusual();
        rest = rest[sizeof(ulong)..];
        return value;
    }

    public uint Fixed32()
    {
        var value = rest.Length >= sizeof(uint) ? BinaryPrimitives.ReadUInt32LittleEndian(rest) : throw Unusual();
        rest = rest[sizeof(uint)..];
        return value;
    }

    /// <summary>What a field with a length holds.</summary>
    public ReadOnlySpan<byte> Bytes()
    {
        var length = Varint();
        if (length > (ulong)rest.Length)
        {
            throw Unusual();
        }

        var taken = rest[..(int)length];
        rest = rest[(int)length..];
        return taken;
    }

    public string Text() => Bytes() is { IsEmpty: false } utf8 ? Encoding.UTF8.GetString(utf8) : "";

    /// <summary>A text that many states have.</summary>
    public string Text(TextSharing share)
    {
        var utf8 = Bytes();
        if (utf8.Length is 0 or > LongestShared)
        {
            return utf8.IsEmpty ? "" : Encoding.UTF8.GetString(utf8);
        }

        Span<char> text = stackalloc char[LongestShared];
        return share(text[..Encoding.UTF8.GetChars(utf8, text)]);
    }

    /// <summary>Passes over a field.</summary>
    /// <returns>The field with its tag.</returns>
    /// <param name="tag">Just taken.</param>
    /// <param name="from">As it was before the tag.</param>
    public ReadOnlySpan<byte> Skip(uint tag, in FormReader from)
    {
        switch (WireFormat.GetTagWireType(tag))
        {
            case WireFormat.WireType.Varint:
                Varint();
                break;
            case WireFormat.WireType.Fixed64:
                Fixed64();
                break;
            case WireFormat.WireType.Fixed32:
                Fixed32();
                break;
            case WireFormat.WireType.LengthDelimited:
                Bytes();
                break;
            default:
                throw Unusual();
        }

        return from.rest[..(from.rest.Length - rest.Length)];
    }

    /// <summary>How many fields of this tag, which was just taken, stand here in a row.</summary>
    public readonly int InARow(uint tag)
    {
        var ahead = this;
        var count = 0;
        do
        {
            ahead.Bytes();
            count++;
        }
        while (ahead.Tag() == tag);
        return count;
    }
}
