namespace Orchestrator.Grains.Conditions;

internal sealed partial class CelCompiler<TFacts>
{
    private CelTerm<TFacts>? CheckName(CelSyntax syntax)
    {
        if (syntax is CelSyntax.Name { Text: var local } && FindLocal(local) is { } bound)
        {
            return bound;
        }

        var path = Path(syntax);
        if (path is not null && environment.FindVariable(path) is { } variable)
        {
            return Leaf(syntax, variable.Term, variable.Tags);
        }

        if (syntax is CelSyntax.Select { Operand: CelSyntax.Call call } field && CheckCallField(call, field.Field, field) is { } resolved)
        {
            return resolved.Term;
        }

        // No part of the path is a variable, so the whole of it is one misspelt name.
        if (path is not null && !HasKnownPrefix(syntax))
        {
            Error(syntax.Start, $"unknown name `{path}`", NearestName.Of(path, environment.VariableNames));
            return null;
        }

        return syntax switch
        {
            CelSyntax.Select select => CheckField(select),
            CelSyntax.Index index => CheckIndex(index),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    private CelTerm<TFacts>? CheckField(CelSyntax.Select select)
    {
        if (Check(select.Operand) is not { } operand)
        {
            return null;
        }

        if (operand.Type.Kind is not (CelKind.Map or CelKind.Dyn))
        {
            var path = Path(select);
            Error(select.FieldStart, $"{operand.Type.Named} has no field `{select.Field}`", path is null ? null : NearestName.Of(path, environment.VariableNames));
            return null;
        }

        var key = CelTerms.Constant<TFacts>(CelType.String, select.Field);
        return Entry(operand, key, select.Start);
    }

    private CelTerm<TFacts>? CheckIndex(CelSyntax.Index index)
    {
        var operand = Check(index.Operand);
        var key = Check(index.Key);
        if (operand is null || key is null)
        {
            return null;
        }

        var wanted = operand.Type.Kind switch
        {
            CelKind.List => CelType.Int,
            CelKind.Map => operand.Type.Key,
            CelKind.Dyn => CelType.Dyn,
            CelKind.Bool or CelKind.Int or CelKind.Uint or CelKind.Double or CelKind.String or CelKind.Bytes or CelKind.Null or CelKind.Timestamp or CelKind.Duration => null,
        };
        if (wanted is null)
        {
            Error(index.Operand.Start, $"expected a list or map before `[`, found {operand.Type.Named}");
            return null;
        }

        if (!wanted.Agrees(key.Type) && !(wanted.IsNumeric && key.Type.IsNumeric))
        {
            Error(index.Key.Start, $"expected an index of {wanted}, found {key.Type.Named}");
            return null;
        }

        return Entry(operand, key, index.Start);
    }

    private CelTerm<TFacts> Entry(CelTerm<TFacts> operand, CelTerm<TFacts> key, int offset)
    {
        var type = operand.Type.Element ?? CelType.Dyn;
        var term = Fold(new CelEntryTerm<TFacts>(operand, key, Combine(offset, operand, key)), operand, key);
        return Fold(Typed(type, new CelRetypedTerm<TFacts>(type, CelTerms.Object(term))), operand, key);
    }

    /// <summary>`has(a.b)`: whether a declared name has a value, or a map has a key.</summary>
    private CelTerm<TFacts>? CheckHas(CelSyntax.Call call)
    {
        var argument = call.Arguments[0];
        var path = Path(argument);
        if (path is not null && environment.FindVariable(path) is { } variable)
        {
            return new CelIsSetTerm<TFacts>(Leaf(argument, variable.Term, variable.Tags), whenSet: true, Presence(variable.Term, argument.Start));
        }

        if (argument is not CelSyntax.Select select)
        {
            Error(argument.Start, "has() expects a field such as has(account.industry)");
            return null;
        }

        if (select.Operand is CelSyntax.Call inner && CheckCallField(inner, select.Field, select) is { } resolved)
        {
            return resolved.Term is null ? null : new CelIsSetTerm<TFacts>(resolved.Term, whenSet: true, Presence(resolved.Term, select.Start));
        }

        if (path is not null && !HasKnownPrefix(argument))
        {
            Error(argument.Start, $"unknown name `{path}`", NearestName.Of(path, environment.VariableNames));
            return null;
        }

        if (Check(select.Operand) is not { } operand)
        {
            return null;
        }

        if (operand.Type.Kind is CelKind.Map or CelKind.Dyn)
        {
            return Fold(new CelHasKeyTerm<TFacts>(CelTerms.Object(operand), select.Field, Combine(select.Start, operand)), operand);
        }

        Error(select.FieldStart, $"{operand.Type.Named} has no field `{select.Field}`");
        return null;
    }

    /// <summary>Time alone sets and unsets only what moves by steps; a score that decays stays known.</summary>
    private static CelTemporal<TFacts>? Presence(CelTerm<TFacts> term, int offset) => term.Temporal switch
    {
        CelTemporal<TFacts>.Step step => step,
        CelTemporal<TFacts>.Opaque opaque => opaque with { Offset = offset },
        _ => null,
    };

    private CelTerm<TFacts> Leaf(CelSyntax syntax, CelTerm<TFacts> term, IReadOnlyList<string> dependsOn)
    {
        tags.UnionWith(dependsOn);
        leaves.Add(new CelLeaf<TFacts>(syntax.Start, syntax.End, term));
        return term;
    }

    /// <summary>The dotted path that a chain of names spells; `signal['next-step']` spells `signal.next-step`.</summary>
    private string? Path(CelSyntax syntax) => syntax switch
    {
        CelSyntax.Name { Text: var text } => FindLocal(text) is null ? text.TrimStart('.') : null,
        CelSyntax.Select { Operand: var operand, Field: var field } => Path(operand) is { } path ? $"{path}.{field}" : null,
        CelSyntax.Index { Operand: var operand, Key: CelSyntax.Literal { Value: string key } } => Path(operand) is { } path ? $"{path}.{key}" : null,
        _ => null,
    };

    private bool HasKnownPrefix(CelSyntax syntax) => syntax switch
    {
        CelSyntax.Select { Operand: var operand } => Known(operand) || HasKnownPrefix(operand),
        CelSyntax.Index { Operand: var operand } => Known(operand) || HasKnownPrefix(operand),
        _ => false,
    };

    private bool Known(CelSyntax syntax) => Path(syntax) is { } path && environment.FindVariable(path) is not null;

    private CelTerm<TFacts>? FindLocal(string name)
    {
        for (var i = locals.Count - 1; i >= 0; i--)
        {
            if (locals[i].Name == name)
            {
                return locals[i].Term;
            }
        }

        return null;
    }
}
