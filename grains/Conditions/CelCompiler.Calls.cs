namespace Orchestrator.Grains.Conditions;

internal sealed partial class CelCompiler<TFacts>
{
    private CelTerm<TFacts>? CheckCall(CelSyntax.Call call)
    {
        if (call.Target is null)
        {
            if (call.Function == "has" && call.Arguments.Count == 1)
            {
                return CheckHas(call);
            }

            return environment.FindFunctions(call.Function) is { Count: > 0 } own
                ? CheckBound(call, own, call)
                : CheckStandard(call, call.Function, call.Arguments);
        }

        // `signals.count(...)` is a function named with a dot unless `signals` is a value.
        if (Path(call.Target) is { } path)
        {
            if (environment.FindFunctions($"{path}.{call.Function}") is { Count: > 0 } dotted)
            {
                return CheckBound(call, dotted, call);
            }

            if (!Known(call.Target) && !HasKnownPrefix(call.Target))
            {
                var name = $"{path}.{call.Function}";
                var nearest = NearestName.Of(name, environment.FunctionNames);
                Error(call.Start, nearest is not null || environment.FunctionNames.Any(known => known.StartsWith(path + ".", StringComparison.Ordinal))
                    ? $"unknown function `{name}`"
                    : $"unknown name `{path}`", nearest ?? NearestName.Of(path, environment.VariableNames));
                return null;
            }
        }

        if (IsMacro(call))
        {
            return CheckMacro(call);
        }

        return CheckStandard(call, "." + call.Function, [call.Target, .. call.Arguments]);
    }

    /// <summary>A field of a call's result, declared as `name().field`; null if there is none such.</summary>
    private (CelTerm<TFacts>? Term, bool Found)? CheckCallField(CelSyntax.Call call, string field, CelSyntax whole)
    {
        var name = call.Target is null ? call.Function : Path(call.Target) is { } path ? $"{path}.{call.Function}" : null;
        if (name is null)
        {
            return null;
        }

        if (environment.FindFunctions($"{name}().{field}") is { Count: > 0 } found)
        {
            return (CheckBound(call, found, whole), true);
        }

        var fields = environment.FunctionNames.Where(known => known.StartsWith(name + "().", StringComparison.Ordinal)).ToList();
        if (fields.Count == 0)
        {
            return null;
        }

        Error(whole.End - field.Length, $"`{name}()` has no field `{field}`; it has {string.Join(", ", fields.Select(known => known[(name.Length + 3)..]))}", NearestName.Of($"{name}().{field}", fields)?[(name.Length + 3)..]);
        return (null, true);
    }

    private CelTerm<TFacts>? CheckBound(CelSyntax.Call call, IReadOnlyList<CelFunction<TFacts>> overloads, CelSyntax whole)
    {
        var arguments = call.Arguments.Select(Check).ToArray();
        if (arguments.Any(argument => argument is null))
        {
            return null;
        }

        var types = arguments.Select(argument => argument!.Type).ToArray();
        var fitting = overloads.FirstOrDefault(overload => Mismatch(overload.Parameters, arguments!) is null);
        if (fitting is null)
        {
            var sameCount = overloads.FirstOrDefault(overload => overload.Parameters.Count == types.Length);
            var at = sameCount is null ? call.NameStart : call.Arguments[Mismatch(sameCount.Parameters, arguments!)!.Value].Start;
            Error(at, $"expected {string.Join(" or ", overloads)}, found ({string.Join(", ", types.Select(type => type.ToString()))})");
            return null;
        }

        var bound = fitting.Bind(new CelCall<TFacts>(
            fitting.Name,
            [.. arguments.Select((argument, i) => new CelArgument<TFacts>(Typed(fitting.Parameters[i], argument!), call.Arguments[i].SpanOf(source), call.Arguments[i].Start))]));
        switch (bound)
        {
            case CelBinding<TFacts>.Bound(var term, var dependsOn):
                tags.UnionWith(dependsOn);
                if (locals.Count == 0)
                {
                    leaves.Add(new CelLeaf<TFacts>(whole.Start, whole.End, term));
                }

                return term;
            case CelBinding<TFacts>.Refused(var argument, var message, var suggestion):
                Error(argument >= 0 && argument < call.Arguments.Count ? call.Arguments[argument].Start : call.NameStart, message, suggestion);
                return null;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private static int? Mismatch(IReadOnlyList<CelType> parameters, IReadOnlyList<CelTerm<TFacts>> arguments)
    {
        for (var i = 0; i < parameters.Count && parameters.Count == arguments.Count; i++)
        {
            if (!parameters[i].Agrees(arguments[i].Type) && !Promotes(parameters[i], arguments[i]))
            {
                return i;
            }
        }

        return parameters.Count == arguments.Count ? null : 0;
    }

    /// <summary>A whole literal may stand for a double, as `clv.expected * 2` reads naturally; other ints are converted by double().</summary>
    private static bool Promotes(CelType parameter, CelTerm<TFacts> argument) =>
        parameter.Kind == CelKind.Double && argument is CelConstantTerm<TFacts, long> { Value: >= -(1L << 53) and <= 1L << 53 };

    private CelTerm<TFacts>? CheckStandard(CelSyntax.Call call, string name, IReadOnlyList<CelSyntax> inputs)
    {
        if (name == ".matches" && inputs.Count == 2)
        {
            return CheckMatches(inputs);
        }

        if (name == "matches" && inputs.Count == 2)
        {
            return CheckMatches(inputs);
        }

        if (CelStandardLibrary.Find(name).Count == 0)
        {
            var receiver = name.StartsWith('.');
            var known = CelStandardLibrary.Names(receiver).Concat(receiver ? [.. MacroNames, "matches"] : environment.FunctionNames.Append("has").Append("matches"));
            Error(call.NameStart, $"unknown function `{call.Function}`", NearestName.Of(call.Function, known));
            foreach (var input in inputs)
            {
                Check(input);
            }

            return null;
        }

        var arguments = inputs.Select(Check).ToArray();
        return arguments.Any(argument => argument is null)
            ? null
            : CallStandard(name, arguments!, [.. inputs.Select(input => input.Start)], call.NameStart);
    }

    private CelTerm<TFacts>? CallStandard(string name, IReadOnlyList<CelTerm<TFacts>> arguments, IReadOnlyList<int> offsets, int offset)
    {
        var overloads = CelStandardLibrary.Find(name);
        var candidates = overloads.Where(overload => overload.Parameters.Count == arguments.Count
            && overload.Parameters.Zip(arguments).All(pair => pair.First.Agrees(pair.Second.Type))).ToList();
        if (candidates.Count == 0)
        {
            candidates = [.. overloads.Where(overload => overload.Parameters.Count == arguments.Count && Mismatch(overload.Parameters, arguments) is null)];
        }

        if (candidates.Count == 0)
        {
            Error(offset, Unfit(name, overloads, arguments));
            return null;
        }

        var temporal = Move(name, arguments, offset);
        if (candidates.Count > 1)
        {
            var result = candidates.Select(candidate => candidate.Result).Aggregate((a, b) => a.Join(b));
            var chosen = new CelDynamicTerm<TFacts>(CelType.Dyn, Shown(name), arguments, candidates, temporal);
            return Fold(Typed(result, Fold(chosen, arguments)), arguments);
        }

        var type = candidates[0].Result.Kind == CelKind.List ? arguments[0].Type.Join(arguments[1].Type) : candidates[0].Result;
        var term = Fold(candidates[0].Bind(arguments, type.Kind == CelKind.Dyn ? candidates[0].Result : type, temporal), arguments);

        // A literal that is no date or duration can never be right, whatever surrounds it.
        if (name is "timestamp" or "duration" && arguments[0] is CelConstantTerm<TFacts, string> { Value: var text } && !term.IsConstant)
        {
            Error(offsets[0], name == "duration"
                ? $"`{text}` is not a duration; expected such as 45d, 2w, 1h30m, no finer than 100 ns, within 292 years"
                : $"`{text}` is not a timestamp; expected such as 2026-11-22T09:00:00Z, no finer than 100 ns, in years 1 to 9999");
            return null;
        }

        if (name.StartsWith(".get", StringComparison.Ordinal) && arguments.Count == 2 && arguments[1] is CelConstantTerm<TFacts, string> { Value: var zone } && !CelTime.TryZone(zone, out _))
        {
            Error(offsets[1], $"`{zone}` is not a time zone; expected such as Asia/Tokyo, UTC or +09:00");
            return null;
        }

        return term;
    }

    /// <summary>Patterns are literals: compiled once, and never from data. The engine is linear in the text, as RE2 is.</summary>
    private CelTerm<TFacts>? CheckMatches(IReadOnlyList<CelSyntax> inputs)
    {
        var text = Check(inputs[0]);
        var pattern = Check(inputs[1]);
        if (text is null || pattern is null)
        {
            return null;
        }

        if (!CelType.String.Agrees(text.Type))
        {
            Error(inputs[0].Start, $"expected a string, found {text.Type.Named}");
            return null;
        }

        if (pattern is not CelConstantTerm<TFacts, string> { Value: var expression })
        {
            Error(inputs[1].Start, "expected a pattern written as a literal text");
            return null;
        }

        if (!CelPattern.TryCompile(expression, out var regex, out var why))
        {
            Error(inputs[1].Start, $"`{expression}` is not a pattern: {why}");
            return null;
        }

        var typed = CelTerms.As<TFacts, string>(text, CelType.String);
        return Fold(new CelUnaryTerm<TFacts, string, bool>(CelType.Bool, typed, (string a, ref CelFault _) => regex.IsMatch(a), Combine(inputs[0].Start, text)), text);
    }

    private static string Unfit(string name, IReadOnlyList<CelOverload> overloads, IReadOnlyList<CelTerm<TFacts>> arguments)
    {
        var found = arguments.Select(argument => argument.Type.ToString()).ToArray();
        if (!name.Contains('_'))
        {
            var receiver = name.StartsWith('.');
            var expected = overloads.Select(overload => receiver
                ? $"{overload.Parameters[0]}.{name[1..]}({string.Join(", ", overload.Parameters.Skip(1))})"
                : $"{name}({string.Join(", ", overload.Parameters)})");
            return $"expected {string.Join(" or ", expected)}, found {(receiver ? $"{found[0]}.{name[1..]}({string.Join(", ", found[1..])})" : $"{name}({string.Join(", ", found)})")}";
        }

        var hint = arguments.Count == 2 && arguments.All(argument => argument.Type.IsNumeric) ? "; convert one with double(), int() or uint()" : "";
        return found.Length == 2 ? $"cannot use `{Shown(name)}` between {arguments[0].Type.Named} and {arguments[1].Type.Named}{hint}" : $"cannot use `{Shown(name)}` before {arguments[0].Type.Named}";
    }

    private static string Shown(string name) => name.Replace("_", "", StringComparison.Ordinal).TrimStart('.');
}
