namespace Orchestrator.Grains.Conditions;

/// <summary>Checks the types of one expression and turns it into terms. Errors are collected, so that one look shows several.</summary>
internal sealed partial class CelCompiler<TFacts>
{
    private readonly CelEnvironment<TFacts> environment;
    private readonly string source;
    private readonly List<CelError> errors = [];
    private readonly SortedSet<string> tags = new(StringComparer.Ordinal);
    private readonly List<CelLeaf<TFacts>> leaves = [];
    private readonly Dictionary<CelSyntax, CelTerm<TFacts>> checkedTerms = new(ReferenceEqualityComparer.Instance);
    private readonly List<(string Name, CelTerm<TFacts> Term)> locals = [];
    private readonly CelSlots slots = new();

    private CelCompiler(CelEnvironment<TFacts> environment, string source)
    {
        this.environment = environment;
        this.source = source;
    }

    public static CelCompilation<TFacts> Compile(CelEnvironment<TFacts> environment, string source, CelType? expected, bool requireNextChange)
    {
        var compiler = new CelCompiler<TFacts>(environment, source);
        CelSyntax syntax;
        try
        {
            syntax = CelParser.Parse(source);
        }
        catch (CelSyntaxException refused)
        {
            return new CelCompilation<TFacts>(null, [CelError.At(source, refused.Offset, refused.Message)]);
        }

        var term = compiler.Check(syntax);
        if (term is not null)
        {
            term = compiler.Expect(term, expected, syntax.Start);
        }

        var cost = CelCost.Of(syntax);
        if (cost > CelCost.Limit)
        {
            compiler.Error(syntax.Start, $"the expression may take {cost} steps, more than {CelCost.Limit}");
        }

        if (term is { Type.Kind: CelKind.Bool, Temporal: CelTemporal<TFacts>.Opaque(var why, var offset) } && requireNextChange)
        {
            compiler.Error(offset, why);
        }

        return term is null || compiler.errors.Count > 0
            ? new CelCompilation<TFacts>(null, [.. compiler.errors.OrderBy(error => error.Offset)])
            : new CelCompilation<TFacts>(compiler.Program(syntax, term, cost), []);
    }

    private CelProgram<TFacts> Program(CelSyntax syntax, CelTerm<TFacts> term, long cost)
    {
        if (term.Temporal is not null)
        {
            tags.Add("time");
        }

        var clauses = term.Type.Kind == CelKind.Bool
            ? Split(syntax, "&&").Select(Clause).ToArray()
            : [];
        return new CelProgram<TFacts>(source, term, [.. tags], cost, clauses, [.. leaves]);
    }

    private CelClauseTerm<TFacts> Clause(CelSyntax clause)
    {
        var alternatives = Split(clause, "||").Select(part => new CelClauseTerm<TFacts>(part.Start, part.End, TermOf(part), [])).ToArray();
        return new CelClauseTerm<TFacts>(clause.Start, clause.End, TermOf(clause), alternatives.Length > 1 ? alternatives : []);
    }

    private CelTerm<TFacts, bool> TermOf(CelSyntax syntax) => CelTerms.Condition(checkedTerms[syntax]);

    private static IEnumerable<CelSyntax> Split(CelSyntax syntax, string symbol) =>
        syntax is CelSyntax.Binary binary && binary.Operator == symbol
            ? Split(binary.Left, symbol).Concat(Split(binary.Right, symbol))
            : [syntax];

    private CelTerm<TFacts>? Expect(CelTerm<TFacts> term, CelType? expected, int offset)
    {
        if (expected is null || term.Type == expected)
        {
            return term;
        }

        if (expected.Agrees(term.Type))
        {
            return Typed(expected, term);
        }

        if (expected.Kind == CelKind.Double && term.Type.IsNumeric)
        {
            return CallStandard("double", [term], [offset], offset);
        }

        Error(offset, $"expected {expected.Named}, found {term.Type.Named}");
        return null;
    }

    private CelTerm<TFacts>? Check(CelSyntax syntax)
    {
        var term = syntax switch
        {
            CelSyntax.Literal literal => CelTerms.Constant<TFacts>(literal.Type, literal.Value),
            CelSyntax.Name or CelSyntax.Select or CelSyntax.Index => CheckName(syntax),
            CelSyntax.Call call => CheckCall(call),
            CelSyntax.List list => CheckList(list),
            CelSyntax.Map map => CheckMap(map),
            CelSyntax.Unary unary => CheckUnary(unary),
            CelSyntax.Binary binary => CheckBinary(binary),
            CelSyntax.Ternary ternary => CheckTernary(ternary),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        if (term is not null)
        {
            checkedTerms[syntax] = term;
        }

        return term;
    }

    private CelTerm<TFacts>? CheckList(CelSyntax.List list)
    {
        var items = list.Items.Select(Check).ToArray();
        if (items.Any(item => item is null))
        {
            return null;
        }

        var type = items.Length == 0 ? CelType.Dyn : items.Select(item => item!.Type).Aggregate((a, b) => a.Join(b));
        return Fold(new CelListTerm<TFacts>(CelType.List(type), items!, Combine(list.Start, items!)), items!);
    }

    private CelTerm<TFacts>? CheckMap(CelSyntax.Map map)
    {
        var keys = map.Entries.Select(entry => Check(entry.Key)).ToArray();
        var values = map.Entries.Select(entry => Check(entry.Value)).ToArray();
        for (var i = 0; i < keys.Length; i++)
        {
            if (keys[i] is { } key && key.Type.Kind is not (CelKind.Bool or CelKind.Int or CelKind.Uint or CelKind.String or CelKind.Dyn))
            {
                Error(map.Entries[i].Key.Start, $"expected a key of bool, int, uint or string, found {key.Type.Named}");
                return null;
            }
        }

        if (keys.Any(key => key is null) || values.Any(value => value is null))
        {
            return null;
        }

        var keyType = keys.Length == 0 ? CelType.Dyn : keys.Select(key => key!.Type).Aggregate((a, b) => a.Join(b));
        var valueType = values.Length == 0 ? CelType.Dyn : values.Select(value => value!.Type).Aggregate((a, b) => a.Join(b));
        CelTerm<TFacts>[] all = [.. keys!, .. values!];
        return Fold(new CelMapTerm<TFacts>(CelType.Map(keyType, valueType), keys!, values!, Combine(map.Start, all)), all);
    }

    /// <summary>Replaces a pure term by its value when its inputs are known; a fault stays to be met when evaluated, as false and fault is false.</summary>
    private static CelTerm<TFacts> Fold(CelTerm<TFacts> term, params IReadOnlyList<CelTerm<TFacts>> inputs)
    {
        if (term.IsConstant || !inputs.All(input => input.IsConstant))
        {
            return term;
        }

        var fault = default(CelFault);
        var value = term.EvalObject(default!, ref fault);
        return fault.IsSet ? term : CelTerms.Constant<TFacts>(term.Type, value);
    }

    private static CelTerm<TFacts> Typed(CelType type, CelTerm<TFacts> term) => type.Kind switch
    {
        CelKind.Bool => CelTerms.As<TFacts, bool>(term, type),
        CelKind.Int => CelTerms.As<TFacts, long>(term, type),
        CelKind.Uint => CelTerms.As<TFacts, ulong>(term, type),
        CelKind.Double => CelTerms.As<TFacts, double>(term, type),
        CelKind.String => CelTerms.As<TFacts, string>(term, type),
        CelKind.Timestamp => CelTerms.As<TFacts, DateTimeOffset>(term, type),
        CelKind.Duration => CelTerms.As<TFacts, TimeSpan>(term, type),
        CelKind.Bytes or CelKind.Null or CelKind.List or CelKind.Map or CelKind.Dyn => term,
    };

    private void Error(int offset, string message, string? suggestion = null) =>
        errors.Add(CelError.At(source, offset, message, suggestion));
}

/// <summary>How many variables of macros one evaluation holds.</summary>
internal sealed class CelSlots
{
    public int Count { get; set; }
}
