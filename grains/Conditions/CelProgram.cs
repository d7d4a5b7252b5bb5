namespace Orchestrator.Grains.Conditions;

/// <summary>The outcome of compiling: a program, or errors in the order of the source.</summary>
public sealed record CelCompilation<TFacts>(CelProgram<TFacts>? Program, IReadOnlyList<CelError> Errors);

internal sealed record CelLeaf<TFacts>(int Start, int End, CelTerm<TFacts> Term);

internal sealed record CelClauseTerm<TFacts>(int Start, int End, CelTerm<TFacts, bool> Term, IReadOnlyList<CelClauseTerm<TFacts>> Alternatives);

/// <summary>A compiled expression. Immutable; may be evaluated from any thread; evaluation throws nothing.</summary>
public sealed class CelProgram<TFacts>
{
    private readonly CelTerm<TFacts> term;
    private readonly CelTerm<TFacts, bool>? condition;
    private readonly IReadOnlyList<CelClauseTerm<TFacts>> clauses;
    private readonly IReadOnlyList<CelLeaf<TFacts>> leaves;

    internal CelProgram(
        string source,
        CelTerm<TFacts> term,
        IReadOnlyList<string> dependencies,
        long cost,
        IReadOnlyList<CelClauseTerm<TFacts>> clauses,
        IReadOnlyList<CelLeaf<TFacts>> leaves)
    {
        Source = source;
        Dependencies = dependencies;
        Cost = cost;
        this.term = term;
        this.clauses = clauses;
        this.leaves = leaves;
        condition = term as CelTerm<TFacts, bool>;
    }

    public string Source { get; }

    public CelType ResultType => term.Type;

    /// <summary>Tags of all names and functions used, and `time` if time alone can change the result; sorted, each once.</summary>
    public IReadOnlyList<string> Dependencies { get; }

    /// <summary>The most steps one evaluation takes; macros count their body once for each element, 1000 where the list is not a literal.</summary>
    public long Cost { get; }

    /// <summary>Whether the result may change when only time passes.</summary>
    public bool IsTemporal => term.Temporal is not null;

    /// <summary>Whether <see cref="NextChange"/> can be asked: true for conditions, unless compiled without that requirement.</summary>
    public bool CanSolveTime => term.Temporal is null or CelTemporal<TFacts>.Step;

    /// <summary>Whether the condition holds; false also when it has a fault.</summary>
    /// <exception cref="InvalidOperationException">The program is not a bool.</exception>
    public bool EvalBool(TFacts facts)
    {
        var fault = default(CelFault);
        return Condition.Eval(facts, ref fault) && !fault.IsSet;
    }

    /// <summary>Whether the condition holds, and the fault that made it false if there was one.</summary>
    /// <exception cref="InvalidOperationException">The program is not a bool.</exception>
    public bool EvalBool(TFacts facts, out CelFault fault)
    {
        fault = default;
        return Condition.Eval(facts, ref fault) && !fault.IsSet;
    }

    /// <summary>The number, converted from int or uint if need be; 0 with a fault.</summary>
    /// <exception cref="InvalidOperationException">The program is not a number.</exception>
    public double EvalDouble(TFacts facts, out CelFault fault)
    {
        fault = default;
        var value = term switch
        {
            CelTerm<TFacts, double> real => real.Eval(facts, ref fault),
            CelTerm<TFacts, long> whole => whole.Eval(facts, ref fault),
            CelTerm<TFacts, ulong> whole => whole.Eval(facts, ref fault),
            _ => throw Mistyped(CelType.Double),
        };
        return fault.IsSet ? 0 : value;
    }

    /// <summary>The int; 0 with a fault.</summary>
    /// <exception cref="InvalidOperationException">The program is not an int.</exception>
    public long EvalLong(TFacts facts, out CelFault fault) => Typed<long>(CelType.Int, facts, out fault);

    /// <summary>The uint; 0 with a fault.</summary>
    /// <exception cref="InvalidOperationException">The program is not a uint.</exception>
    public ulong EvalUlong(TFacts facts, out CelFault fault) => Typed<ulong>(CelType.Uint, facts, out fault);

    /// <summary>The text; null with a fault.</summary>
    /// <exception cref="InvalidOperationException">The program is not a string.</exception>
    public string? EvalString(TFacts facts, out CelFault fault) => Typed<string?>(CelType.String, facts, out fault);

    /// <summary>The instant, UTC; meaningless with a fault.</summary>
    /// <exception cref="InvalidOperationException">The program is not a timestamp.</exception>
    public DateTimeOffset EvalTimestamp(TFacts facts, out CelFault fault) => Typed<DateTimeOffset>(CelType.Timestamp, facts, out fault);

    /// <summary>The duration; zero with a fault.</summary>
    /// <exception cref="InvalidOperationException">The program is not a duration.</exception>
    public TimeSpan EvalDuration(TFacts facts, out CelFault fault) => Typed<TimeSpan>(CelType.Duration, facts, out fault);

    /// <summary>The value as an object (see <see cref="CelType"/>); null with a fault.</summary>
    public object? Eval(TFacts facts, out CelFault fault)
    {
        fault = default;
        var value = term.EvalObject(facts, ref fault);
        return fault.IsSet ? null : value;
    }

    /// <summary>The earliest instant strictly after facts' now at which the result may differ though only time passes; null if never.</summary>
    /// <exception cref="InvalidOperationException"><see cref="CanSolveTime"/> is false.</exception>
    public DateTimeOffset? NextChange(TFacts facts) => term.Temporal switch
    {
        null => null,
        CelTemporal<TFacts>.Step step => step.Next(facts),
        _ => throw new InvalidOperationException($"`{Source}` moves with time in a way that cannot be solved"),
    };

    /// <summary>The top-level clauses of a condition, each with whether it held and the values it was judged by. Allocates.</summary>
    /// <exception cref="InvalidOperationException">The program is not a bool.</exception>
    public CelEvidence Explain(TFacts facts)
    {
        var held = EvalBool(facts, out var fault);
        return new CelEvidence(Source, held, fault.IsSet ? fault.ToString() : null, [.. clauses.Select(clause => Explain(clause, facts))]);
    }

    /// <summary>How its truth moves when only time passes; null if it does not.</summary>
    internal CelTemporal<TFacts>? Temporal => term.Temporal;

    /// <summary>The top-level clauses of a condition: it holds exactly when each of them does, without a fault.</summary>
    internal IEnumerable<(string Text, CelTerm<TFacts, bool> Term)> Clauses => clauses.Select(clause => (Source[clause.Start..clause.End], clause.Term));

    private CelTerm<TFacts, bool> Condition => condition ?? throw Mistyped(CelType.Bool);

    private CelEvidenceClause Explain(CelClauseTerm<TFacts> clause, TFacts facts)
    {
        var fault = default(CelFault);
        var held = clause.Term.Eval(facts, ref fault) && !fault.IsSet;
        // Written out, for an account that enters a stage keeps what comes of it, once for each clause.
        var values = new List<CelEvidenceValue>();
        foreach (var leaf in leaves)
        {
            if (leaf.Start >= clause.Start && leaf.End <= clause.End && !Has(values, leaf))
            {
                values.Add(Value(leaf, facts));
            }
        }

        var alternatives = clause.Alternatives.Count == 0 ? [] : new CelEvidenceClause[clause.Alternatives.Count];
        for (var i = 0; i < alternatives.Length; i++)
        {
            alternatives[i] = Explain(clause.Alternatives[i], facts);
        }

        return new CelEvidenceClause(Source[clause.Start..clause.End], held, fault.IsSet ? fault.ToString() : null, values, alternatives);
    }

    private bool Has(List<CelEvidenceValue> values, CelLeaf<TFacts> leaf)
    {
        foreach (var value in values)
        {
            if (Source.AsSpan(leaf.Start, leaf.End - leaf.Start).SequenceEqual(value.Source))
            {
                return true;
            }
        }

        return false;
    }

    private CelEvidenceValue Value(CelLeaf<TFacts> leaf, TFacts facts)
    {
        var fault = default(CelFault);
        var value = leaf.Term.EvalObject(facts, ref fault);
        return new CelEvidenceValue(Source[leaf.Start..leaf.End], fault.IsSet ? null : CelEvidence.Show(value), fault.IsSet ? fault.ToString() : null);
    }

    private T Typed<T>(CelType type, TFacts facts, out CelFault fault)
    {
        fault = default;
        var value = (term as CelTerm<TFacts, T> ?? throw Mistyped(type)).Eval(facts, ref fault);
        return fault.IsSet ? default! : value;
    }

    private InvalidOperationException Mistyped(CelType asked) => new($"`{Source}` is {ResultType.Named}, not {asked.Named}");
}
