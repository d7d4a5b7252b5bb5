using System.Globalization;

namespace Orchestrator.Grains.Conditions;

internal enum CelTokenKind
{
    End,
    Name,
    QuotedName,
    Literal,
    Symbol,
}

internal readonly record struct CelToken(CelTokenKind Kind, int Start, int End, string Text, CelType? Type = null, object? Value = null);

/// <summary>Refusal of an expression while it is read; never leaves the compiler.</summary>
internal sealed class CelSyntaxException(int offset, string message) : Exception(message)
{
    public int Offset { get; } = offset;
}

/// <summary>Splits an expression into tokens; strings are in <see cref="CelTextLiteral"/>.</summary>
internal sealed class CelLexer(string source)
{
    private static readonly string[] Symbols =
        ["&&", "||", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "!", "?", ":", "(", ")", "[", "]", "{", "}", ",", "."];

    private int at;

    public CelToken Next()
    {
        SkipBlanks();
        if (at >= source.Length)
        {
            return new CelToken(CelTokenKind.End, source.Length, source.Length, "");
        }

        var start = at;
        var c = source[at];
        if (CelTextLiteral.StartsAt(source, at))
        {
            var (type, value, end) = CelTextLiteral.Read(source, at);
            at = end;
            return new CelToken(CelTokenKind.Literal, start, at, source[start..at], type, value);
        }

        if (char.IsAsciiLetter(c) || c == '_')
        {
            while (at < source.Length && (char.IsAsciiLetterOrDigit(source[at]) || source[at] == '_'))
            {
                at++;
            }

            var text = source[start..at];
            return text switch
            {
                "true" => new CelToken(CelTokenKind.Literal, start, at, text, CelType.Bool, true),
                "false" => new CelToken(CelTokenKind.Literal, start, at, text, CelType.Bool, false),
                "null" => new CelToken(CelTokenKind.Literal, start, at, text, CelType.Null, null),
                "in" => new CelToken(CelTokenKind.Symbol, start, at, text),
                _ => new CelToken(CelTokenKind.Name, start, at, text),
            };
        }

        if (char.IsAsciiDigit(c) || (c == '.' && char.IsAsciiDigit(Peek(1))))
        {
            return Number();
        }

        if (c == '`')
        {
            var close = source.IndexOf('`', at + 1);
            var name = close < 0 ? "" : source[(at + 1)..close];
            if (name.Length == 0 || name.Any(x => !char.IsAsciiLetterOrDigit(x) && "_.-/ ".IndexOf(x) < 0))
            {
                throw new CelSyntaxException(at, "expected a name of letters, digits, `_`, `.`, `-`, `/` or blanks between back quotes");
            }

            at = close + 1;
            return new CelToken(CelTokenKind.QuotedName, start, at, name);
        }

        foreach (var symbol in Symbols)
        {
            if (string.CompareOrdinal(source, at, symbol, 0, symbol.Length) == 0)
            {
                at += symbol.Length;
                return new CelToken(CelTokenKind.Symbol, start, at, symbol);
            }
        }

        var hint = c switch { '=' => "; equality is `==`", '&' => "; and is `&&`", '|' => "; or is `||`", _ => "" };
        throw new CelSyntaxException(at, $"unexpected character `{(char.IsSurrogate(c) ? "�" : c)}`{hint}");
    }

    private char Peek(int ahead) => at + ahead < source.Length ? source[at + ahead] : '\0';

    private void SkipBlanks()
    {
        while (at < source.Length)
        {
            if (source[at] is ' ' or '\t' or '\n' or '\r' or '\f')
            {
                at++;
            }
            else if (source[at] == '/' && Peek(1) == '/')
            {
                var end = source.IndexOf('\n', at);
                at = end < 0 ? source.Length : end + 1;
            }
            else
            {
                return;
            }
        }
    }

    private CelToken Number()
    {
        var start = at;
        var hex = source[at] == '0' && Peek(1) is 'x' or 'X';
        var real = false;
        if (hex)
        {
            at += 2;
            SkipWhile(char.IsAsciiHexDigit);
        }
        else
        {
            SkipWhile(char.IsAsciiDigit);
            if (Peek(0) == '.' && char.IsAsciiDigit(Peek(1)))
            {
                real = true;
                at++;
                SkipWhile(char.IsAsciiDigit);
            }

            if (Peek(0) is 'e' or 'E' && (char.IsAsciiDigit(Peek(1)) || (Peek(1) is '+' or '-' && char.IsAsciiDigit(Peek(2)))))
            {
                real = true;
                at += 2;
                SkipWhile(char.IsAsciiDigit);
            }
        }

        var digits = source[start..at];
        if (real)
        {
            var value = double.Parse(digits, NumberStyles.Float, CultureInfo.InvariantCulture);
            return new CelToken(CelTokenKind.Literal, start, at, digits, CelType.Double, value);
        }

        var unsigned = Peek(0) is 'u' or 'U';
        at += unsigned ? 1 : 0;
        if (char.IsAsciiLetterOrDigit(Peek(0)) || Peek(0) == '_')
        {
            throw new CelSyntaxException(start, $"`{source[start..(at + 1)]}` is not a number; durations are written duration('45d')");
        }

        var parsed = hex
            ? ulong.TryParse(digits.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var magnitude)
            : ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out magnitude);
        // 2^63 is let through here: the parser takes it only after a minus sign.
        if (!parsed || (!unsigned && magnitude > 1UL << 63))
        {
            throw new CelSyntaxException(start, $"`{digits}` does not fit in 64 bits");
        }

        return unsigned
            ? new CelToken(CelTokenKind.Literal, start, at, digits, CelType.Uint, magnitude)
            : new CelToken(CelTokenKind.Literal, start, at, digits, CelType.Int, magnitude);
    }

    private void SkipWhile(Func<char, bool> accepts)
    {
        while (at < source.Length && accepts(source[at]))
        {
            at++;
        }
    }
}
