using System.Collections.Concurrent;
using System.Reflection;

namespace Orchestrator.Silo.Journal.Packing;

/// <summary>
/// What bodies look like, so that a small one need not say it all: part of the product, by number. One that was ever shipped stays as it is and stays here, for what was packed with it can be read
/// with nothing else; another playbook's world, or new forms, get another number (tests/Bench, <c>packing</c>).
/// </summary>
internal static class PackingDictionary
{
    /// <summary>The one that new bodies are packed with.</summary>
    public const byte Newest = 1;

    private static readonly ConcurrentDictionary<byte, byte[]> s_read = new();

    /// <exception cref="InvalidDataException">It is of a newer version.</exception>
    public static byte[] Of(byte number) => s_read.GetOrAdd(number, Read);

    private static byte[] Read(byte number)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"packing/{number}.dictionary")
            ?? throw new InvalidDataException($"a body is packed with dictionary {number}, this version has those up to {Newest}; start a newer one");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
