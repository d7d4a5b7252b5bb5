using System.Globalization;
using System.Text;

namespace Orchestrator.Grains.Conditions;

/// <summary>Reads string and bytes literals: single, double and triple quotes, raw, and every escape of the specification.</summary>
internal static class CelTextLiteral
{
    public static bool StartsAt(string source, int at)
    {
        // At most one r and one b, in any order, before the quote.
        var raw = false;
        var bytes = false;
        for (; at < source.Length; at++)
        {
            switch (source[at])
            {
                case '\'' or '"':
                    return true;
                case 'r' or 'R' when !raw:
                    raw = true;
                    break;
                case 'b' or 'B' when !bytes:
                    bytes = true;
                    break;
                default:
                    return false;
            }
        }

        return false;
    }

    public static (CelType Type, object Value, int End) Read(string source, int start)
    {
        var at = start;
        var raw = false;
        var bytes = false;
        while (source[at] is not ('\'' or '"'))
        {
            raw |= source[at] is 'r' or 'R';
            bytes |= source[at] is 'b' or 'B';
            at++;
        }

        var triple = at + 2 < source.Length && source[at + 1] == source[at] && source[at + 2] == source[at];
        var quote = triple ? new string(source[at], 3) : source[at].ToString();
        at += quote.Length;
        var text = new StringBuilder();
        var octets = new List<byte>();
        while (true)
        {
            if (at >= source.Length || (!triple && source[at] is '\n' or '\r'))
            {
                throw new CelSyntaxException(start, $"this text has no closing {quote}");
            }

            if (string.CompareOrdinal(source, at, quote, 0, quote.Length) == 0)
            {
                break;
            }

            if (source[at] == '\\' && !raw)
            {
                at = Escape(source, at, bytes, text, octets);
            }
            else
            {
                var length = char.IsHighSurrogate(source[at]) && at + 1 < source.Length ? 2 : 1;
                Append(source.AsSpan(at, length), bytes, text, octets);
                at += length;
            }
        }

        at += quote.Length;
        return bytes ? (CelType.Bytes, octets.ToArray(), at) : (CelType.String, text.ToString(), at);
    }

    private static void Append(ReadOnlySpan<char> characters, bool bytes, StringBuilder text, List<byte> octets)
    {
        if (!bytes)
        {
            text.Append(characters);
            return;
        }

        Span<byte> buffer = stackalloc byte[8];
        octets.AddRange(buffer[..Encoding.UTF8.GetBytes(characters, buffer)]);
    }

    private static int Escape(string source, int at, bool bytes, StringBuilder text, List<byte> octets)
    {
        var c = at + 1 < source.Length ? source[at + 1] : '\0';
        var simple = "abfnrtv\\?\"'`".IndexOf(c);
        if (simple >= 0 && c != '\0')
        {
            Append(["\a\b\f\n\r\t\v\\?\"'`"[simple]], bytes, text, octets);
            return at + 2;
        }

        var (digits, radix, skip) = c switch
        {
            'x' or 'X' => (2, 16, 2),
            'u' => (4, 16, 2),
            'U' => (8, 16, 2),
            >= '0' and <= '3' => (3, 8, 1),
            _ => (0, 0, 0),
        };
        if (digits == 0 || at + skip + digits > source.Length || !TryNumber(source.AsSpan(at + skip, digits), radix, out var code))
        {
            throw new CelSyntaxException(at, $"unknown escape `\\{c}`; known are \\\\ \\' \\\" \\` \\? \\a \\b \\f \\n \\r \\t \\v, \\xHH, \\uHHHH, \\UHHHHHHHH and octal \\000 to \\377");
        }

        if (bytes && c is not ('u' or 'U'))
        {
            octets.Add((byte)code);
        }
        else if (Rune.TryCreate(code, out var rune))
        {
            Append(rune.ToString(), bytes, text, octets);
        }
        else
        {
            throw new CelSyntaxException(at, $"`{source.AsSpan(at, skip + digits)}` is not a Unicode character");
        }

        return at + skip + digits;
    }

    private static bool TryNumber(ReadOnlySpan<char> digits, int radix, out uint code)
    {
        if (radix == 16)
        {
            return uint.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out code);
        }

        code = 0;
        foreach (var digit in digits)
        {
            if (digit is < '0' or > '7')
            {
                return false;
            }

            code = (code * 8) + (uint)(digit - '0');
        }

        return true;
    }
}
