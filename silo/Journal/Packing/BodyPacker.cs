using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Orchestrator.Silo.Journal.Packing;

/// <summary>Packs bodies, one after the other; see <see cref="PackedBody"/>. One caller at a time.</summary>
internal sealed class BodyPacker : IDisposable
{
    // Of smaller ones the head is too much, and there are few.
    private const int LeastBytes = 48;
    private readonly Compressor _compressor;
    private readonly byte _number;

    /// <param name="level">Of Zstandard: higher is smaller and slower. Readers need not know it.</param>
    public BodyPacker(int level)
        : this(level, PackingDictionary.Newest, PackingDictionary.Of(PackingDictionary.Newest))
    {
    }

    /// <param name="number">Of the dictionary.</param>
    internal BodyPacker(int level, byte number, byte[] dictionary)
    {
        _number = number;
        _compressor = new Compressor(level);
        _compressor.SetParameter(ZSTD_cParameter.ZSTD_c_contentSizeFlag, 0);
        _compressor.SetParameter(ZSTD_cParameter.ZSTD_c_checksumFlag, 0);
        _compressor.SetParameter(ZSTD_cParameter.ZSTD_c_dictIDFlag, 0);
        _compressor.SetParameter(ZSTD_cParameter.ZSTD_c_experimentalParam2, (int)ZSTD_format_e.ZSTD_f_zstd1_magicless);
        _compressor.LoadDictionary(dictionary);
    }

    /// <summary>How many bytes <see cref="Pack"/> may need for a body.</summary>
    public static int Room(int length) => length + 2;

    /// <summary>Writes what is to be stored of a body.</summary>
    /// <param name="to">At least <see cref="Room"/>.</param>
    /// <returns>How many bytes it took; 0 = the body is to be stored as it is.</returns>
    public int Pack(ReadOnlySpan<byte> body, Span<byte> to)
    {
        if (body.Length is >= LeastBytes and <= SqliteStore.BodyLimitBytes)
        {
            to[0] = PackedBody.Mark;
            to[1] = _number;
            var at = 2;
            var rest = (uint)body.Length;
            for (; rest >= 0x80; rest >>= 7)
            {
                to[at++] = unchecked((byte)(rest | 0x80));
            }

            to[at++] = (byte)rest;
            // What does not become smaller does not fit.
            if (_compressor.TryWrap(body, to[at..body.Length], out var packed))
            {
                return at + packed;
            }
        }

        if (!PackedBody.Is(body) || Room(body.Length) > SqliteStore.BodyLimitBytes)
        {
            return 0;
        }

        (to[0], to[1]) = (PackedBody.Mark, PackedBody.AsItIs);
        body.CopyTo(to[2..]);
        return Room(body.Length);
    }

    public void Dispose() => _compressor.Dispose();
}
