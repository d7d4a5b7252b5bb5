using System.Buffers;
using System.Globalization;
using System.Text;

namespace Orchestrator.Protos.Rpc;

/// <summary>The coding of <c>grpc-message</c>: UTF-8 with every byte outside 0x20-0x7E, and the percent sign, as <c>%XX</c>.</summary>
/// <remarks>Not <see cref="Uri.EscapeDataString(string)"/>: it escapes far more, and clients would show the escapes to people.</remarks>
public static class PercentCoding
{
    static readonly SearchValues<char> Plain = SearchValues.Create(
        Enumerable.Range(0x20, 0x7F - 0x20).Select(c => (char)c).Where(c => c != '%').ToArray());

    public static string Encode(string text)
    {
        if (!text.AsSpan().ContainsAnyExcept(Plain))
        {
            return text;
        }

        var coded = new StringBuilder(text.Length + 16);
        foreach (var octet in Encoding.UTF8.GetBytes(text))
        {
            if (octet is >= 0x20 and <= 0x7E and not (byte)'%')
            {
                coded.Append((char)octet);
            }
            else
            {
                coded.Append('%').Append(octet.ToString("X2", CultureInfo.InvariantCulture));
            }
        }

        return coded.ToString();
    }

    /// <summary>Lenient, as the specification asks: what is not a valid escape stays as it is.</summary>
    public static string Decode(string coded)
    {
        if (!coded.Contains('%', StringComparison.Ordinal))
        {
            return coded;
        }

        var source = Encoding.UTF8.GetBytes(coded);
        var octets = new byte[source.Length];
        var count = 0;
        for (var i = 0; i < source.Length; i++)
        {
            if (source[i] == '%' && i + 2 < source.Length
                && byte.TryParse(source.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var octet))
            {
                octets[count++] = octet;
                i += 2;
            }
            else
            {
                octets[count++] = source[i];
            }
        }

        return Encoding.UTF8.GetString(octets, 0, count);
    }
}
