using System.Collections.Immutable;
using YamlDotNet.Core;

namespace Orchestrator.Grains.Playbooks.Reading;

/// <summary>The characters of a file, to find where the content of a scalar really stands.</summary>
internal sealed class SourceText
{
    readonly string raw;
    readonly int[] lineStarts;

    public SourceText(string raw)
    {
        this.raw = raw;
        var starts = new List<int> { 0 };
        for (var index = 0; index < raw.Length; index++)
        {
            if (raw[index] == '\n' || (raw[index] == '\r' && (index + 1 == raw.Length || raw[index + 1] != '\n')))
            {
                starts.Add(index + 1);
            }
        }

        lineStarts = [.. starts];
    }

    public int Lines => lineStarts.Length;

    public SourcePosition PositionOf(long index)
    {
        var clamped = (int)Math.Clamp(index, 0, raw.Length);
        var line = Array.BinarySearch(lineStarts, clamped);
        line = line < 0 ? ~line - 1 : line;
        return new SourcePosition(line + 1, clamped - lineStarts[line] + 1);
    }

    /// <summary>The text of a line, from 1, without its line break; empty past the end.</summary>
    public ReadOnlySpan<char> Line(int line)
    {
        if (line < 1 || line > lineStarts.Length)
        {
            return [];
        }

        var end = line < lineStarts.Length ? lineStarts[line] : raw.Length;
        return raw.AsSpan(lineStarts[line - 1], end - lineStarts[line - 1]).TrimEnd("\r\n");
    }

    /// <summary>Where a scalar's content begins, and its runs when it does not stand in the file word for word.</summary>
    /// <param name="start">Index of the scalar, perhaps of the anchor or tag before it.</param>
    public (SourcePosition At, ImmutableArray<TextRun> Runs) Locate(string value, ScalarStyle style, long start)
    {
        var index = SkipProperties((int)Math.Clamp(start, 0, raw.Length));
        if (style is ScalarStyle.Literal or ScalarStyle.Folded)
        {
            index = BlockContent(value, index);
        }
        else if (style is ScalarStyle.SingleQuoted or ScalarStyle.DoubleQuoted)
        {
            index = Math.Min(index + 1, raw.Length);
        }

        var at = PositionOf(index);
        var verbatim = string.CompareOrdinal(raw, index, value, 0, value.Length) == 0 && !value.Contains('\n', StringComparison.Ordinal);
        return (at, verbatim ? [] : Runs(value, style, index, at));
    }

    int SkipProperties(int index)
    {
        while (index < raw.Length && raw[index] is '&' or '!')
        {
            while (index < raw.Length && !char.IsWhiteSpace(raw[index]))
            {
                index++;
            }

            while (index < raw.Length && (char.IsWhiteSpace(raw[index]) || raw[index] == '#'))
            {
                index = raw[index] == '#' ? EndOfLine(index) : index + 1;
            }
        }

        return index;
    }

    int EndOfLine(int index)
    {
        while (index < raw.Length && raw[index] is not ('\n' or '\r'))
        {
            index++;
        }

        return index;
    }

    /// <summary>The first character of a block scalar: below its header, after its indentation.</summary>
    int BlockContent(string value, int header)
    {
        var line = PositionOf(header).Line + 1;
        if (line > lineStarts.Length)
        {
            return raw.Length;
        }

        // The indentation is that of the first line with text, less the blanks that belong to the value itself.
        var filled = line;
        while (filled < lineStarts.Length && Line(filled).Trim(' ').Length == 0)
        {
            filled++;
        }

        var blanks = Line(filled).Length - Line(filled).TrimStart(' ').Length;
        var text = value.AsSpan().TrimStart('\n');
        var indent = Math.Max(0, blanks - (text.Length - text.TrimStart(' ').Length));
        return lineStarts[line - 1] + Math.Min(indent, Line(line).Length);
    }

    /// <summary>
    /// Walks value and file side by side. Folding, indentation and escaped line ends change white space only, so the n-th other
    /// character of the value is the n-th one of the file (an escape counts as one); white space keeps the place after what is before it.
    /// </summary>
    ImmutableArray<TextRun> Runs(string value, ScalarStyle style, int index, SourcePosition at)
    {
        var runs = ImmutableArray.CreateBuilder<TextRun>();
        runs.Add(new TextRun(0, at));
        var expected = index;
        for (var offset = 0; offset < value.Length; offset++)
        {
            if (char.IsWhiteSpace(value[offset]))
            {
                expected++;
                continue;
            }

            var unit = Unit(style, index);
            while (unit.Blank && index < raw.Length)
            {
                index += unit.Length;
                unit = Unit(style, index);
            }

            if (index != expected)
            {
                runs.Add(new TextRun(offset, PositionOf(index)));
            }

            // An escape beyond the basic plane gives two code units for one escape.
            if (unit.Length > 1 && char.IsHighSurrogate(value[offset]) && offset + 1 < value.Length)
            {
                offset++;
                runs.Add(new TextRun(offset, PositionOf(index)));
            }

            index = Math.Min(index + unit.Length, raw.Length);
            expected = unit.Length == 1 ? index : -1;
        }

        return runs.ToImmutable();
    }

    /// <summary>How many characters of the file make the next one of the value, and whether it is white space or nothing at all.</summary>
    (int Length, bool Blank) Unit(ScalarStyle style, int index)
    {
        if (index >= raw.Length)
        {
            return (0, true);
        }

        var next = index + 1 < raw.Length ? raw[index + 1] : '\0';
        if (style is ScalarStyle.SingleQuoted && raw[index] == '\'' && next == '\'')
        {
            return (2, false);
        }

        if (style is not ScalarStyle.DoubleQuoted || raw[index] != '\\')
        {
            return (1, char.IsWhiteSpace(raw[index]));
        }

        var digits = next switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        if (digits == 0)
        {
            return (2, next is 'n' or 'r' or 't' or 'v' or 'f' or 'N' or '_' or 'L' or 'P' || char.IsWhiteSpace(next));
        }

        var hex = raw.AsSpan(index + 2, Math.Min(digits, raw.Length - index - 2));
        var blank = uint.TryParse(hex, System.Globalization.NumberStyles.AllowHexSpecifier, null, out var code)
            && code <= char.MaxValue && char.IsWhiteSpace((char)code);
        return (2 + hex.Length, blank);
    }
}
