namespace Orchestrator.Grains.Conditions;

/// <summary>An expression as parsed, with the span of source it came from.</summary>
internal abstract record CelSyntax(int Start, int End)
{
    /// <summary>Nesting under this node, from 1; bounded by the parser so that walks cannot exhaust the stack.</summary>
    internal int Depth { get; init; } = 1;

    internal sealed record Literal(int Start, int End, CelType Type, object? Value) : CelSyntax(Start, End);

    internal sealed record Name(int Start, int End, string Text) : CelSyntax(Start, End);

    internal sealed record Select(int Start, int End, CelSyntax Operand, string Field, int FieldStart) : CelSyntax(Start, End);

    internal sealed record Index(int Start, int End, CelSyntax Operand, CelSyntax Key) : CelSyntax(Start, End);

    internal sealed record Call(int Start, int End, CelSyntax? Target, string Function, int NameStart, IReadOnlyList<CelSyntax> Arguments) : CelSyntax(Start, End);

    internal sealed record List(int Start, int End, IReadOnlyList<CelSyntax> Items) : CelSyntax(Start, End);

    internal sealed record Map(int Start, int End, IReadOnlyList<(CelSyntax Key, CelSyntax Value)> Entries) : CelSyntax(Start, End);

    internal sealed record Unary(int Start, int End, string Operator, CelSyntax Operand) : CelSyntax(Start, End);

    internal sealed record Binary(int Start, int End, string Operator, int OperatorStart, CelSyntax Left, CelSyntax Right) : CelSyntax(Start, End);

    internal sealed record Ternary(int Start, int End, CelSyntax Condition, CelSyntax Then, CelSyntax Else) : CelSyntax(Start, End);

    internal string SpanOf(string source) => source[Start..End];
}
