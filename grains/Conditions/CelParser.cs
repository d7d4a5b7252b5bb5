namespace Orchestrator.Grains.Conditions;

/// <summary>Recursive descent over the grammar of CEL: operators, members. Messages (`Type{field: value}`) are refused.</summary>
internal sealed partial class CelParser
{
    /// <summary>How deep an expression may nest; far above what a person writes, far below what a stack holds.</summary>
    internal const int MaxDepth = 100;

    /// <summary>How long an expression may be, UTF-16 units.</summary>
    internal const int MaxLength = 100_000;

    private static readonly HashSet<string> Reserved =
    [
        "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package", "namespace", "return", "var", "void", "while",
    ];

    private static readonly string[][] Levels = [["<", "<=", ">", ">=", "==", "!=", "in"], ["+", "-"], ["*", "/", "%"]];

    private readonly string source;
    private readonly CelLexer lexer;
    private CelToken token;
    private int depth;

    private CelParser(string source)
    {
        this.source = source;
        if (source.Length > MaxLength)
        {
            throw new CelSyntaxException(MaxLength, $"the expression is longer than {MaxLength} characters");
        }

        lexer = new CelLexer(source);
        token = lexer.Next();
    }

    /// <summary>Parses the whole of <paramref name="source"/>.</summary>
    /// <exception cref="CelSyntaxException">The text is not an expression.</exception>
    public static CelSyntax Parse(string source)
    {
        var parser = new CelParser(source);
        var expression = parser.Expression();
        return parser.token.Kind == CelTokenKind.End
            ? expression
            : throw parser.Unexpected("an operator or the end of the expression");
    }

    private CelSyntax Expression()
    {
        if (++depth > MaxDepth)
        {
            throw TooDeep(token.Start);
        }

        var condition = Chain("||", () => Chain("&&", () => Operators(0)));
        if (Take("?"))
        {
            var then = Chain("||", () => Chain("&&", () => Operators(0)));
            Expect(":");
            var otherwise = Expression();
            condition = Deeper(new CelSyntax.Ternary(condition.Start, otherwise.End, condition, then, otherwise), condition, then, otherwise);
        }

        depth--;
        return condition;
    }

    /// <summary>Chains of one associative operator become balanced trees, so that a hundred alternatives are not a hundred levels.</summary>
    private CelSyntax Chain(string symbol, Func<CelSyntax> operand)
    {
        var first = operand();
        if (!Is(symbol))
        {
            return first;
        }

        var items = new List<CelSyntax> { first };
        var operators = new List<int>();
        while (Is(symbol))
        {
            operators.Add(token.Start);
            Advance();
            items.Add(operand());
        }

        return Balance(symbol, items, operators, 0, items.Count - 1);
    }

    private CelSyntax Balance(string symbol, List<CelSyntax> items, List<int> operators, int from, int to)
    {
        if (from == to)
        {
            return items[from];
        }

        var middle = (from + to) / 2;
        var left = Balance(symbol, items, operators, from, middle);
        var right = Balance(symbol, items, operators, middle + 1, to);
        return Deeper(new CelSyntax.Binary(left.Start, right.End, symbol, operators[middle], left, right), left, right);
    }

    private CelSyntax Operators(int level)
    {
        if (level == Levels.Length)
        {
            return Unary();
        }

        var left = Operators(level + 1);
        while (token.Kind == CelTokenKind.Symbol && Levels[level].Contains(token.Text))
        {
            var (symbol, at) = (token.Text, token.Start);
            Advance();
            var right = Operators(level + 1);
            left = Deeper(new CelSyntax.Binary(left.Start, right.End, symbol, at, left, right), left, right);
        }

        return left;
    }

    private CelSyntax Unary()
    {
        if (!Is("!") && !Is("-"))
        {
            return Member();
        }

        var (symbol, start) = (token.Text, token.Start);
        Advance();
        if (symbol == "-" && token is { Kind: CelTokenKind.Literal, Value: ulong or double } && token.Type != CelType.Uint)
        {
            var literal = token;
            Advance();
            object value = literal.Value is double real ? (object)-real : unchecked(-(long)(ulong)literal.Value!);
            return Member(new CelSyntax.Literal(start, literal.End, literal.Type!, value));
        }

        if (++depth > MaxDepth)
        {
            throw TooDeep(start);
        }

        var operand = Unary();
        depth--;
        return Deeper(new CelSyntax.Unary(start, operand.End, symbol, operand), operand);
    }

    private CelSyntax Member() => Member(Primary());

    private CelSyntax Member(CelSyntax operand)
    {
        while (true)
        {
            if (Take("."))
            {
                if (token.Kind is not (CelTokenKind.Name or CelTokenKind.QuotedName))
                {
                    throw Unexpected(Is("?") ? "a field name; optional fields are not supported" : "a field name");
                }

                var field = token;
                Advance();
                if (Is("(") && field.Kind == CelTokenKind.Name)
                {
                    var arguments = Arguments(out var end);
                    operand = Deeper(new CelSyntax.Call(operand.Start, end, operand, field.Text, field.Start, arguments), [operand, .. arguments]);
                }
                else
                {
                    operand = Deeper(new CelSyntax.Select(operand.Start, field.End, operand, field.Text, field.Start), operand);
                }
            }
            else if (Is("["))
            {
                Advance();
                if (Is("?"))
                {
                    throw Unexpected("an index; optional values are not supported");
                }

                var key = Expression();
                var end = Expect("]");
                operand = Deeper(new CelSyntax.Index(operand.Start, end, operand, key), operand, key);
            }
            else if (Is("{") && operand is CelSyntax.Name or CelSyntax.Select)
            {
                throw new CelSyntaxException(token.Start, "message literals are not supported; use a map such as {'a': 1}");
            }
            else
            {
                return operand;
            }
        }
    }

    private static CelSyntax Deeper(CelSyntax node, params ReadOnlySpan<CelSyntax> children)
    {
        var most = 0;
        foreach (var child in children)
        {
            most = Math.Max(most, child.Depth);
        }

        return most < MaxDepth ? node with { Depth = most + 1 } : throw TooDeep(node.Start);
    }

    private static CelSyntaxException TooDeep(int at) => new(at, $"the expression is nested more than {MaxDepth} levels deep");

    private bool Is(string symbol) => token.Kind == CelTokenKind.Symbol && token.Text == symbol;

    private bool Take(string symbol)
    {
        if (!Is(symbol))
        {
            return false;
        }

        Advance();
        return true;
    }

    private int Expect(string symbol)
    {
        var end = token.End;
        return Take(symbol) ? end : throw Unexpected($"`{symbol}`");
    }

    private void Advance() => token = lexer.Next();

    private CelSyntaxException Unexpected(string expected) =>
        new(token.Start, $"expected {expected}, found {(token.Kind == CelTokenKind.End ? "the end of the expression" : $"`{source[token.Start..token.End]}`")}");
}
