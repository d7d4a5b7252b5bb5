using System.Diagnostics.CodeAnalysis;

namespace Orchestrator.Grains.Conditions;

/// <summary>One overload of a function of the environment.</summary>
internal sealed record CelFunction<TFacts>(string Name, IReadOnlyList<CelType> Parameters, CelBinder<TFacts> Bind)
{
    public override string ToString() => $"{Name}({string.Join(", ", Parameters)})";
}

/// <summary>Turns one use of a function into a term, or refuses it at an argument.</summary>
public delegate CelBinding<TFacts> CelBinder<TFacts>(CelCall<TFacts> call);

/// <summary>One use of a function in an expression.</summary>
/// <param name="Name">As declared.</param>
/// <param name="Arguments">As many as the declared parameters, and of their types.</param>
public sealed record CelCall<TFacts>(string Name, IReadOnlyList<CelArgument<TFacts>> Arguments)
{
    /// <summary>Accepts the use.</summary>
    /// <param name="term">Its value, type and movement in time.</param>
    /// <param name="tags">What it depends on.</param>
    public CelBinding<TFacts> Bind(CelTerm<TFacts> term, params string[] tags) => new CelBinding<TFacts>.Bound(term, tags);

    /// <summary>Refuses the use.</summary>
    /// <param name="argument">Which argument is at fault, from 0.</param>
    /// <param name="message">What was found and what was expected.</param>
    /// <param name="found">With <paramref name="known"/>: the name for which the nearest known one is suggested.</param>
    /// <param name="known">Names that would have been accepted.</param>
    public CelBinding<TFacts> Refuse(int argument, string message, string? found = null, IEnumerable<string>? known = null) =>
        new CelBinding<TFacts>.Refused(argument, message, found is null || known is null ? null : NearestName.Of(found, known));
}

/// <summary>An argument of a use of a function.</summary>
/// <param name="Term">The compiled argument.</param>
/// <param name="Source">Its text.</param>
/// <param name="Offset">Where it starts in the expression, UTF-16 units from 0.</param>
public sealed record CelArgument<TFacts>(CelTerm<TFacts> Term, string Source, int Offset)
{
    public CelType Type => Term.Type;

    /// <summary>Whether the value is known while compiling.</summary>
    public bool IsConstant => Term.IsConstant;

    /// <summary>The value known while compiling: a bare value, IReadOnlyList&lt;object?&gt; or <see cref="CelMap"/>; null unless constant.</summary>
    public object? Value
    {
        get
        {
            var fault = default(CelFault);
            return IsConstant ? Term.EvalObject(default!, ref fault) : null;
        }
    }

    /// <summary>Whether the argument is a constant text.</summary>
    public bool TryText([NotNullWhen(true)] out string? text) => (text = Value as string) is not null;

    /// <summary>Whether the argument is a constant list of texts.</summary>
    public bool TryTexts([NotNullWhen(true)] out IReadOnlyList<string>? texts)
    {
        texts = Value is IReadOnlyList<object?> list && list.All(item => item is string) ? [.. list.Cast<string>()] : null;
        return texts is not null;
    }

    /// <summary>Whether the argument is a constant duration, or a constant text such as `45d`.</summary>
    public bool TryDuration(out TimeSpan duration)
    {
        duration = Value is TimeSpan span ? span : default;
        return Value is TimeSpan || (Value is string text && CelTime.TryDuration(text, out duration));
    }

    /// <summary>The argument as a reader of a typed value; <typeparamref name="T"/> must be the type's own (see <see cref="CelTerm{TFacts, T}"/>).</summary>
    public CelTerm<TFacts, T> As<T>() => CelTerms.As<TFacts, T>(Term, Type);
}

/// <summary>What a binder answers.</summary>
public abstract record CelBinding<TFacts>
{
    private CelBinding()
    {
    }

    public sealed record Bound(CelTerm<TFacts> Term, IReadOnlyList<string> Tags) : CelBinding<TFacts>;

    public sealed record Refused(int Argument, string Message, string? Suggestion) : CelBinding<TFacts>;
}
