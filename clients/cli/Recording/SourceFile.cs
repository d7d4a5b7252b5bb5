using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Orchestrator.Cli.Recording;

/// <summary>A file of rows, packed or not; what it is called does not matter to its content.</summary>
sealed class SourceFile : IDisposable
{
    static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    readonly FileStream file;
    readonly bool packed;

    SourceFile(FileStream file, bool packed, bool isTable)
    {
        this.file = file;
        this.packed = packed;
        IsTable = isTable;
    }

    /// <summary>CSV rather than NDJSON.</summary>
    public bool IsTable { get; }

    public string Path => file.Name;

    public long LengthBytes => file.Length;

    /// <summary>How far it was read, as it lies on the disk. May be asked from any thread.</summary>
    public long PositionBytes => file.SafeFileHandle.IsClosed ? file.Length : file.Position;

    /// <exception cref="CommandFailure">There is no such file.</exception>
    public static SourceFile Open(string path)
    {
        Files.MustExist(path);
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
        Span<byte> magic = stackalloc byte[2];
        var packed = file.ReadAtLeast(magic, 2, throwOnEndOfStream: false) == 2 && magic is [0x1f, 0x8b];
        return new(file, packed, IsTableName(path) ?? !StartsWithBrace(file, packed));
    }

    /// <summary>SHA-256 of the unpacked content, lower-case hexadecimal.</summary>
    public async Task<string> DigestAsync(CancellationToken cancellation)
    {
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(Content(), cancellation));
    }

    /// <summary>The text from its beginning; a byte order mark is left out, and what is not UTF-8 throws <see cref="DecoderFallbackException"/>.</summary>
    public StreamReader Text() => new(Content(), Strict, detectEncodingFromByteOrderMarks: true, bufferSize: 1 << 16, leaveOpen: true);

    public void Dispose() => file.Dispose();

    Stream Content() => Content(file, packed);

    static Stream Content(FileStream file, bool packed)
    {
        file.Position = 0;
        return packed ? new GZipStream(file, CompressionMode.Decompress, leaveOpen: true) : file;
    }

    static bool? IsTableName(string path)
    {
        var name = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? path[..^3] : path;
        return System.IO.Path.GetExtension(name).ToUpperInvariant() switch
        {
            ".CSV" or ".TSV" => true,
            ".NDJSON" or ".JSONL" or ".JSON" => false,
            _ => null,
        };
    }

    static bool StartsWithBrace(FileStream file, bool packed)
    {
        using var text = new StreamReader(Content(file, packed), leaveOpen: true);
        int c;
        do
        {
            c = text.Read();
        }
        while (c >= 0 && char.IsWhiteSpace((char)c));

        return c == '{';
    }
}
