using System.Runtime.InteropServices;
using System.Text;

namespace Orchestrator.Protos.Parsing;

/// <summary>Short texts that come again and again, one object for each: most of a signal's texts are names that thousands of others have too.</summary>
/// <remarks>
/// Any thread, no lock: a slot is one reference, and whoever finds another text in it makes a string as usual. A text gets a slot when it comes twice without another one in
/// between, so that texts which come once do not stay.
/// </remarks>
sealed class SharedTexts
{
    /// <summary>Longer ones are seldom names.</summary>
    public const int MostBytes = 32;

    const int Slots = 4_096;

    readonly string?[] texts = new string?[Slots];
    readonly uint[] lately = new uint[Slots];

    public string Of(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length is 0 or > MostBytes)
        {
            return utf8.IsEmpty ? "" : Encoding.UTF8.GetString(utf8);
        }

        var hash = HashOf(utf8);
        ref var slot = ref texts[hash % Slots];
        if (slot is { } text && Ascii.Equals(utf8, text))
        {
            return text;
        }

        text = Encoding.UTF8.GetString(utf8);
        ref var last = ref lately[hash % Slots];
        if (last == hash)
        {
            slot = text;
        }

        last = hash;
        return text;
    }

    /// <summary>Only spreads over slots; differs between machines of another byte order, and nothing is stored by it.</summary>
    public static uint HashOf(ReadOnlySpan<byte> bytes)
    {
        var hash = Mix(0, (ulong)bytes.Length);
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            hash = Mix(hash, MemoryMarshal.Read<ulong>(bytes));
        }

        foreach (var one in bytes)
        {
            hash = Mix(hash, one);
        }

        return unchecked((uint)(hash >> 32));
    }

    static ulong Mix(ulong hash, ulong value) => unchecked(ulong.RotateLeft(hash ^ value, 29) * 0x9E3779B97F4A7C15);
}
