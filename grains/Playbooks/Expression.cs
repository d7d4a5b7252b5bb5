using System.Collections.Immutable;

namespace Orchestrator.Grains.Playbooks;

/// <summary>A condition or formula as it stands in the file, not yet compiled.</summary>
/// <param name="Text">The expression after YAML has taken off quotes, escapes and folding; never empty in a definition.</param>
/// <param name="At">Where the first character of the content stands in the file (inside the quotes, below the block's header).</param>
public sealed record Expression(string Text, SourcePosition At)
{
    /// <summary>Where each run of characters that follow one another in the file begins; empty when the whole text does.</summary>
    internal ImmutableArray<TextRun> Runs { get; init; } = [];

    /// <summary>Turns a place in <see cref="Text"/> into the place in the file, through quotes, escapes and folded lines.</summary>
    /// <param name="line">Line of the expression, from 1.</param>
    /// <param name="column">Column of the expression, from 1, in UTF-16 code units; one past the end is the end.</param>
    /// <remarks>A place outside the text is moved to the nearest one inside. Blanks made by folding map to the end of the line before.</remarks>
    public SourcePosition Locate(int line, int column)
    {
        var offset = 0;
        for (var passed = 1; passed < line; passed++)
        {
            var end = Text.IndexOf('\n', offset);
            if (end < 0)
            {
                break;
            }

            offset = end + 1;
        }

        return Locate(Math.Clamp((long)offset + column - 1, 0, Text.Length));
    }

    /// <summary>Turns an offset in <see cref="Text"/>, from 0 in UTF-16 code units, into the place in the file.</summary>
    public SourcePosition Locate(long offset)
    {
        var run = new TextRun(0, At);
        foreach (var next in Runs)
        {
            if (next.Offset > offset)
            {
                break;
            }

            run = next;
        }

        return run.At with { Column = run.At.Column + (int)(offset - run.Offset) };
    }

    public bool Equals(Expression? other) => other is not null && Text == other.Text && At == other.At;
    public override int GetHashCode() => unchecked((At.Line * 397 + At.Column) * 397 + Text.Length);
    public override string ToString() => Text;
}

/// <summary>From this offset of a scalar's value on, the characters stand one after another in the file from this place.</summary>
internal readonly record struct TextRun(int Offset, SourcePosition At);
