using System.Buffers.Binary;
using System.Numerics;

namespace Orchestrator.Silo.Journal;

/// <summary>CRC32C (Castagnoli) as stored beside each frame, snapshot and checkpoint; uses the processor's instruction where there is one.</summary>
/// <remarks>The keys of a row are summed before its body, so that a body that ended up under another key is found too.</remarks>
public readonly record struct Checksum
{
    private readonly uint _state;

    private Checksum(uint state) => _state = state;

    /// <summary>Nothing summed yet.</summary>
    public static Checksum Start { get; } = new(0xFFFF_FFFF);

    /// <summary>The checksum of what was added.</summary>
    public uint Value => ~_state;

    public Checksum Add(long value) => new(BitOperations.Crc32C(_state, unchecked((ulong)value)));

    public Checksum Add(ReadOnlySpan<byte> bytes)
    {
        var state = _state;
        while (bytes.Length >= sizeof(ulong))
        {
            state = BitOperations.Crc32C(state, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }
        foreach (var b in bytes)
        {
            state = BitOperations.Crc32C(state, b);
        }
        return new(state);
    }

    internal static uint OfFrame(int partition, long sequence, long epoch, long at, ReadOnlySpan<byte> body) =>
        Start.Add(partition).Add(sequence).Add(epoch).Add(at).Add(body).Value;

    internal static uint OfSnapshot(int partition, ReadOnlySpan<byte> grain, long sequence, long wake, bool flagged, ReadOnlySpan<byte> body) =>
        Start.Add(partition).Add(grain).Add(sequence).Add(wake).Add(flagged ? 1 : 0).Add(body).Value;

    internal static uint OfCheckpoint(int partition, long checkpoint, ReadOnlySpan<byte> watermarks) =>
        Start.Add(partition).Add(checkpoint).Add(watermarks).Value;
}
