using System.Buffers;
using System.Text;
using Orchestrator.Grains.Partitioning;
using Orchestrator.V1;

namespace Orchestrator.Silo.Partitions;

/// <summary>
/// What a take-over needs of a frame: which grains it changed, when they want to be woken, and the partition's counters. Events are skipped over: reading them
/// all made a restart take as long as the silo had run since its last snapshots.
/// </summary>
internal ref struct FrameHead
{
    private const int Format = StoredFrame.FormatFieldNumber, At = StoredFrame.AtFieldNumber, Entries = StoredFrame.EntriesFieldNumber;
    private const int DeadLetters = StoredFrame.DeadLettersFieldNumber, Incarnation = StoredFrame.IncarnationFieldNumber;
    private const int Varint = 0, Fixed64 = 1, Length = 2, Fixed32 = 5;
    private readonly ReadOnlySpan<byte> _body;
    private int _at;

    private FrameHead(ReadOnlySpan<byte> body) => _body = body;

    private bool IsAtEnd => _at >= _body.Length;

    /// <summary>Reads a frame's head.</summary>
    /// <param name="body">The stored frame.</param>
    /// <param name="entries">Gets the grains that it changed, in order; cleared first.</param>
    /// <returns>The frame without entries and dead letters; null if it says nothing else.</returns>
    /// <exception cref="InvalidDataException">The frame was written by a newer version, or is no frame.</exception>
    public static StoredFrame? Read(byte[] body, List<EntryHead> entries)
    {
        entries.Clear();
        ArrayBufferWriter<byte>? rest = null;
        var reader = new FrameHead(body);
        while (!reader.IsAtEnd)
        {
            var start = reader._at;
            var (field, wire) = reader.Tag();
            switch (field, wire)
            {
                case (Format, Varint):
                    FrameForm.Check(unchecked((uint)reader.Number()));
                    break;
                case (Entries, Length):
                    entries.Add(Entry(reader.Bytes()));
                    break;
                case (At, _) or (DeadLetters, _) or (Incarnation, _):
                    reader.Skip(wire);
                    break;
                default:
                    reader.Skip(wire);
                    (rest ??= new()).Write(reader._body[start..reader._at]);
                    break;
            }
        }

        return rest is null ? null : StoredFrame.Parser.ParseFrom(rest.WrittenSpan);
    }

    /// <summary>One grain's part of a frame, with its events; null if the frame has none.</summary>
    /// <param name="body">The stored frame.</param>
    /// <param name="grain">The grain's key as it is stored.</param>
    /// <exception cref="InvalidDataException">The frame was written by a newer version, or is no frame.</exception>
    public static StoredEntry? EntryOf(byte[] body, ReadOnlySpan<byte> grain)
    {
        StoredEntry? found = null;
        var reader = new FrameHead(body);
        while (!reader.IsAtEnd)
        {
            switch (reader.Tag())
            {
                case (Format, Varint):
                    FrameForm.Check(unchecked((uint)reader.Number()));
                    break;
                case (Entries, Length):
                    var entry = reader.Bytes();
                    if (found is null && IsOf(entry, grain))
                    {
                        found = StoredEntry.Parser.ParseFrom(entry);
                    }

                    break;
                case (_, var wire):
                    reader.Skip(wire);
                    break;
            }
        }

        return found;
    }

    private static bool IsOf(ReadOnlySpan<byte> entry, ReadOnlySpan<byte> grain)
    {
        var reader = new FrameHead(entry);
        while (!reader.IsAtEnd)
        {
            switch (reader.Tag())
            {
                case (StoredEntry.GrainFieldNumber, Length):
                    return reader.Bytes().SequenceEqual(grain);
                case (_, var wire):
                    reader.Skip(wire);
                    break;
            }
        }

        return false;
    }

    private static EntryHead Entry(ReadOnlySpan<byte> body)
    {
        var reader = new FrameHead(body);
        GrainKey grain = default;
        long wake = 0;
        var flagged = false;
        var events = 0;
        while (!reader.IsAtEnd)
        {
            switch (reader.Tag())
            {
                case (StoredEntry.GrainFieldNumber, Length):
                    grain = Key(reader.Bytes());
                    break;
                case (StoredEntry.WakeFieldNumber, Varint):
                    wake = unchecked((long)reader.Number());
                    break;
                case (StoredEntry.FlaggedFieldNumber, Varint):
                    flagged = reader.Number() != 0;
                    break;
                case (StoredEntry.EventsFieldNumber, Length):
                    reader.Bytes();
                    events++;
                    break;
                case (_, var wire):
                    reader.Skip(wire);
                    break;
            }
        }

        return new EntryHead(grain, wake, flagged, events);
    }

    private static GrainKey Key(ReadOnlySpan<byte> body)
    {
        var reader = new FrameHead(body);
        var kind = default(GrainKind);
        var (tenant, affinity, id) = ("", "", "");
        while (!reader.IsAtEnd)
        {
            switch (reader.Tag())
            {
                case (StoredGrainKey.KindFieldNumber, Varint):
                    kind = (GrainKind)unchecked((byte)reader.Number());
                    break;
                case (StoredGrainKey.TenantFieldNumber, Length):
                    tenant = Encoding.UTF8.GetString(reader.Bytes());
                    break;
                case (StoredGrainKey.AffinityFieldNumber, Length):
                    affinity = Encoding.UTF8.GetString(reader.Bytes());
                    break;
                case (StoredGrainKey.IdFieldNumber, Length):
                    id = Encoding.UTF8.GetString(reader.Bytes());
                    break;
                case (_, var wire):
                    reader.Skip(wire);
                    break;
            }
        }

        return new GrainKey(kind, tenant, affinity, id);
    }

    private (int Field, int Wire) Tag()
    {
        var tag = Number();
        return (unchecked((int)(tag >> 3)), (int)(tag & 7));
    }

    private ulong Number()
    {
        var number = 0UL;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if (IsAtEnd)
            {
                break;
            }

            var next = _body[_at++];
            number |= unchecked((ulong)(next & 0x7F) << shift);
            if (next < 0x80)
            {
                return number;
            }
        }

        throw new InvalidDataException("a stored frame ends inside a number");
    }

    private ReadOnlySpan<byte> Bytes()
    {
        var length = Number();
        if (length > (ulong)(_body.Length - _at))
        {
            throw new InvalidDataException($"a stored frame has a part of {length} bytes where {_body.Length - _at} are left");
        }

        var bytes = _body.Slice(_at, (int)length);
        _at += (int)length;
        return bytes;
    }

    private void Skip(int wire)
    {
        switch (wire)
        {
            case Varint:
                Number();
                return;
            case Length:
                Bytes();
                return;
            case Fixed64 when _body.Length - _at >= sizeof(ulong):
                _at += sizeof(ulong);
                return;
            case Fixed32 when _body.Length - _at >= sizeof(uint):
                _at += sizeof(uint);
                return;
            default:
                throw new InvalidDataException($"a stored frame has a field of wire type {wire} at {_at}, which cannot be read");
        }
    }
}

/// <summary>One grain's part of a frame, without its events.</summary>
/// <param name="Grain">Which one.</param>
/// <param name="Wake">When it wants to be woken after this frame, UTC ticks; 0 = never.</param>
/// <param name="Flagged">Whether it has open actions after this frame.</param>
/// <param name="Events">How many events it has.</param>
internal readonly record struct EntryHead(GrainKey Grain, long Wake, bool Flagged, int Events);
