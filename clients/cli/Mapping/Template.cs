using System.Globalization;
using System.Text;

namespace Orchestrator.Cli.Mapping;

/// <summary>Text with columns in it: <c>inv-{customer_id}-{$row}</c>. <c>{{</c> and <c>}}</c> stand for braces.</summary>
sealed class Template
{
    const string RowNumber = "$row";
    const string FileDigest = "$file";

    readonly List<(string Text, bool IsColumn)> parts = [];

    Template(Place place) => Place = place;

    public Place Place { get; }

    /// <summary>Columns that it needs.</summary>
    public IEnumerable<string> Columns => parts.Where(part => part.IsColumn && part.Text is not (RowNumber or FileDigest)).Select(part => part.Text);

    public static Template OfColumn(string column, Place place)
    {
        var template = new Template(place);
        template.parts.Add((column, true));
        return template;
    }

    /// <exception cref="CommandFailure">A brace is not closed, or nothing is between two.</exception>
    public static Template Parse(string text, Place place)
    {
        var template = new Template(place);
        var literal = new StringBuilder();
        for (var at = 0; at < text.Length; at++)
        {
            var c = text[at];
            if (c is '{' or '}' && at + 1 < text.Length && text[at + 1] == c)
            {
                literal.Append(c);
                at++;
            }
            else if (c == '{')
            {
                var end = text.IndexOf('}', at);
                if (end <= at + 1)
                {
                    throw place.Wrong($"expected a column's name between `{{` and `}}`, found `{text}`");
                }

                template.Keep(literal);
                template.parts.Add((text[(at + 1)..end].Trim(), true));
                at = end;
            }
            else if (c == '}')
            {
                throw place.Wrong($"expected `{{` before `}}`, or `}}}}` for a brace, found `{text}`");
            }
            else
            {
                literal.Append(c);
            }
        }

        template.Keep(literal);
        return template;
    }

    /// <summary>The text for a row; empty if any column in it is empty: half an id is none.</summary>
    public string Render(Row row)
    {
        if (parts is [(var only, true)])
        {
            return Part(only, row);
        }

        var text = new StringBuilder();
        foreach (var (part, isColumn) in parts)
        {
            var piece = isColumn ? Part(part, row) : part;
            if (piece.Length == 0)
            {
                return "";
            }

            text.Append(piece);
        }

        return text.ToString();
    }

    /// <summary>For messages: where the value came from.</summary>
    public string Describe() => string.Concat(parts.Select(part => part.IsColumn ? $"{{{part.Text}}}" : part.Text));

    static string Part(string column, Row row) => column switch
    {
        RowNumber => row.Number.ToString(CultureInfo.InvariantCulture),
        FileDigest => row.Digest,
        _ => row[column],
    };

    void Keep(StringBuilder literal)
    {
        if (literal.Length > 0)
        {
            parts.Add((literal.ToString(), false));
            literal.Clear();
        }
    }
}
