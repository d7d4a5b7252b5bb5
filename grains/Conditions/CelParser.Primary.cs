namespace Orchestrator.Grains.Conditions;

/// <summary>Literals, names, calls, lists and maps.</summary>
internal sealed partial class CelParser
{
    private CelSyntax Primary()
    {
        var first = token;
        if (token.Kind == CelTokenKind.Literal)
        {
            Advance();
            if (first.Type == CelType.Int)
            {
                return (ulong)first.Value! <= long.MaxValue
                    ? new CelSyntax.Literal(first.Start, first.End, CelType.Int, (long)(ulong)first.Value!)
                    : throw new CelSyntaxException(first.Start, $"`{first.Text}` does not fit in an int of 64 bits");
            }

            return new CelSyntax.Literal(first.Start, first.End, first.Type!, first.Value);
        }

        if (Take("("))
        {
            var inner = Expression();
            Expect(")");
            return inner;
        }

        if (Is("["))
        {
            Advance();
            var items = Items("]", out var end);
            return Deeper(new CelSyntax.List(first.Start, end, items), [.. items]);
        }

        if (Is("{"))
        {
            return MapLiteral();
        }

        // A leading dot means the outermost scope, which is the only one there is outside macros.
        var rooted = Take(".");
        if (token.Kind != CelTokenKind.Name)
        {
            throw Unexpected(rooted ? "a name" : "a value, a name or `(`");
        }

        var name = token;
        if (Reserved.Contains(name.Text))
        {
            throw new CelSyntaxException(name.Start, $"`{name.Text}` is a reserved word");
        }

        Advance();
        var text = rooted ? "." + name.Text : name.Text;
        if (!Is("("))
        {
            return new CelSyntax.Name(first.Start, name.End, text);
        }

        var arguments = Arguments(out var close);
        return Deeper(new CelSyntax.Call(first.Start, close, null, name.Text, name.Start, arguments), [.. arguments]);
    }

    private CelSyntax MapLiteral()
    {
        var start = token.Start;
        Advance();
        var entries = new List<(CelSyntax Key, CelSyntax Value)>();
        while (!Is("}"))
        {
            if (Is("?"))
            {
                throw Unexpected("a key; optional entries are not supported");
            }

            var key = Expression();
            Expect(":");
            entries.Add((key, Expression()));
            if (!Take(","))
            {
                break;
            }
        }

        var end = Expect("}");
        return Deeper(new CelSyntax.Map(start, end, entries), [.. entries.SelectMany(entry => new[] { entry.Key, entry.Value })]);
    }

    private List<CelSyntax> Arguments(out int end)
    {
        Expect("(");
        var items = new List<CelSyntax>();
        if (!Is(")"))
        {
            do
            {
                items.Add(Expression());
            }
            while (Take(","));
        }

        end = Expect(")");
        return items;
    }

    private List<CelSyntax> Items(string close, out int end)
    {
        var items = new List<CelSyntax>();
        while (!Is(close))
        {
            if (Is("?"))
            {
                throw Unexpected("a value; optional elements are not supported");
            }

            items.Add(Expression());
            if (!Take(","))
            {
                break;
            }
        }

        end = Expect(close);
        return items;
    }
}
